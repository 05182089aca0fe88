"""Objects of a table's page as they nearly always are, in one loop: headers, types, names.

A leak can have a million objects, and each takes some hundred steps by way of `Facts.describe`.
Here they are taken apart where they lie in a page of memory, and what is the same for many (types,
directories, devices) is looked up once. Only what is whole and usual is told: a header that lies in
one page with its name header where it is as a rule, a known type, what its family's `Facts.at_once`
takes. Of everything else nothing is, and the plain way tells all of it, with its reasons. What both
tell is the same.
"""

from __future__ import annotations

from ..hints import Callable, List, Optional, Sequence, Tuple
from ..kernel import Kernel
from ..kernel.object_header import ObjectHeader
from ..values import NO_VALUE, Absent, Few, Hex, Maybe, NamedTuple, attempt, maybe
from .base import AtOnce, Description, Facts

__all__ = ("Listed", "ObjectsAtOnce")

Listed = Tuple[Maybe[str], Maybe[int], Maybe[int], Maybe[int], Description]
"""What a list of handles shows of an object: the name and the address of its type, the counts of
handles and pointers, its description."""

_PAGE = 0x1000
_OFFSET = _PAGE - 1
_CREATOR, _NAME = 0x01, 0x02


class _Kind(NamedTuple):
    """What objects of one type have in common; ``describe`` is None for those that are left."""

    name: str
    address: int
    describe: Optional[AtOnce]


_LEFT = _Kind("", 0, None)


class ObjectsAtOnce:
    """Describes objects of one kernel; ``facts_of`` gives the family of a type's name."""

    def __init__(self, kernel: Kernel, facts_of: Callable[[str], Facts]) -> None:
        self._kernel = kernel
        self._facts_of = facts_of
        self._usual = kernel.headers.usual_place()
        self._mask = maybe(kernel.types.index_mask)
        self._kinds: Few[int, _Kind] = Few()  # by the index, as it is but for the cookie

    def listed(self, headers: Sequence[int]) -> List[Optional[Listed]]:
        """What is to be listed of the objects with these headers; None of those to be looked at one
        by one."""
        found: List[Optional[Listed]] = [None] * len(headers)
        mask_of_index = self._mask
        if self._usual is None or isinstance(mask_of_index, Absent):
            return found
        unpack, below, body = self._usual
        page_of, kinds = self._kernel.target.page, self._kinds
        last, page = -1, None
        for place, header in enumerate(headers):
            if header >> 12 != last:
                last = header >> 12
                page = page_of(last)
            offset = header & _OFFSET
            if page is None or not below <= offset <= _PAGE - body:
                continue
            *name, pointers, handles, index, mask = unpack(page, offset - below)
            if mask & _CREATOR:
                continue
            key = index ^ (header >> 8 & mask_of_index)
            kind = kinds.get(key)
            if kind is None:
                kind = kinds[key] = self._kind(header, index)
            if kind.describe is not None:
                made = kind.describe(page, offset + body, name if mask & _NAME else None)
                if made is not None:
                    found[place] = kind.name, kind.address, handles, pointers, made
        return found

    def _kind(self, header: int, index: int) -> _Kind:
        stored = ObjectHeader(header, NO_VALUE, 0, 0, index, NO_VALUE, 0, NO_VALUE)
        kind = maybe(self._kernel.types.by_header, stored)
        if not (kind and kind.name and isinstance(kind.address, int)):
            return _LEFT
        # A layout that can't be used costs the cells of its objects: they are left.
        describe = attempt(self._way, kind.name, default=None)
        return _Kind(kind.name, Hex(kind.address), describe)

    def _way(self, type_name: str) -> Optional[AtOnce]:
        return self._facts_of(type_name).at_once()
