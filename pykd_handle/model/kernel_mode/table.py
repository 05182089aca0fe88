"""Handle tables of the kernel: a process's, the kernel's own, that of process and thread ids."""

from __future__ import annotations

from itertools import takewhile

from ...hints import (
    TYPE_CHECKING,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)
from ...kernel.handle_entry import HandleEntry, Used
from ...kernel.handle_table import HANDLE_STEP, HandleTable, Leaf
from ...kernel.handle_table import Hole as TableHole
from ...kernel.handle_table import Row as TableRow
from ...objects import Listed
from ...values import (
    STOPPED,
    Details,
    Maybe,
    MissingField,
    Reason,
    Sentence,
    Unavailable,
    as_typed,
    join,
    maybe,
    split_kernel_handle,
)
from ..nouns import Handle, NoSuchHandle
from ..tables import Answers, Process, Table, ask_each
from .handle import KernelModeHandle, KernelModeHole, Page
from .object import KernelModeObject, LostObject

if TYPE_CHECKING:
    from .kernel import KernelMode

__all__ = ("KernelModeTable",)

T = TypeVar("T")

_ANSWERS_KEPT = 1 << 18  # at most some more: a hundred bytes each


class KernelModeTable(Table):
    """One ``_HANDLE_TABLE``; ``raw`` is the kernel layer's reader of it, ``owner`` the process that
    it belongs to, ``of_ids`` whether its values are process and thread ids."""

    def __init__(
        self,
        kernel: KernelMode,
        raw: HandleTable,
        owner: Optional[Process] = None,
        of_ids: bool = False,
    ) -> None:
        self._kernel = kernel
        self._owner = owner
        self.raw = raw
        self.of_ids = of_ids
        try:
            self.body_offset = kernel.headers.body_offset
            """How far behind its header an object lies; -1 where the symbols do not tell."""
        except MissingField:
            self.body_offset = -1
        self._used = 0
        self._hidden: Dict[Unavailable, int] = {}

    def __repr__(self) -> str:
        return f"<Table 0x{self.address:x}>"

    @property
    def process(self) -> Process:
        """The process that it belongs to; of a table that is nobody's, the current one or System.
        Raises `PykdHandleError` where neither is known."""
        return self._kernel.context()[0] if self._owner is None else self._owner

    @property
    def address(self) -> int:
        """The address of the ``_HANDLE_TABLE``."""
        return self.raw.address

    @property
    def handle_count(self) -> Maybe[int]:
        """How many handles are in use, as the kernel counts them."""
        return self.raw.handle_count

    def pages(self, free: bool = False) -> Iterator[List[Handle]]:
        """All handles in the order of the table, so many at once as the target wants read
        together; holes in their place, ``free`` entries where they are asked for."""
        self._start()
        for rows in self.raw.pages():
            yield from self._handles(rows, free)

    def blocks(self) -> Iterator[Union[List[Used], List[Handle]]]:
        """All handles, as `pages` has them; those of a page that is whole, where no more is kept of
        them than their entries, come as these."""
        self._start()
        size = self._kernel.target.rows_at_once
        plain = not self.of_ids and self.raw.keeps_nothing_more and self.body_offset >= 0
        for leaf in self.raw.leaves():
            used = leaf.used() if plain and isinstance(leaf, Leaf) else None
            if used is not None:
                self._used += len(used)
                yield from (used[at : at + size] for at in range(0, len(used), size))
            else:
                yield from self._handles(leaf.rows() if isinstance(leaf, Leaf) else leaf, False)

    def answers(self, ask: Callable[[Handle], T], kept: Dict[int, T]) -> Iterator[Answers[T]]:
        """See `Table.answers`; what is ``kept`` is so by the pointers of entries.

        Where ``ask`` is stopped or fails, what it said comes first: nothing found is lost.
        """
        for page in self.blocks():
            if not page:
                continue
            if not isinstance(page[0], Used):
                yield from ask_each(page, ask)
                continue
            used: List[Used] = page
            if len(kept) > _ANSWERS_KEPT:
                kept.clear()
            missing = {entry.pointer: entry for entry in used if entry.pointer not in kept}
            try:
                for pointer, handle in zip(missing, self.handles_of(missing.values())):
                    kept[pointer] = ask(handle)
            except STOPPED:
                there = list(takewhile(lambda entry: entry.pointer in kept, used))
                yield self._answers(there, kept)
                raise
            yield self._answers(used, kept)

    def _answers(self, used: List[Used], kept: Dict[int, T]) -> Answers[T]:
        return (
            [kept[entry.pointer] for entry in used],
            lambda at: self.handles_of([used[at]])[0],
            lambda: (
                [entry.handle for entry in used],
                [entry.granted_access for entry in used],
                [entry.attributes for entry in used],
            ),
        )

    def _start(self) -> None:
        self._used = 0
        self._hidden = {}

    def _handles(self, rows: Sequence[TableRow], free: bool) -> Iterator[List[Handle]]:
        size = self._kernel.target.rows_at_once
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            page = Page(self, [row for row in part if isinstance(row, HandleEntry)])
            found: List[Handle] = []
            for row in part:
                if isinstance(row, TableHole):
                    self._hidden[row.reason] = self._hidden.get(row.reason, 0) + row.hidden
                    found.append(KernelModeHole(self, row))
                elif row.pointer:
                    self._used += 1
                    found.append(KernelModeHandle(page, row))
                elif free:
                    found.append(KernelModeHandle(page, row))
            yield found

    def handles_of(self, used: Iterable[Used]) -> List[KernelModeHandle]:
        """A handle for each of these entries, of which `blocks` gave them."""
        return Page(self, [HandleEntry(*entry, 0, False) for entry in used]).handles()

    def listed(self, used: Iterable[Used]) -> Iterator[Listed]:
        """What a list of handles shows of the objects that these entries lead to: they are read
        together, and those that are as usual described together; the others when it is their turn,
        so that none is lost where that is stopped."""
        headers = [entry.pointer for entry in used]
        found = self._kernel.listed(headers)
        is_kernel_address = self._kernel.target.is_kernel_address
        left = [header for header, item in zip(headers, found) if item is None]
        made = iter(self._kernel.raw.objects(list(filter(is_kernel_address, left))))
        for header, item in zip(headers, found):
            if item is None:
                there = is_kernel_address(header)
                one = KernelModeObject(self._kernel, next(made)) if there else self._lost(header)
                item = one.listed(False)
            yield item

    def handle(self, value: int) -> Handle:
        """The handle of this value, free or in use; its lowest two bits do not count, and a kernel
        handle's bit is that of the value that comes back.

        Raises `NoSuchHandle` beyond the table, and `PykdHandleError` where its entry can't be read.
        """
        index, kernel_handle = (value, False) if self.of_ids else split_kernel_handle(value)
        entry = self.raw.entry(index)
        if entry is None:
            slots = self.raw.slots
            last = as_typed((slots - 1) * HANDLE_STEP, kernel_handle)
            ends = Sentence("ends at 0x{:x}", last) if slots else "has no entries"
            raise NoSuchHandle("{}: the table {}", self.none_such(value), ends)
        return KernelModeHandle(Page(self, [entry]), entry, kernel_handle)

    def none_such(self, value: int) -> Sentence:
        """The words for a value that the table does not have."""
        if self.of_ids:
            return Sentence("no process or thread has the id 0x{:x}", value)
        return Sentence("no handle 0x{:x}", value)

    def remarks(self) -> List[Sentence]:
        """What is to be said of the table; behind a walk also what was hidden in it, and where its
        own count differs."""
        lines = list(self.raw.remarks)
        hidden = sum(self._hidden.values())
        if hidden:
            lines.append(self._hidden_slots(hidden))
        stored = self.raw.stored_count
        if isinstance(stored, int) and not self._used <= stored <= self._used + hidden:
            could = f" and {hidden} could not be read" if hidden else ""
            lines.append(
                Sentence(
                    "the table counts {} handles in use; {} were found{}", stored, self._used, could
                )
            )
        return lines

    @property
    def incomplete(self) -> bool:
        """Whether a walk found fewer handles than the table counts, though all could be read."""
        stored = self.raw.stored_count
        return isinstance(stored, int) and self._used + sum(self._hidden.values()) < stored

    @property
    def has_holes(self) -> bool:
        """Whether a part of the table could not be read on the way."""
        return bool(self._hidden)

    def _hidden_slots(self, total: int) -> Sentence:
        line = "{} of the table's {} slots could not be read"
        slots = self.raw.slots
        if len(self._hidden) == 1:
            (reason,) = self._hidden
            return Sentence(line + ": {}", total, slots, reason)
        counts = sorted(self._hidden.items(), key=lambda item: str(item[0]))[:4]
        reasons = join(", ", (Sentence("{}: {}", count, reason) for reason, count in counts))
        return Sentence(line + " ({})", total, slots, reasons)

    # -- what handles ask --------------------------------------------------------------------------

    def header_of(self, entry: HandleEntry) -> int:
        """The object header that an entry leads to; those of the id table lead to the body."""
        return self._kernel.headers.header_of(entry.pointer) if self.of_ids else entry.pointer

    def load(self, entries: Iterable[HandleEntry]) -> None:
        """Read the headers of all objects that these entries lead to, together."""
        is_kernel_address = self._kernel.target.is_kernel_address
        self._kernel.load(
            self.header_of(entry)
            for entry in entries
            if entry.pointer and is_kernel_address(entry.pointer)
        )

    def object(self, entry: HandleEntry) -> Union[KernelModeObject, LostObject]:
        """What an entry leads to."""
        header = self.header_of(entry)
        if self._kernel.target.is_kernel_address(header):
            return KernelModeObject(self._kernel, self._kernel.object(header))
        return self._lost(header)

    def _lost(self, header: int) -> LostObject:
        why = Unavailable(Reason.THE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL, header)
        return LostObject(header, self.body_of(header), why)

    def rights_together(self, entry: HandleEntry) -> Maybe[Tuple[str, ...]]:
        """What the granted access of an entry is in the words of its object's type."""
        return self._kernel.rights_together(entry, self.header_of(entry))

    def describe(self, entry: HandleEntry) -> Details:
        """What is known of a handle by itself."""
        return self._kernel.describe_handle(entry, self.header_of(entry))

    def body_of(self, header: int) -> Maybe[int]:
        """The address of the object behind a header."""
        if self.body_offset < 0:
            return maybe(self._kernel.headers.body_of, header)
        return header + self.body_offset
