"""From a path to the object there: down from the root directory, one directory after another.

Symbolic links on the way are followed as the object manager does it: what they stand for takes the
place of the path up to them. The one that the path itself names is what is asked for, unless a
backslash stands behind it. ``\\??`` is no directory: each process has its own, and all of them have
what is in ``\\GLOBAL??`` ("Local and Global MS-DOS Device Names" of the driver documentation).
"""

from __future__ import annotations

from ..hints import Dict, List, Optional, Tuple
from ..layout import fields
from ..values import (
    Absent,
    NamedTuple,
    PykdHandleError,
    TargetError,
    Unavailable,
    UnavailableError,
    maybe,
)
from .directory import directory_objects
from .fields import read_fields
from .kernel import Kernel, KernelObject
from .root_directory import find_root_directory
from .symbolic_link import link_target

__all__ = ("Entries", "Lookup", "NoSuchPath")

_HEADER = fields("_OBJECT_HEADER", "PointerCount", "HandleCount", "SecurityDescriptor")
_MOST_HANDLES = 1 << 24  # as many as there are handle values in one table
_MOST_LINKS = 32  # real paths lead through two or three
_LOCAL, _GLOBAL = "??", "GLOBAL??"
_PARSERS = ("Device", "Key")  # whose own procedures look for what stands behind them in a path
_MOST_POINTERS = _MOST_HANDLES << 15  # each handle keeps as many references ahead as 15 bits hold


class NoSuchPath(PykdHandleError):
    """No object has the path that was asked for, as far as the directories can be read."""


class Entries(NamedTuple):
    """The objects in a directory, each with its own name, and why others can't be told."""

    objects: List[Tuple[str, KernelObject]]
    lost: List[Unavailable]


class Lookup:
    """Finds objects of one kernel by their paths; case does not matter. Reads a directory once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._root: Optional[int] = None
        self._entries: Dict[int, Entries] = {}

    def at(self, address: int) -> KernelObject:
        """The object at an address, or the one whose header lies there. Raises `TargetError`."""
        target, headers = self._kernel.target, self._kernel.headers
        if not target.is_kernel_address(address):
            raise TargetError("0x{:x} is no address of the kernel", address)
        item = self._kernel.object(headers.header_of(address))
        for header in (item.header.address, address):
            each = self._kernel.object(header)
            if each.type_name and self.is_header(header):
                return each
        if item.type_name:
            raise TargetError("no object lies at 0x{:x}", address)
        raise TargetError("no object lies at 0x{:x}: {}", address, item.type_name)

    def is_header(self, address: int) -> bool:
        """Whether what can be read of a header can be one: nearly any byte names some type."""
        pointers, handles, descriptor = read_fields(self._kernel.target, _HEADER, address)
        if pointers and not 0 <= pointers < _MOST_POINTERS:
            return False
        if handles and not 0 <= handles < _MOST_HANDLES:
            return False
        if not descriptor:
            return True
        return self._kernel.target.is_kernel_address(descriptor)

    def root(self) -> int:
        """The body of the root directory. Raises `PykdHandleError`."""
        if self._root is None:
            self._root = find_root_directory(self._kernel.target, self._kernel.headers)
        return self._root

    def entries(self, directory: int) -> Entries:
        """What is in the directory whose body lies at an address. Raises `PykdHandleError`."""
        found = self._entries.get(directory)
        if found is None:
            found = self._entries[directory] = self._read(directory)
        return found

    def _read(self, directory: int) -> Entries:
        kernel = self._kernel
        found = Entries([], [])
        bodies = directory_objects(kernel.target, directory, found.lost)
        headers = [
            kernel.headers.header_of(body)
            for body in bodies
            if kernel.target.is_kernel_address(body)
        ]
        kernel.load(headers)
        for item in map(kernel.object, headers):
            name = maybe(kernel.namespace.leaf, item.header)
            if name:
                found.objects.append((name, item))
            elif isinstance(name, Unavailable):
                found.lost.append(name)
        return found

    def find(self, path: str) -> KernelObject:
        """The object with this path. Raises `NoSuchPath`, and other errors of reading."""
        follow = path.endswith("\\")
        parts = _parts(path)
        for _ in range(_MOST_LINKS):
            item, rest = self._walk(parts)
            if item.type_name != "SymbolicLink" or not (rest or follow):
                break
            parts = self._behind(item, _joined(parts[: len(parts) - len(rest)])) + rest
        else:
            raise NoSuchPath("{} leads through more than {} links", path, _MOST_LINKS)
        if not rest:
            return item
        where, rest_of_it = _joined(parts[: len(parts) - len(rest)]), _joined(rest)
        if item.type_name in _PARSERS:
            raise NoSuchPath(
                "{} leads to {}, a {}, which looks for {} itself: find {} shows the handles to it",
                path, where, item.type_name, rest_of_it, where + rest_of_it,
            )  # fmt: skip
        kind = item.type_name
        line = "whether {} is a directory can't be told: {}"
        if not isinstance(kind, Absent):
            line = "{} is no directory, but of the type {}"
        raise NoSuchPath(line, where, kind)

    def _walk(self, parts: List[str]) -> Tuple[KernelObject, List[str]]:
        """Down through directories: what comes last, and the parts of the path that are left."""
        try:
            root = self.root()
        except UnavailableError as error:
            raise NoSuchPath("the root of all names can't be read: {}", error) from None
        item = self._kernel.object(self._kernel.headers.header_of(root))
        for number, part in enumerate(parts):
            if item.type_name != "Directory":
                return item, parts[number:]
            if not number and part == _LOCAL and not self._has(item.body, part):
                part = _GLOBAL
            item = self._child(item.body, part, _joined(parts[: number + 1]))
        return item, []

    def _behind(self, link: KernelObject, path: str) -> List[str]:
        """The parts of the path that a link stands for."""
        target = link_target(self._kernel.target, link.body)
        if target is None:
            raise NoSuchPath("where {} leads is said by a function of the kernel each time", path)
        if not target.startswith("\\"):
            raise NoSuchPath("{} leads to {!r}, which is no path from the root", path, target)
        return _parts(target)

    def _has(self, directory: int, name: str) -> bool:
        return any(leaf == name for leaf, _ in self.entries(directory).objects)

    def _child(self, directory: int, name: str, path: str) -> KernelObject:
        entries = self.entries(directory)
        for leaf, item in entries.objects:
            if leaf.lower() == name.lower():
                return item
        if entries.lost:
            raise NoSuchPath("{} is not found: {}", path, entries.lost[-1])
        raise NoSuchPath("there is no {}", path)


def _parts(path: str) -> List[str]:
    return [part for part in path.split("\\") if part]


def _joined(parts: List[str]) -> str:
    return "\\" + "\\".join(parts)
