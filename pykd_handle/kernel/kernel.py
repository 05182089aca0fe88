"""The parts of the kernel's object manager together, with what they share: each thing read once."""

from __future__ import annotations

from typing import Iterable, List, Optional

from ..targets import Target
from ..values import Generations, Maybe, NamedTuple, Sentence, attempt, known, maybe
from .handle_table import HandleTable
from .image_name import ImageNames
from .namespace import Namespace
from .object_header import HeaderReader, ObjectHeader
from .object_type import ObjectType, TypeTable
from .process import Process, ProcessReader
from .process_finder import ProcessFinder

__all__ = ("Kernel", "KernelObject")


# At least so many, with the description of each: more than a kilobyte. Where each read is a
# question to a machine, they are worth more.
_OBJECTS_KEPT, _ASKED_FOR_KEPT = 1 << 12, 1 << 13


class KernelObject(NamedTuple):
    """An object behind a handle: its header and its type, each part of which says why it is
    absent."""

    header: ObjectHeader
    type: ObjectType

    @property
    def type_name(self) -> Maybe[str]:
        """The name of the type, or why it has none."""
        return self.type.name

    @property
    def body(self) -> int:
        """The address of the object itself. Raises `UnavailableError`."""
        return known(self.header.body)


class Kernel:
    """One stopped kernel: headers, types, names and processes, each cached for the whole run."""

    def __init__(self, target: Target) -> None:
        target.refresh()
        self.target = target
        self.headers = HeaderReader(target)
        self.types = TypeTable(target, self.headers)
        self.namespace = Namespace(target, self.headers)
        self.processes = ProcessReader(target)
        self._image_names = ImageNames(target)
        self.finder = ProcessFinder(target, self.processes, self._image_names)
        self.objects_kept = _ASKED_FOR_KEPT if target.round_trips else _OBJECTS_KEPT
        """How many objects are kept at least, at most twice as many."""
        self._objects: Generations[int, KernelObject] = Generations(self.objects_kept)
        self._kernel_table: Optional[Maybe[int]] = None

    @property
    def remarks(self) -> List[Sentence]:
        """What was recovered without symbols, and how: one line each."""
        return self.types.remarks

    def image_name(self, process: Process) -> Maybe[str]:
        """The whole name of a process's image. It costs a read: for processes that are shown."""
        return self._image_names.of(process)

    # -- objects --------------------------------------------------------------------------------

    def load(self, headers: Iterable[int]) -> None:
        """Read the object headers at these virtual addresses that were not read before."""
        missing: List[int] = [
            address for address in dict.fromkeys(headers) if address not in self._objects
        ]
        if not missing:
            return
        for address, header in self.headers.read_many(missing).items():
            self._objects[address] = KernelObject(header, self._type_of(header))

    def object(self, header: int) -> KernelObject:
        """The object whose header lies at the virtual address ``header``."""
        found = self._objects.get(header)
        if found is None:
            self.load([header])
            found = self._objects.get(header)
            assert found is not None
        return found

    def name_of(self, body: int) -> Maybe[str]:
        """The full name that the header of the object at ``body`` has; NO_VALUE for none."""
        address = self.headers.header_of(body)
        found = self._objects.get(address)
        header = self.headers.read(address) if found is None else found.header
        return self.namespace.full_name(header)

    def forget(self, header: int) -> None:
        """Keep nothing of the object whose header lies at this address."""
        self._objects.forget(header)

    def _type_of(self, header: ObjectHeader) -> ObjectType:
        kind = maybe(self.types.by_header, header)
        if isinstance(kind, ObjectType):
            return kind
        name = self.types.prove(header.body) if header.body else None
        return ObjectType(kind, kind, name or kind)

    # -- tables ---------------------------------------------------------------------------------

    def kernel_table_address(self) -> Maybe[int]:
        """The address of the kernel handle table (``ObpKernelHandleTable``, that of System)."""
        if self._kernel_table is None:
            self._kernel_table = maybe(self._find_kernel_table)
        return self._kernel_table

    def _find_kernel_table(self) -> Maybe[int]:
        table = attempt(self.target.read_pointer_of, "ObpKernelHandleTable", default=None)
        # The kernel handle table is System's own, so its process leads there as well.
        return self.finder.system().object_table if table is None else table

    def table(self, address: int) -> HandleTable:
        """The handle table at the virtual ``address``."""
        return HandleTable(self.target, address)
