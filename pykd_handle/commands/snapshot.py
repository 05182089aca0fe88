"""``snapshot``: what the handles of all processes lead to, in a small file for ``diff``."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Iterator, Optional
from ..rows import Column, Item, Note
from ..values import NO_VALUE, PykdHandleError, Sentence, UsageError
from .registry import Argument, Run, command
from .words import Evaluator

if TYPE_CHECKING:
    from pathlib import Path

    from ..model import Kernel


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    """Raises `UsageError` for a file that is there and no snapshot."""
    del mode, evaluate
    from pathlib import Path

    if not options.file:
        raise UsageError("FILE is empty: name a file to write to")
    path = Path(options.file)
    try:
        there = path.is_file() and path.stat().st_size
    except (OSError, ValueError):
        there = 0  # what no file can be is told by who opens it
    if there and not _is_snapshot(path):
        raise UsageError(f"{path} is there and no snapshot: it stays as it is; name another file")
    return options


def _is_snapshot(path: Path) -> bool:
    """Whether it is one of ours: a dump may be packed by gzip, too."""
    from ..model import open_snapshot

    try:
        found = open_snapshot(path)
    except PykdHandleError:
        return False
    if found is not None:
        found.close()
    return found is not None


@command(
    "snapshot",
    "write what the handles of all processes lead to into a small file, for diff",
    columns=(
        Column("file", "File"),
        Column("processes", "Processes", "count"),
        Column("handles", "Handles", "count"),
        Column("time", "Time"),
        Column("system"),
    ),
    arguments=(Argument("file", metavar="FILE", help="where to; an old snapshot is replaced"),),
    text="""\
The file holds ids, times and images of processes, and value, access, object,
type and name of each handle: JSON lines, packed by gzip.
""",
    examples=(
        ("snapshot before.snap", "in a live session, before what leaks is done once more"),
        ("--dump monday.dmp snapshot monday.snap", "what is left when the dump has to go"),
    ),
    prepare=_prepare,
    writes="file",
)
def snapshot(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row about the file."""
    from ..model import Lines, Records

    records, lines = Records(kernel), Lines()
    header = records.header
    run.file.write(lines.header(header))
    run.file.row()
    for process, pages in records.processes():
        run.place = Sentence("in the handles of {}", process.in_words())
        run.file.write(lines.process(process))
        for page in pages:
            for line in lines.page(page):
                run.file.write(line)
        run.found = lines.handles
    run.file.write(lines.end())
    run.file.complete()
    run.file.close()  # the row says that it is there
    yield from map(Note, records.notes)
    for remark in kernel.remarks():
        yield Note(remark, warning=False)
    run.failed = records.lost
    yield [
        {
            "file": options.file,
            "processes": lines.processes,
            "handles": lines.handles,
            "time": header.time or NO_VALUE,
            "system": header.system or NO_VALUE,
        }
    ]
