"""Object directories: ``_OBJECT_DIRECTORY``, a hash table of chains of directory entries."""

from __future__ import annotations

from ..hints import Iterator, List, Optional, Set
from ..layout import Array, fields
from ..targets import Target
from ..values import Reason, Unavailable, UnavailableError, known
from .fields import read_fields

__all__ = ("directory_objects",)

_MOST_BUCKETS = 1024  # every Windows has 37
fields("_OBJECT_DIRECTORY", "HashBuckets")
_ENTRY = fields("_OBJECT_DIRECTORY_ENTRY", "Object", "ChainLink")
_MOST_ENTRIES = 1 << 16  # far above any directory; a damaged chain ends here at the latest


def directory_objects(
    target: Target, directory: int, lost: Optional[List[Unavailable]] = None
) -> Iterator[int]:
    """The body addresses of the objects in the directory whose body lies at ``directory``.

    One read for the hash buckets, one for each entry. A chain that breaks, runs in a circle or
    leads nowhere ends with a reason in ``lost``, and the other chains go on; without such a list
    the reason is raised as `UnavailableError`.
    """
    struct = target.struct("_OBJECT_DIRECTORY")
    buckets = struct.field("HashBuckets")
    count = buckets.type.count if isinstance(buckets.type, Array) else 37
    count = min(count, _MOST_BUCKETS)
    width = target.pointer_size
    span = target.read_partial(directory + buckets.offset, count * width)
    tell = _raise if lost is None else lost.append
    seen: Set[int] = set()
    for index in range(count):
        link = span.number(span.address + index * width, width)
        while link:
            if link in seen or len(seen) >= _MOST_ENTRIES:
                tell(Unavailable(Reason.THE_ENTRIES_OF_A_DIRECTORY_RUN_IN_A_CIRCLE, link))
                break
            if not target.is_kernel_address(link):
                tell(Unavailable(Reason.A_DIRECTORY_ENTRY_IS_NO_ADDRESS_OF_THE_KERNEL, link))
                break
            seen.add(link)
            body, link = read_fields(target, _ENTRY, link)
            if isinstance(body, Unavailable):
                tell(body)
            else:
                yield known(body)
        if isinstance(link, Unavailable):
            tell(link)


def _raise(why: Unavailable) -> None:
    raise UnavailableError(why)
