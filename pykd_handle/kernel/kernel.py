"""The parts of the kernel's object manager together, with what they share: each thing read once."""

from __future__ import annotations

from ..hints import Iterable, List, Optional, Sequence
from ..targets import Span, Target
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
    absent; ``span`` is what was read of it with its header."""

    header: ObjectHeader
    type: ObjectType
    span: Optional[Span] = None

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
        missing = [each for each in dict.fromkeys(headers) if each not in self._objects]
        for header, item in zip(missing, self._read(missing)):
            self._objects[header] = item

    def objects(self, headers: Sequence[int]) -> List[KernelObject]:
        """The objects whose headers lie at these virtual addresses; what is missing of them is read
        together. One that says that it has a single handle is not kept: in a table it does not come
        again, and where it does, it costs one more read."""
        found = self._objects.get_many(headers)
        if None in found:
            missing = list(dict.fromkeys(at for at, item in zip(headers, found) if item is None))
            made = dict(zip(missing, self._read(missing)))
            for header, new in made.items():
                if new.header.handle_count != 1:
                    self._objects[header] = new
            return [item or made[header] for header, item in zip(headers, found)]
        return [item for item in found if item is not None]

    def _read(self, headers: Sequence[int]) -> List[KernelObject]:
        read = self.headers.read_many(headers)
        return [KernelObject(header, self._type_of(header), span) for header, span in read]

    def object(self, header: int) -> KernelObject:
        """The object whose header lies at the virtual address ``header``."""
        found = self._objects.get(header)
        if found is None:
            (found,) = self._read([header])
            self._objects[header] = found
        return found

    def name_of(self, body: int) -> Maybe[str]:
        """The full name that the header of the object at ``body`` has; NO_VALUE for none."""
        address = self.headers.header_of(body)
        found = self._objects.get(address)
        header = self.headers.read(address) if found is None else found.header
        return self.namespace.full_name(header)

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
