"""The object namespace: full names, from an object's name header up to the root directory.

Each directory is read once. A name's parent is the *body* address of an ``_OBJECT_DIRECTORY``,
whose own name header leads one step further up; the root (``ObpRootDirectoryObject``) ends it.
A directory that stands in none (that of a private namespace has no name either) ends it as well:
the system itself writes ``\\...`` for it (``ObQueryNameString``), and so do we.
"""

from __future__ import annotations

from ..hints import Collection, Dict, Optional, Tuple
from ..targets import Target
from ..values import NO_VALUE, CorruptedError, Few, Maybe, Reason, known, maybe
from .object_header import HeaderReader, ObjectHeader
from .strings import read_unicode_string, text_at_once

__all__ = ("Namespace",)

_NOWHERE = "\\..."
_DEEPEST = 128  # the object manager itself has no limit; real trees are less than ten deep


class Namespace:
    """Names of objects: the leaf, and the path of the directory that it stands in."""

    def __init__(self, target: Target, headers: HeaderReader) -> None:
        self._target = target
        self._headers = headers
        self._paths: Few[int, Maybe[str]] = Few()
        self._root: Optional[int] = None
        self._before: Few[int, str] = Few()  # what stands before the names in a directory

    def names(self, header: ObjectHeader) -> Tuple[Maybe[str], Maybe[str]]:
        """The full name of an object (``\\BaseNamedObjects\\Event1234``) and its own; NO_VALUE
        where it has none.

        An object that stands in no directory (a desktop, a device of a volume) has no more than
        its own name. Where a directory can't be read, the whole name is unavailable: half a path
        would look like another object's.
        """
        if header.name_info is NO_VALUE:
            return NO_VALUE, NO_VALUE
        leaf = maybe(self.leaf, header)
        return (maybe(self._full, header, leaf) if leaf else leaf), leaf

    def full_name(self, header: ObjectHeader) -> Maybe[str]:
        """The first of `names`."""
        return self.names(header)[0]

    def leaf(self, header: ObjectHeader) -> Maybe[str]:
        """The object's own name, without its directory; NO_VALUE where it has none. Raises
        `UnavailableError`."""
        info = header.name_info
        if info is NO_VALUE:
            return NO_VALUE
        _, length, maximum, buffer = known(info)
        return read_unicode_string(self._target, length, maximum, buffer) or NO_VALUE

    def _full(self, header: ObjectHeader, leaf: str) -> str:
        directory = known(known(header.name_info).directory)
        return _below(self.path(directory), leaf) if directory else leaf

    def name_at_once(
        self, directory: int, length: int, room: int, buffer: int
    ) -> Optional[Tuple[str, str]]:
        """What `names` tells of a usual name header; None of every other."""
        before = self._before.get(directory)
        if before is None:
            path = maybe(self.path, directory) if directory else ""
            if not isinstance(path, str):
                return None
            before = self._before[directory] = _below(path, "") if directory else ""
        leaf = text_at_once(self._target, length, room, buffer)
        return (before + leaf, leaf) if leaf else None

    def path(self, directory: int) -> str:
        """The full path of the directory object whose body lies at ``directory``. Raises
        `UnavailableError`."""
        trail: Dict[int, str] = {}
        place = directory
        while place not in self._paths:
            step = maybe(self._step, place, trail)
            if not step or not step[1]:
                self._paths[place] = step[0] if step else step
                break
            trail[place] = step[0]
            place = step[1]
        # The place that ended the way, too: the next name below it needs no new attempt.
        base = self._paths[place]
        for below in reversed(list(trail)):
            base = self._paths[below] = _below(base, trail[below]) if base else base
        return known(base)

    def _step(self, place: int, trail: Collection[int]) -> Tuple[str, int]:
        """The name of a directory and the one that it stands in; 0 where its name is its path."""
        if place == self._root_directory():
            return "\\", 0
        if place in trail:
            raise CorruptedError(place, Reason.THE_DIRECTORIES_ABOVE_FORM_A_CYCLE)
        if len(trail) >= _DEEPEST:
            raise CorruptedError(place, Reason.TOO_MANY_DIRECTORIES, _DEEPEST)
        if not self._target.is_kernel_address(place):
            raise CorruptedError(place, Reason.THE_DIRECTORY_IS_NO_ADDRESS_OF_THE_KERNEL)
        header = self._headers.read(self._headers.header_of(place))
        name = self.leaf(header)
        above = known(known(header.name_info).directory) if name else 0
        if name and above:
            return name, above
        # The root calls itself "\"; where the target does not tell it, that does.
        return ("\\" if name == "\\" else _NOWHERE), 0

    def _root_directory(self) -> int:
        """The address of the root directory's body, or 0 where the target does not tell."""
        if self._root is None:
            self._root = maybe(self._target.read_pointer_of, "ObpRootDirectoryObject") or 0
        return self._root


def _below(path: str, name: str) -> str:
    return path + name if path.endswith("\\") else path + "\\" + name
