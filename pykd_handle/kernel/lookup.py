"""From a path to the object there: down from the root directory, one directory after another."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple

from ..layout import fields
from ..values import PykdHandleError, TargetError, Unavailable, maybe
from .directory import directory_objects
from .fields import read_fields
from .kernel import Kernel, KernelObject
from .root_directory import find_root_directory

__all__ = ("Entries", "Lookup", "NoSuchPath")

_HEADER = fields("_OBJECT_HEADER", "PointerCount", "HandleCount", "SecurityDescriptor")
_MOST_HANDLES = 1 << 24  # as many as there are handle values in one table
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
        for each in (item, self._kernel.object(address)):
            if each.type_name and self._is_header(each.header.address):
                return each
        if item.type_name:
            raise TargetError("no object lies at 0x{:x}", address)
        raise TargetError("no object lies at 0x{:x}: {}", address, item.type_name)

    def _is_header(self, address: int) -> bool:
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
        """The object with this path; links on the way are not followed. Raises `NoSuchPath`, and
        other errors of reading."""
        parts = [part for part in path.split("\\") if part]
        item = self._kernel.object(self._kernel.headers.header_of(self.root()))
        for number, part in enumerate(parts):
            if item.type_name != "Directory":
                before = "\\" + "\\".join(parts[:number])
                raise NoSuchPath("{} is no directory, but of the type {}", before, item.type_name)
            item = self._child(item.body, part, "\\" + "\\".join(parts[: number + 1]))
        return item

    def _child(self, directory: int, name: str, path: str) -> KernelObject:
        entries = self.entries(directory)
        for leaf, item in entries.objects:
            if leaf.lower() == name.lower():
                return item
        if entries.lost:
            raise NoSuchPath("{} is not found: {}", path, entries.lost[-1])
        raise NoSuchPath("there is no {}", path)
