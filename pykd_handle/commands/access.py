"""The words of ``--access``: which handles have been granted some right."""

from __future__ import annotations

import re

from ..hints import TYPE_CHECKING, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple
from ..values import Unavailable, UsageError
from .words import parse_list, quoted

if TYPE_CHECKING:
    from ..model import Handle

__all__ = ("Access",)

# The prefix of a right's name in the headers, as of PROCESS_VM_WRITE: its type's, in a word or two.
_PREFIX = (
    "(?:PROCESS|THREAD|TOKEN|FILE|KEY|SECTION|EVENT|MUTANT|SEMAPHORE|TIMER|DIRECTORY|DESKTOP|WINSTA"
    "|JOB_OBJECT|SYMBOLIC_LINK|IO_COMPLETION|DEBUG|PORT|SESSION)_"
)


class Access:
    """The rights that are asked for: each a mask, all of whose bits are meant, or a name as the
    headers have it, with or without its type (``PROCESS_VM_WRITE``, ``VM_WRITE``), or as it is
    shown (``VMWrite``). One of them is enough. A name of several rights (``PROCESS_ALL_ACCESS``,
    ``KEY_READ``) means what the kernel's type means by it. Raises `UsageError` for a name that no
    type has.
    """

    def __init__(self, text: str) -> None:
        words = parse_list(text)
        if not words:
            raise UsageError("--access is empty: name a right, as in --access VM_WRITE")
        names = [word for word in words if not _mask(word)]
        self._masks = [_mask(word) for word in words if _mask(word)]
        self._by_type: Dict[str, List[int]] = {}
        self._together: Dict[str, Set[str]] = {}
        if names:
            self._look_up(names)

    def _look_up(self, names: List[str]) -> None:
        """Find the bits of these names, of any type and of single ones."""
        # Imported where it is needed: help is to be there at once.
        from difflib import get_close_matches

        from ..values.right_names import ALL_ACCESS, GENERIC, HEADER_NAMES, STANDARD_NAMES
        from ..values.rights import SPECIFIC, STANDARD

        known: Set[str] = set()
        wanted = {_plain(name): name for name in names}

        def is_wanted(right: str) -> bool:
            spelled = set(_spellings(right))
            known.update(spelled)
            if spelled & wanted.keys():
                found.update(spelled)
                return True
            return False

        def bits(rights: Tuple[Tuple[int, str], ...]) -> Iterator[int]:
            return (bit for bit, right in rights if is_wanted(right))

        found: Set[str] = set()
        self._masks += bits((*STANDARD, *STANDARD_NAMES))
        tables: Tuple[Mapping[str, Tuple[Tuple[int, str], ...]], ...] = (HEADER_NAMES, SPECIFIC)
        for table in tables:
            for kind, rights in table.items():
                self._by_type.setdefault(kind, []).extend(bits(rights))
        for kind, all_of_them in ALL_ACCESS.items():
            some = [name for name in GENERIC.get(kind, ()) if is_wanted(name)]
            if is_wanted(all_of_them) or some:
                self._together[kind] = {f"full control ({all_of_them})", *some}
        for plain, name in wanted.items():
            if plain not in found:
                near = get_close_matches(plain, known, 3)
                hint = f"; did you mean {', '.join(near)}?" if near else ""
                line = f"--access {quoted(name)} is no right of any type, and no hexadecimal mask"
                raise UsageError(line + hint)

    def accept(self, handle: Handle) -> Optional[bool]:
        """Whether a handle has one of the rights; None where it may have one, but its mask or its
        type can't be read."""
        granted = handle.access
        if not isinstance(granted, int):
            return None if isinstance(granted, Unavailable) else False
        if not self._by_type or _any(granted, self._masks):
            return self.accept_mask(None, granted)  # without a look at its object
        kind = handle.type
        if not isinstance(kind, str):
            return self.accept_mask(None, granted) if isinstance(kind, Unavailable) else False
        found = self.accept_mask(kind, granted)
        if found is None:
            together = handle.rights_together
            if isinstance(together, tuple):
                return not self._together[kind].isdisjoint(together)
        return found

    def accept_mask(self, kind: Optional[str], granted: Optional[int]) -> Optional[bool]:
        """The same for a type and a mask, None for what is not known of them; which rights a name
        of several means is not known then, either."""
        if granted is None:
            return None
        if _any(granted, self._masks):
            return True
        if kind is None:
            may_be = any(_any(granted, masks) for masks in self._by_type.values())
            return None if may_be else False
        if _any(granted, self._by_type.get(kind, ())):
            return True
        return None if kind in self._together else False


def _any(granted: int, masks: Sequence[int]) -> bool:
    return any(granted & mask == mask for mask in masks)


def _mask(word: str) -> int:
    """A mask in hexadecimal, 0 for what is none: no name of a right is a number."""
    return int(word, 16) if re.fullmatch("(?:0[xX])?[0-9a-fA-F]{1,8}", word) else 0


def _spellings(right: str) -> Iterator[str]:
    """All that a right may be called; a bit of files and of directories has several names."""
    for name in re.split(r"[|/]", right):
        yield _plain(name)
        yield _plain(re.sub(_PREFIX, "", name.upper(), count=1) if "_" in name else name)


def _plain(name: str) -> str:
    return re.sub("[^A-Z0-9]", "", name.upper())
