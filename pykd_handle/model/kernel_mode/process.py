"""A process of the kernel, with its handle table."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from ...hints import (
    TYPE_CHECKING,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
    TypeVar,
    Union,
)
from ...kernel.fields import read_fields
from ...kernel.process import SYSTEM_PROCESS_ID
from ...kernel.process import Process as ProcessBlock
from ...kernel.wow64 import peb32_of
from ...layout import fields
from ...objects.parent import parent_of
from ...objects.trust import Trust
from ...values import (
    NO_VALUE,
    Absent,
    Hex,
    Maybe,
    PykdHandleError,
    Reason,
    Sentence,
    Unavailable,
    UnavailableError,
    known,
    maybe,
    split_kernel_handle,
)
from ..nouns import Handle, Object
from ..tables import Answers, Process
from .object import KernelModeObject
from .table import KernelModeTable

if TYPE_CHECKING:
    from ...kernel.handle_trace import HandleTraces
    from ...targets.memory import Memory
    from ..user_space import ProcessRegion, UserSpace
    from .kernel import KernelMode

__all__ = ("KernelModeProcess", "NoTable")


_DEBUGGED = fields("_EPROCESS", "DebugPort")

T = TypeVar("T")


class NoTable(PykdHandleError):
    """A process has no handle table, or it can't be read. ``gone`` tells which of the two."""

    def __init__(self, gone: bool, template: str, *parts: object) -> None:
        super().__init__(template, *parts)
        self.gone = gone


