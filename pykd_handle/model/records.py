"""A kernel, or one process in user mode, as a snapshot has it: in order, and no more than that.

What a snapshot is made of and what a dump is compared by are the same records.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from ..hints import Callable, Dict, Iterable, Iterator, List, Optional, Tuple, TypeVar, Union, cast
from ..kernel.handle_table import HANDLE_STEP
from ..snapshot import (
    Header,
    Lines,
    Page,
    Record,
    Snapshot,
    Thing,
    is_snapshot,
    pack,
)
from ..snapshot.records import MOST_HANDLES
from ..values import NO_VALUE, Absent, Maybe, PykdHandleError, Reason, Sentence, Unavailable
from .kernel import Kernel
from .nouns import Handle, Hole, KernelOnly, Object
from .tables import Process

__all__ = ("Lines", "Page", "Record", "Records", "Source", "Thing", "open_snapshot", "pack")

T = TypeVar("T")

_HIGHEST = (1 << 64) - 1


class Records:
    """The records of a kernel that is open, as a `Snapshot` gives them.

    Its processes are known beforehand; ``notes`` has what is to be said of them, of tables only
    when they were walked. ``lost`` tells whether something of it could not be read.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.name = kernel.name
        self.notes: List[Sentence] = []
        self.lost = False
        self._kernel = kernel
        kernel.will_describe()
        complete = True
        found: List[Tuple[Record, Process]] = []
        for item in kernel.every():
            if isinstance(item, Process):
                found.append((self._record(item), item))
                # One without an id can't be told from those of other sources.
                complete = complete and found[-1][0].pid is not None
                self.notes += item.notes()
            else:
                complete = complete and not item.of_processes
                self.notes.append(item.line)
        self.lost = not complete
        # Two at one place in the order would be one process: nothing tells them apart.
        self._found = sorted(found, key=lambda pair: pair[0].order)
        counts = [process.handle_count for _, process in self._found]
        self.header = Header(
            kernel.name,
            kernel.mode,
            kernel.system,
            _known(kernel.time),
            datetime.now(timezone.utc),
            len(counts),
            sum(map(_at_least, counts)),
            complete,
        )

    def _record(self, process: Process) -> Record:
        address = process.address if self._kernel.mode == "kernel" else 0
        return Record(_known(process.pid), _known(process.created), address, _known(process.image))

    def processes(self) -> Iterator[Tuple[Record, Iterator[Page]]]:
        """See `Snapshot.processes`; a table that can't be read is a hole."""
        kept: Dict[int, Optional[Thing]] = {}
        for record, process in self._found:
            pages = self._pages(process, kept)
            yield record, pages if self._kernel.mode == "kernel" else _in_order(pages)

    def _pages(self, process: Process, kept: Dict[int, Optional[Thing]]) -> Iterator[Page]:
        last = -1
        try:
            for things, handle, numbers in process.answers(_thing, kept):
                self._kernel.progress(str(Sentence("in the handles of {}", process.in_words())))
                if not things:
                    continue
                page = Page(*numbers()[:2], cast("List[Thing]", things))
                for part in _parts(page, handle) if None in things else [page]:
                    last = part.values[-1] if part.hole is None else part.hole[1]
                    yield part
        except PykdHandleError as error:
            self.notes.append(
                Sentence("the handles of {} can't be read: {}", process.in_words(), error)
            )
            self.lost = True
            yield Page.of_hole(last + 1, _HIGHEST)
            return
        self.notes += [Sentence("{}: {}", process.in_words(), line) for line in process.remarks()]

    def close(self) -> None:
        """Let go of the kernel."""
        self._kernel.close()


Source = Union[Records, Snapshot]
"""What handles are compared of."""


def open_snapshot(path: Path) -> Optional[Snapshot]:
    """The snapshot in a file, None where it is none. Raises `TargetError` for one that is damaged
    or of a newer format."""
    try:
        return Snapshot(path) if is_snapshot(path) else None
    except OSError:
        return None  # whoever opens it as a dump says why not


def _thing(handle: Handle) -> Optional[Thing]:
    """What a handle leads to; None for a stretch of handles that can't be read."""
    if isinstance(handle, Hole):
        return None
    item = handle.object
    return _address(item), _text(item.type), _text(item.name)


def _address(item: Object) -> int:
    try:
        return _known(item.address) or 0
    except KernelOnly:
        return 0


def _text(value: Maybe[str]) -> Optional[str]:
    return "" if value is NO_VALUE else _known(value)


def _at_least(count: Maybe[int]) -> int:
    if isinstance(count, Unavailable) and count.reason is Reason.COUNT_AT_LEAST:
        count = count.arguments[0]
    return count if isinstance(count, int) else 0


def _known(value: Maybe[T]) -> Optional[T]:
    return None if isinstance(value, Absent) else value


def _parts(page: Page, handle: Callable[[int], Handle]) -> Iterator[Page]:
    """The parts of a page that has holes, in their places."""
    start = 0
    size = len(page.values)
    for at in (*(at for at, thing in enumerate(page.things) if thing is None), size):
        if start < at:
            yield Page(page.values[start:at], page.masks[start:at], page.things[start:at])
        if at < size:
            hole = handle(at)
            hidden = hole.hidden if isinstance(hole, Hole) else 1
            first = page.values[at]
            yield Page.of_hole(first, first + (max(hidden, 1) - 1) * HANDLE_STEP)
        start = at + 1


def _in_order(pages: Iterable[Page]) -> Iterator[Page]:
    """Parts by their values: a minidump has its handles in any order, and some more than once."""
    every: Dict[int, Tuple[Optional[int], Thing]] = {}
    for page in pages:
        every.update(zip(page.values, zip(page.masks, page.things)))
        if page.hole is not None:  # what was not read may be of any value
            yield Page.of_hole(0, _HIGHEST)
            return
    values = sorted(every)
    for start in range(0, len(values), MOST_HANDLES):
        some = values[start : start + MOST_HANDLES]
        masks, things = zip(*map(every.__getitem__, some))
        yield Page(some, list(masks), list(things))
