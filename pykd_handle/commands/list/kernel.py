"""The listing in kernel mode: the handles of one process, of several or all, of the kernel, of ids,
or one handle."""

from __future__ import annotations

from ...hints import Any, Dict, Iterator, List, Optional
from ...model import Broken, Handle, Hole, NoSuchHandle, Process
from ...model.kernel_mode import (
    KernelMode,
    KernelModeHandle,
    KernelModeProcess,
    KernelModeTable,
    NoTable,
    Used,
)
from ...rows import Item, Note, Row, Title
from ...values import (
    NO_VALUE,
    Generations,
    Hex,
    PykdHandleError,
    Sentence,
    TargetError,
    unavailable,
)
from ..batches import batch
from ..registry import Run
from ..walk import Filters
from .kernel_blocks import PARTS_KEPT, KernelBlocks, Parts
from .kernel_head import head_facts, list_head, whose_id, without_type
from .kernel_rows import KernelRows
from .request import CURRENT_PROCESS, Request

__all__ = ("list_kernel",)

_STEP = 4  # between two handle values


def list_kernel(
    kernel: KernelMode, request: Request, run: Run, filters: Optional[Filters] = None
) -> Iterator[Item]:
    """Answer one request, with those handles that the filters take. Raises `TargetError` where
    nothing can be answered."""
    return _Listing(kernel, request, run, filters or Filters(kernel, None, None)).items()


