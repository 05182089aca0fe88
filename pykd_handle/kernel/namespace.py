"""The object namespace: full names, from an object's name header up to the root directory.

Each directory is read once. A name's parent is the *body* address of an ``_OBJECT_DIRECTORY``,
whose own name header leads one step further up; the root (``ObpRootDirectoryObject``) ends it.
A directory that stands in none (that of a private namespace has no name either) ends it as well:
the system itself writes ``\\...`` for it (``ObQueryNameString``), and so do we.
"""

from __future__ import annotations

from typing import Dict, List, Optional

from ..targets import Target
from ..values import NO_VALUE, Maybe, MemoryUnavailable, Reason, Unavailable
from .object_header import HeaderReader, NameInfo, ObjectHeader
from .strings import read_unicode_string

__all__ = ("Namespace",)

_NOWHERE = "\\..."
_DEEPEST = 128  # the object manager itself has no limit; real trees are less than ten deep


class Namespace:
    """Names of objects: the leaf, and the path of the directory that it stands in."""

    def __init__(self, target: Target, headers: HeaderReader) -> None:
        self._target = target
        self._headers = headers
        self._paths: Dict[int, Maybe[str]] = {}
        self._root: Optional[int] = None

    def leaf(self, header: ObjectHeader) -> Maybe[str]:
        """The object's own name, without its directory; NO_VALUE where it has none."""
        info = header.name_info
        if not isinstance(info, NameInfo):
            return info
        name = read_unicode_string(self._target, info.length, info.maximum, info.buffer)
        return NO_VALUE if name == "" else name

    def join(self, header: ObjectHeader, leaf: Maybe[str]) -> Maybe[str]:
        """The full name of an object whose ``leaf`` was read already.

        An object that stands in no directory (a desktop, a device of a volume) has no more than
        its leaf. Where a directory can't be read, the whole name is unavailable: half a path
        would look like another object's.
        """
        info = header.name_info
        if not isinstance(leaf, str) or not isinstance(info, NameInfo):
            return leaf
        directory = info.directory
        if not isinstance(directory, int):
            return directory
        if directory == 0:
            return leaf
        parent = self.path(directory)
        if not isinstance(parent, str):
            return parent
        return parent + leaf if parent.endswith("\\") else parent + "\\" + leaf

    def full_name(self, header: ObjectHeader) -> Maybe[str]:
        """The full name (``\\BaseNamedObjects\\Event1234``); NO_VALUE for an unnamed object."""
        return self.join(header, self.leaf(header))

    def path(self, directory: int) -> Maybe[str]:
        """The full path of the directory object whose body lies at ``directory``."""
        trail: List[int] = []
        names: List[str] = []
        place = directory
        base: Maybe[str] = NO_VALUE
        while True:
            known = self._paths.get(place)
            if known is not None:
                base = known
                break
            if place == self._root_directory():
                base = "\\"
                break
            why = self._wrong_step(place, trail)
            if why is not None:
                base = why
                break
            header = self._headers.read(self._headers.header_of(place))
            name = self.leaf(header)
            info = header.name_info
            if isinstance(info, Unavailable) or isinstance(name, Unavailable):
                base = info if isinstance(info, Unavailable) else name
                break
            above = info.directory if isinstance(info, NameInfo) else 0
            if not isinstance(name, str) or above == 0:
                # The root calls itself "\"; where the target does not tell it, that does.
                base = name if name == "\\" else _NOWHERE
                break
            if not isinstance(above, int):
                base = above
                break
            trail.append(place)
            names.append(name)
            place = above
        # The place that ended the way, too: the next name below it needs no new attempt.
        self._paths.setdefault(place, base)
        for step, name in zip(reversed(trail), reversed(names)):
            if isinstance(base, str):
                base = base + name if base.endswith("\\") else base + "\\" + name
            self._paths[step] = base
        return base

    def _wrong_step(self, place: int, trail: List[int]) -> Optional[Unavailable]:
        if place in trail:
            return Unavailable(Reason.THE_DIRECTORIES_ABOVE_FORM_A_CYCLE, place)
        if len(trail) >= _DEEPEST:
            return Unavailable(Reason.TOO_MANY_DIRECTORIES, place, _DEEPEST)
        if not self._target.is_kernel_address(place):
            return Unavailable(Reason.THE_DIRECTORY_IS_NO_ADDRESS_OF_THE_KERNEL, place)
        return None

    def _root_directory(self) -> int:
        """The address of the root directory's body, or 0 where the target does not tell."""
        if self._root is None:
            address = self._target.find_symbol("ObpRootDirectoryObject")
            self._root = 0
            if address is not None:
                try:
                    self._root = self._target.read_pointer(address)
                except MemoryUnavailable:
                    pass
        return self._root
