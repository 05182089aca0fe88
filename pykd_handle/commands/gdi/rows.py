"""The rows of GDI handles, and how many there are of a kind."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from functools import partial

from ...hints import Any, Dict, Iterator, List, Optional, Set, Tuple
from ...model import Kernel, Process
from ...model.gdi import GDI_TYPES, GdiHole, GdiSlot, GdiTable, gdi_table, gdi_tables
from ...rows import Foot, Head, Item, Note, Row
from ...values import NO_VALUE, NOT_REQUESTED, STOPPED, Absent, Hex, Maybe, Sentence
from ..batches import batch
from ..many import many
from ..registry import KERNEL, Run
from ..walk import Walk

__all__ = ("BY", "TYPES", "Listing")

BY = {"process": ("pid", "process", "owner"), "type": ("type",)}
"""The columns of what ``--by`` names."""
TYPES = tuple(GDI_TYPES.values())

_LOST = "the GDI handles can't be read: {}"
_LOST_OF = "the GDI handles of {} can't be read: {}"
_NO_TABLE = "{} has no table of GDI handles: it does not use GDI"
_NONE_HAS = "{}: no process has a table of GDI handles"
_NO_SESSION = "the processes whose session can't be told ({})"
_ONE_OF_THEM = "of {} one table is shown; --process shows others"
_HIDDEN = "{}; {} handle values hidden (slots 0x{:x}-0x{:x})"
_NOBODY = "the owner of {} is an id that no process has"
_UNSOUND = "the type of {} differs from that in the table"


class Listing:
    """What a command line asks of the tables of a kernel, or of a process in user mode."""

    def __init__(self, kernel: Kernel, options: Namespace, run: Run) -> None:
        self._kernel = kernel
        self._run = run
        self._which = options.process
        self._types: Optional[List[str]] = options.type
        self._keys = [key for by in options.by or () for key in BY[by]]
        self._of_a_kernel = kernel.mode == KERNEL
        self._processes: Dict[Maybe[int], Process] = {}
        self._sessions: Set[Maybe[int]] = set()
        self._counts: Counter[Tuple[Any, ...]] = Counter()
        self._odd: Counter[str] = Counter()

    def items(self) -> Iterator[Item]:
        """A head and rows for each table, or what was counted; what is odd; totals."""
        every: List[Process] = []
        for item in Walk(self._kernel, self._which, self._run).every():
            if isinstance(item, Process):
                every.append(item)
                self._processes[item.pid] = item
            else:
                self._run.failed = self._run.failed or item.of_processes
                yield Note(item.line)
        try:
            if self._which is None:
                for table in gdi_tables(self._kernel, every):
                    yield from self._table(table, None)
            else:
                for process in every:
                    yield from self._table(gdi_table(self._kernel, process), process)
        except STOPPED:
            yield from self._counted()
            raise
        yield from self._counted()
        for template, count in self._odd.items():
            yield Note(Sentence(template, many(count, "GDI handle")))
        found = many(self._run.found, "GDI handle")
        sessions = len(self._sessions)
        line = Sentence("{} in {}", found, many(sessions, "session"))
        yield Foot(line, {"gdi_handles": self._run.found, "sessions": sessions})

    def _table(self, table: GdiTable, only: Optional[Process]) -> Iterator[Item]:
        """What a table has of all processes, or of the ``only`` one that is asked of."""
        unknown = isinstance(table.session, Absent)
        where = Sentence(_NO_SESSION if unknown else "session {}", table.session)
        if only is not None or not self._of_a_kernel:
            where = (only or self._kernel.current_process).in_words()
        if only is not None and isinstance(only.pid, Absent):
            self._run.failed = True
            yield Note(Sentence(_LOST_OF, where, "its id is not known"))
            return
        if not table.found:
            why = table.why_not
            self._run.failed = self._run.failed or why is not None
            of_one = only is not None or not self._of_a_kernel
            if why is None:
                line = Sentence(_NO_TABLE if of_one else _NONE_HAS, where)
            elif of_one:
                line = Sentence(_LOST, why)  # which says of whom
            else:
                line = Sentence(_LOST_OF, where, why)
            yield Note(line)
            return
        self._sessions.add(table.session)
        if only is None and self._of_a_kernel and unknown:
            yield Note(Sentence(_ONE_OF_THEM, where))
        if not self._keys:
            yield Head(where, {"session": table.session})
        holes: List[Sentence] = []
        yield from batch(table.slots(), partial(self._row, table, only, holes))
        if self._keys:
            yield from (Note(Sentence("{}: {}", where, hole)) for hole in holes)

    def _row(
        self, table: GdiTable, only: Optional[Process], holes: List[Sentence], slot: GdiSlot
    ) -> Optional[Row]:
        """The row of an entry in use, or of a hole; None of what is not asked for, or counted."""
        self._run.place = Sentence("at slot 0x{:x} of the GDI handles", slot.number)
        row: Row = {"session": table.session}
        if isinstance(slot, GdiHole):
            last = slot.number + slot.hidden - 1
            row["error"] = Sentence(_HIDDEN, slot.why, slot.hidden, slot.number, last)
            holes.append(row["error"])
            self._run.failed = True
            return None if self._keys else row
        if only is not None and slot.pid != only.pid:
            return None
        if self._types is not None and slot.type.lower() not in self._types:
            return None
        self._run.found += 1
        owner = self._processes.get(slot.pid)
        if slot.pid:
            row.update(pid=slot.pid, process=NOT_REQUESTED if owner is None else owner.image)
        else:
            row.update(pid=NO_VALUE, process=NO_VALUE)
            row["owner"] = Hex(slot.owner) if slot.special else "public"
        if slot.pid and owner is None and self._of_a_kernel:
            self._odd[_NOBODY] += 1
        if not slot.sound:
            self._odd[_UNSOUND] += 1
        row["type"] = slot.type
        if self._keys:
            self._counts[tuple(row.get(key, NOT_REQUESTED) for key in self._keys)] += 1
            return None
        row["handle"] = slot.handle
        row["stock"] = slot.stock
        if not self._kernel.live:  # each is a look at what lies there
            row["address"] = table.object_of(slot).address or NOT_REQUESTED
        row["user_data"] = Hex(slot.user) if slot.user else NO_VALUE
        return row

    def _counted(self) -> Iterator[List[Row]]:
        """The rows of what was counted, the most first."""
        order = sorted(self._counts.items(), key=lambda item: (-item[1], str(item[0])))
        yield from batch(order, lambda item: {**dict(zip(self._keys, item[0])), "handles": item[1]})