class _Listing:
    def __init__(self, kernel: KernelMode, request: Request, run: Run, filters: Filters) -> None:
        self.kernel = kernel
        self.request = request
        self.run = run
        self.filters = filters
        if request.wants_objects:
            kernel.will_describe(request.everything)
        self._several = request.wants_every_process
        if request.handle is not None and not (self._several or isinstance(request.process, str)):
            kernel.will_ask_for_one()
        self._parts: Parts = Generations(PARTS_KEPT)
        self._unknown_types = 0
        self._lost = False  # a table, or a part of one, could not be read
        self._answered = False

    def items(self) -> Iterator[Item]:
        request = self.request
        yield Title(
            {
                "flags": request.flags,
                "process": request.process,
                "every_process": request.wants_every_process,
                "type_name": request.type_name,
            }
        )
        if request.wants_ids or request.wants_kernel_table:
            process, remarks = self._context()
            yield from self._whole_table(process, "Cid" if request.wants_ids else "Kernel")
            yield from map(Note, remarks)
        elif request.wants_every_process:
            yield from self._every_process()
        elif isinstance(request.process, str):
            yield from self._named(request.process)
        else:
            process = self._selected()
            yield from self._process(process)
            yield from map(Note, process.notes())
        if not self.run.found and (self._lost or self.filters.left_out):
            self.run.failed = True
        yield from self._closing()

    # -- which process ----------------------------------------------------------------------------

    def _every_process(self) -> Iterator[Item]:
        found = False
        for item in self.kernel.every():
            if isinstance(item, Broken):
                yield Note(item.line)
                self.run.failed = self.run.failed or item.of_processes
                continue
            found = True
            yield from self._process(item)
            yield from map(Note, item.notes())
        if not found:
            raise TargetError("no process is found")
        yield from map(Note, self.kernel.hiding())

    def _named(self, image: str) -> Iterator[Item]:
        processes = self.kernel.named(image)
        self._several = len(processes) > 1
        for process in processes:
            yield from self._process(process)
            yield from map(Note, process.notes())
        if self._several:
            yield Note(Sentence("{} processes have the image {}", len(processes), image))

    def _context(self) -> Any:
        """The process that the header shows where a table of no process is listed."""
        if not self.request.names_process:
            return self.kernel.context()
        process = self._selected()
        return process, process.notes()

    def _selected(self) -> Process:
        wanted = self.request.process
        if wanted != CURRENT_PROCESS:
            return self.kernel.process(wanted)
        try:
            return self.kernel.current_process
        except TargetError as error:
            hint = "name the process: its id, the address of its _EPROCESS, or 0 for all"
            raise TargetError("{}; {}", error, hint) from None

    # -- the tables -------------------------------------------------------------------------------

    def _process(self, process: Process) -> Iterator[Item]:
        """One process and its own table."""
        assert isinstance(process, KernelModeProcess)
        facts = head_facts(process, self.kernel)
        facts["table_address"] = process.block.object_table
        facts["table_kind"] = "Kernel" if process.has_kernel_table else "Handle"
        rows = self._rows(process, facts)
        try:
            table = process.table
        except PykdHandleError as error:
            gone = isinstance(error, NoTable)
            line = error if gone else Sentence("the handle table can't be read: {}", error)
            yield from self._no_table(facts, rows, Sentence("{}", line))
            return
        facts["table_count"] = table.handle_count
        yield list_head(facts)
        yield from self._table(rows, table)

    def _whole_table(self, process: Process, kind: str) -> Iterator[Item]:
        """A table that is no process's own: the kernel's, or that of process and thread ids."""
        assert isinstance(process, KernelModeProcess)
        facts = head_facts(process, self.kernel)
        facts["table_kind"] = kind
        rows = self._rows(process, facts)
        try:
            table = self.kernel.cid_table if kind == "Cid" else self.kernel.kernel_table
        except PykdHandleError as error:
            facts["table_address"] = unavailable(error)
            name = "handle table of process and thread ids" if kind == "Cid" else "kernel's table"
            yield from self._no_table(
                facts, rows, Sentence("the {} can't be read: {}", name, error)
            )
            return
        facts["table_address"] = table.address
        facts["table_count"] = table.handle_count
        yield list_head(facts)
        yield from self._table(rows, table)

    def _rows(self, process: KernelModeProcess, facts: Dict[str, Any]) -> KernelRows:
        self._who = process.in_words()
        pid, image, address = facts["pid"], facts["image"], facts["eprocess"]
        return KernelRows(self.request, pid, image, address, self.filters)

    def _no_table(self, facts: Dict[str, Any], rows: KernelRows, line: Sentence) -> Iterator[Item]:
        """The one row of a process whose table is not there or can't be read."""
        yield list_head(facts)
        if facts["object_table"] != 0 or not self._several:
            self.run.failed = True
        yield [rows.error(NO_VALUE, line)]

    def _table(self, rows: KernelRows, table: KernelModeTable) -> Iterator[Item]:
        if self.request.handle is not None:
            yield from self._one_handle(rows, table)
            return
        blocks = KernelBlocks(self.request, rows, table, self._parts)

        def row(handle: Handle) -> Optional[Row]:
            if isinstance(handle, Hole):
                return rows.hole(handle)
            assert isinstance(handle, KernelModeHandle)
            if handle.free:
                return rows.free(handle)
            found = rows.handle(handle)
            self.run.found += found is not None
            return found

        for page in self._pages(table):
            if not page:
                continue
            first = page[0]
            value = first[0] if isinstance(first, Used) else first.value
            self.run.place = Sentence("at handle 0x{:x} of {}", value, self._who)
            self.kernel.progress(str(self.run.place))
            if isinstance(first, Used):
                for block in blocks.blocks(page):
                    self.run.found += len(block.lines)
                    yield block
            else:
                yield from batch(page, row)
        self._unknown_types += rows.unknown_types
        self._lost = self._lost or table.has_holes
        self.run.failed = self.run.failed or table.incomplete
        for line in table.remarks():
            yield Note(line, under=self._who)

    def _pages(self, table: KernelModeTable) -> Iterator[List[Any]]:
        """The pages of a table: free entries and a filter take the plain way."""
        if self.request.type_name or self.filters.choose:
            return table.pages()
        return table.pages(free=True) if self.request.wants_free else table.blocks()

    def _one_handle(self, rows: KernelRows, table: KernelModeTable) -> Iterator[Item]:
        request = self.request
        value = Hex(request.typed)
        try:
            handle = table.handle(value)
        except NoSuchHandle as error:
            # Of several processes, those that have no such handle are no news.
            if not self._several:
                self.run.failed = True
                yield [rows.error(value, Sentence("{}", error))]
            return
        except PykdHandleError as error:
            self.run.failed = self._answered = True
            line = Sentence("the entry of {} can't be read: {}", self._asked(), error)
            yield [rows.error(value, line)]
            return
        assert isinstance(handle, KernelModeHandle)
        if handle.free:
            if self._several and request.type_name:
                return  # one that is free has no type
            self._answered = True
            yield [rows.free(handle)]
            if request.wants_ids:
                self.run.failed = True
                yield Note(table.none_such(value))
            return
        row = rows.handle(handle)
        if row is not None:
            self._answered = True
            self.run.found += 1
            yield [row]
            if request.asks_whose_id:
                yield whose_id(row)
        elif not self._several:
            yield self._other_type(handle)
        else:
            self._unknown_types += rows.unknown_types

    def _other_type(self, handle: Handle) -> Note:
        wanted = self.request.type_name
        if not wanted:
            self.run.failed = bool(self.filters.left_out)
            return Note(Sentence("{} is not shown: the options name others", self._asked()))
        if handle.type:
            line = "{} is not of type {}: it is {}"
            return Note(Sentence(line, self._asked(), wanted, handle.type))
        self.run.failed = True
        line = "whether {} is of type {} is not known: its type can't be read: {}"
        return Note(Sentence(line, self._asked(), wanted, handle.type))

    def _asked(self) -> Sentence:
        """The one handle that was asked for, as it was typed."""
        kind = "id" if self.request.wants_ids else "handle"
        return Sentence("{} 0x{:x}", kind, self.request.typed)

    # -- the end ----------------------------------------------------------------------------------

    def _closing(self) -> Iterator[Note]:
        for remark in self.kernel.remarks():
            yield Note(remark, warning=False)
        if self.request.handle is not None:
            yield from self._closing_of_one()
        wanted = self.request.type_name
        if not wanted:
            return
        if self._unknown_types:
            count = self._unknown_types
            self.run.failed = self.run.failed or not self.run.found
            yield Note(
                Sentence(
                    "{} not shown, since the type can't be read: any of them may be of type {}",
                    "1 handle is" if count == 1 else f"{count} handles are",
                    wanted,
                )
            )
        if self.run.found == 0:
            for note in without_type(self.kernel, wanted):
                self.run.failed = True
                yield note

    def _closing_of_one(self) -> Iterator[Note]:
        value = self.request.typed
        if self._answered and value % _STEP:
            meant = value - value % _STEP
            line = "{} is 0x{:x}: the lowest two bits do not count"
            yield Note(Sentence(line, self._asked(), meant))
        if self._several and not self._answered and not self._unknown_types:
            wanted = self.request.type_name
            of_type = Sentence(" of type {}", wanted) if wanted else ""
            self.run.failed = True
            yield Note(
                Sentence("no handle 0x{:x}{} in any process that could be read", value, of_type)
            )
