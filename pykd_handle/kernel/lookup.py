"""From a path to the object there: down from the root directory, one directory after another."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple, Union

from ..layout import fields
from ..values import NO_VALUE, Maybe, PykdHandleError, TargetError, Unavailable
from .directory import directory_objects
from .fields import read_fields
from .kernel import Kernel, KernelObject
from .root_directory import find_root_directory

__all__ = ("Lookup", "NoSuchPath")

_HEADER = fields("_OBJECT_HEADER", "PointerCount", "HandleCount", "SecurityDescriptor")
_MOST_HANDLES = 1 << 24  # as many as there are handle values in one table
_MOST_POINTERS = _MOST_HANDLES << 15  # each handle keeps as many references ahead as 15 bits hold


class NoSuchPath(PykdHandleError):
    """No object has the path that was asked for, as far as the directories can be read."""


class Lookup:
    """Finds objects of one kernel by their paths; case does not matter. Reads a directory once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._root: Optional[int] = None
        self._entries: Dict[int, List[Union[Tuple[str, KernelObject], Unavailable]]] = {}

    def at(self, address: int) -> KernelObject:
        """The object at an address, or the one whose header lies there. Raises `TargetError`."""
        target, headers = self._kernel.target, self._kernel.headers
        if not target.is_kernel_address(address):
            raise TargetError("0x{:x} is no address of the kernel", address)
        item = self._kernel.object(headers.header_of(address))
        for each in (item, self._kernel.object(address)):
            if isinstance(each.type_name, str) and self._is_header(each.header.address):
                return each
        if isinstance(item.type_name, str):
            raise TargetError("no object lies at 0x{:x}", address)
        raise TargetError("no object lies at 0x{:x}: {}", address, item.type_name)

    def _is_header(self, address: int) -> bool:
        """Whether what can be read of a header can be one: nearly any byte names some type."""
        pointers, handles, descriptor = read_fields(self._kernel.target, _HEADER, address)
        if isinstance(pointers, int) and not 0 <= pointers < _MOST_POINTERS:
            return False
        if isinstance(handles, int) and not 0 <= handles < _MOST_HANDLES:
            return False
        if not isinstance(descriptor, int) or not descriptor:
            return True
        return self._kernel.target.is_kernel_address(descriptor)

    def root(self) -> int:
        """The body of the root directory. Raises `PykdHandleError`."""
        if self._root is None:
            self._root = find_root_directory(self._kernel.target, self._kernel.headers)
        return self._root

    def entries(self, directory: int) -> List[Union[Tuple[str, KernelObject], Unavailable]]:
        """The objects in the directory whose body lies at an address, each with its own name, and
        why others can't be told. Raises `PykdHandleError`."""
        found = self._entries.get(directory)
        if found is None:
            found = self._entries[directory] = list(self._read(directory))
        return found

    def _read(self, directory: int) -> Iterator[Union[Tuple[str, KernelObject], Unavailable]]:
        kernel = self._kernel
        bodies: List[int] = []
        for body in directory_objects(kernel.target, directory):
            if isinstance(body, Unavailable):
                yield body
            elif kernel.target.is_kernel_address(body):
                bodies.append(body)
        headers = [kernel.headers.header_of(body) for body in bodies]
        kernel.load(headers)
        for header in headers:
            item = kernel.object(header)
            name = kernel.namespace.leaf(item.header)
            if isinstance(name, str):
                yield name, item
            elif isinstance(name, Unavailable):
                yield name

    def find(self, path: str) -> KernelObject:
        """The object with this path; links on the way are not followed. Raises `NoSuchPath`, and
        other errors of reading."""
        parts = [part for part in path.split("\\") if part]
        item = self._kernel.object(self._kernel.headers.header_of(self.root()))
        for number, part in enumerate(parts):
            if item.type_name != "Directory":
                before = "\\" + "\\".join(parts[:number])
                raise NoSuchPath("{} is no directory, but of the type {}", before, item.type_name)
            found, lost = self._child(item.body, part)
            if found is None:
                here = "\\" + "\\".join(parts[: number + 1])
                if isinstance(lost, Unavailable):
                    raise NoSuchPath("{} is not found: {}", here, lost)
                raise NoSuchPath("there is no {}", here)
            item = found
        return item

    def _child(self, directory: int, name: str) -> Tuple[Optional[KernelObject], Maybe[str]]:
        lost: Maybe[str] = NO_VALUE
        for entry in self.entries(directory):
            if isinstance(entry, Unavailable):
                lost = entry
            elif entry[0].lower() == name.lower():
                return entry[1], NO_VALUE
        return None, lost
