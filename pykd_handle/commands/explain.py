"""``explain``: what a value is, by everything that knows of it."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Iterator, List, Optional, Union

from ..rows import Column, Foot, Item, Note, Row
from ..values import MINUS_1, NOT_REQUESTED, STOPPED, Maybe, PykdHandleError, Sentence, in_hex
from .many import many
from .registry import Argument, Run, command
from .words import Evaluator, parse_number, parse_process

if TYPE_CHECKING:
    from ..model import Kernel, Object, Process
    from ..model.families import Explanation, Match

__all__ = ("explain",)


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    del mode
    options.value = parse_number(options.value, "VALUE", evaluate)
    if options.process is not None:
        options.process = parse_process(options.process, evaluate)
    return options


@command(
    "explain",
    "any value: what it is, and how that is known",
    columns=(
        Column("value", "", "handle"),
        Column("family", "What"),
        Column("pid", "PID", "handle"),
        Column("process", "Process"),
        Column("type", "Type"),
        Column("name", "Name"),
        Column("address", "Address"),
        Column("certainty", "Certainty"),
        Column("ground", "Ground"),
    ),
    arguments=(
        Argument("value", metavar="VALUE", help="a handle, an id, an address: any number"),
        Argument(
            "--process",
            metavar="PROCESS",
            help="as this process sees it: an id, the address of an _EPROCESS, or the name of an "
            "image (default: all processes, the current one first)",
        ),
    ),
    text="Every family of values is asked: handles of processes and of the kernel, ids of "
    "processes and threads, pseudo handles, objects and their headers, modules, symbols, pool. A "
    "value may be several things at once: each is a row with its ground, the most certain first. "
    "What could not be looked at is said, with the reason.",
    examples=(
        ("explain 14c", "whose handle that is, and what has this id"),
        ("explain ffffe58422064220", "what lies at an address"),
        ("explain 80000014 --format jsonl", "the same for a script"),
    ),
    prepare=_prepare,
)
def explain(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each thing that the value is."""
    kernel.will_describe()
    only = None if options.process is None else _process(kernel, options.process)
    yield from explained(kernel.question(options.value, only), run)
    line = Sentence("0x{:x} is {}", options.value, many(run.found, "thing"))
    if not run.found:
        line = Sentence("nothing that can be looked at here knows 0x{:x}", options.value)
    yield Foot(line, {"matches": run.found})


def explained(question: Explanation, run: Run) -> Iterator[Item]:
    """The rows of a value, and what is to be said of it; where it is stopped, those found so far
    come first."""
    try:
        question.look()
    except STOPPED:
        yield _rows(question)
        raise
    rows = _rows(question)
    run.found += len(rows)
    yield rows
    for line in question.remarks:
        yield Note(line, warning=False)
    for line in question.unseen:
        yield Note(line)
        run.failed = run.failed or not rows  # it may be something all the same


def _rows(question: Explanation) -> List[Row]:
    return [_row(question.value, match) for match in question.matches]


def _row(value: int, match: Match) -> Row:
    process, item = match.process, match.object
    return {
        "value": in_hex(value),
        "family": match.family,
        "pid": NOT_REQUESTED if process is None else process.pid,
        "process": NOT_REQUESTED if process is None else process.image,
        "type": NOT_REQUESTED if item is None else item.type,
        "name": match.name if item is None else item.name,
        "address": match.address if item is None else _address(item),
        "certainty": match.certainty.value,
        "ground": match.ground,
    }


def _address(item: Object) -> Maybe[int]:
    try:
        return item.address
    except PykdHandleError:
        return NOT_REQUESTED  # user mode


def _process(kernel: Kernel, which: Union[int, str]) -> Process:
    """The process that is named. Raises `PykdHandleError` where there is none."""
    return kernel.current_process if which in MINUS_1 else kernel.process(which)