class KernelModeProcess(Process):
    """One ``_EPROCESS``; ``block`` are its fields, as the debugger's PROCESS block shows them."""

    def __init__(self, kernel: KernelMode, block: ProcessBlock) -> None:
        self._kernel = kernel
        self.block = block
        self._notes: List[Sentence] = []
        self._table: Optional[KernelModeTable] = None
        self._no_table: Optional[PykdHandleError] = None

    @property
    def pid(self) -> Maybe[int]:
        """``UniqueProcessId``."""
        return self.block.pid

    @property
    def image(self) -> Maybe[str]:
        """The whole name of its image; a read, once."""
        return self._kernel.image_name(self.block)

    @property
    def address(self) -> int:
        """The address of its ``_EPROCESS``."""
        return Hex(self.block.address)

    @property
    def trust(self) -> Trust:
        """What it is trusted with; its fields are read once."""
        return self._kernel.trusts.of_process(self.block.address)

    @cached_property
    def parent(self) -> Maybe[KernelModeProcess]:
        """The process that made it; NO_VALUE where that is gone. Looked for once."""
        return maybe(self._parent)

    def _parent(self) -> Maybe[KernelModeProcess]:
        found = parent_of(self._kernel.raw, self.block.address)
        return NO_VALUE if found is None else self._kernel.of_block(found)

    @cached_property
    def debug_port(self) -> Maybe[int]:
        """The address of the DebugObject of its debugger, NO_VALUE for one without."""
        (port,) = read_fields(self._kernel.target, _DEBUGGED, self.block.address)
        return NO_VALUE if port == 0 else port

    def holds(self, address: int) -> bool:
        """Whether any of its handles leads to the object at this address; none is looked at but for
        that, and what a walk of the table knows stays. Raises `PykdHandleError`."""
        table = self._open_table()
        return any(handle.address == address for handle in table.handles())

    def in_words(self) -> Sentence:
        """Its image and id; of one that nothing is known of, its address."""
        if isinstance(self.image, Absent) and isinstance(self.pid, Absent):
            return Sentence("the process at 0x{:x}", self.address)
        return super().in_words()

    def traces(self) -> Optional[HandleTraces]:
        """The traces of its handles; None where these are not traced, or where it has no table."""
        from ...kernel.handle_trace import handle_traces

        table = self._table_or_none()
        return None if table is None else handle_traces(self._kernel.target, table.address)

    @property
    def object(self) -> Object:
        """The object that it is."""
        header = self._kernel.headers.header_of(self.block.address)
        return KernelModeObject(self._kernel, self._kernel.object(header))

    @property
    def created(self) -> Maybe[datetime]:
        """When it was created (``CreateTime``)."""
        return self._kernel.raw.processes.created(self.block)

    @property
    def exited(self) -> Maybe[bool]:
        """Whether it has begun to exit (``ExitTime``)."""
        return self._kernel.raw.processes.exited(self.block)

    @property
    def session(self) -> Maybe[int]:
        """The id of its session."""
        return self.block.session

    @property
    def memory(self) -> Memory:
        """What its page tables lead to: its own pages, its session's, the kernel's. Raises
        `UnavailableError` where they are not known."""
        root = known(self.block.directory_base)
        if not root:
            raise UnavailableError(Unavailable(Reason.NO_PAGE_TABLES))
        return self._kernel.target.address_space(root)

    @cached_property
    def user_space(self) -> UserSpace:
        """Its modules and heaps, by ``_EPROCESS.Peb`` and that of its 32-bit half."""
        from ..user_space import UserSpace

        target = self._kernel.target
        width = target.pointer_size
        pebs: List[Tuple[Callable[[], Maybe[int]], int]] = [((lambda: self.block.peb), width)]
        if width == 8:
            pebs.append(((lambda: peb32_of(target, self.address)), 4))
        return UserSpace(lambda: self.memory, pebs, (width,))

    def regions(self) -> Iterator[Union[ProcessRegion, Sentence]]:
        """The regions of its address space, by ``_EPROCESS.VadRoot``."""
        return self._kernel.places.regions.all(self.address)

    def region_at(self, address: int) -> Optional[ProcessRegion]:
        """The region in which an address lies."""
        return self._kernel.places.regions.find(self.address, address)

    @property
    def has_kernel_table(self) -> bool:
        """Whether its table is the kernel's, which is System's; others need no look."""
        if isinstance(self.pid, int) and self.pid != SYSTEM_PROCESS_ID:
            return False
        address = self.block.object_table
        return bool(address) and address == self._kernel.raw.kernel_table_address()

    @property
    def handle_count(self) -> Maybe[int]:
        """How many handles are in use, as its table counts them; 0 for one without a table."""
        address = self.block.object_table
        return address and maybe(lambda: self.table.handle_count)

    @property
    def most_handles(self) -> Maybe[int]:
        """How many handles it had at most, as its table counts; NO_VALUE without a table, too."""
        return maybe(lambda: self.table.raw.most_handles) if self.block.object_table else NO_VALUE

    @property
    def table(self) -> KernelModeTable:
        """Its handle table, opened once. Raises `NoTable` where there is none, and
        `PykdHandleError` where it can't be read."""
        if self._table is None:
            if self._no_table is not None:
                raise self._no_table
            try:
                self._table = self._open_table()
            except PykdHandleError as error:
                self._no_table = error
                raise
        return self._table

    def _open_table(self) -> KernelModeTable:
        address = self.block.object_table
        if address:
            return KernelModeTable(self._kernel, self._kernel.raw.table(address), self)
        if isinstance(address, Absent):
            raise NoTable(False, "ObjectTable can't be read: {}", address)
        exited = " any more: it has exited" if self.exited is True else ""
        raise NoTable(True, f"the process has no handle table{exited}")

    def pages(self, free: bool = False) -> Iterator[List[Handle]]:
        """All handles of its table. Raises `PykdHandleError` where it can't be read."""
        table = self._table_or_none()
        if table is not None:
            yield from table.pages(free)

    def answers(self, ask: Callable[[Handle], T], kept: Dict[int, T]) -> Iterator[Answers[T]]:
        """See `Table.answers`. Raises `PykdHandleError` where the table can't be read."""
        table = self._table_or_none()
        if table is not None:
            yield from table.answers(ask, kept)

    def _table_or_none(self) -> Optional[KernelModeTable]:
        """Its table, None where it has none. Raises `PykdHandleError` where it can't be read."""
        try:
            return self.table
        except NoTable as error:
            if error.gone:
                return None
            raise

    def handle(self, value: int) -> Handle:
        """The handle of this value; a kernel handle is looked up in the kernel's table.

        Raises `NoSuchHandle`, and `PykdHandleError` where it can't be read.
        """
        if split_kernel_handle(value)[1]:
            return self._kernel.kernel_table.handle(value)
        return self.table.handle(value)

    def found_by(self, notes: Iterable[Sentence]) -> None:
        """Add lines on how it was found."""
        self._notes += [note for note in notes if note not in self._notes]

    def notes(self) -> List[Sentence]:
        """Where it was found, if not in the list of processes; what else has its id."""
        return self._notes

    @property
    def has_holes(self) -> bool:
        """Whether a part of its table could not be read on the way."""
        return self._table is not None and self._table.has_holes

    def remarks(self) -> List[Sentence]:
        """What is to be said of its table behind a walk."""
        return [] if self._table is None else self._table.remarks()
