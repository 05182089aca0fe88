"""``explain``: what a value is, by everything that knows of it; without one, what stopped the
system."""

from __future__ import annotations

from argparse import Namespace

from ...hints import TYPE_CHECKING, Iterator, Optional, Union
from ...rows import Column, Foot, Item
from ...values import MINUS_1, Sentence
from ..many import many
from ..of_process import prepare_process
from ..registry import Argument, Run, command
from ..words import Evaluator, parse_number
from .rows import explained

if TYPE_CHECKING:
    from ...model import Kernel, Process

__all__ = ("explain",)


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    if options.value is not None:
        options.value = parse_number(options.value, "VALUE", evaluate)
    return prepare_process(options, mode, evaluate)


@command(
    "explain",
    "any value: what it is, and how that is known; without one, the crash",
    columns=(
        Column("source", "Source"),
        Column("value", "Value", "handle"),
        Column("meaning", "Meaning"),
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
        Argument(
            "value",
            metavar="VALUE",
            nargs="?",
            help="a handle, an id, an address: any number (default: the parameters of the bug "
            "check, and the registers)",
        ),
        Argument(
            "--process",
            metavar="PROCESS",
            help="as this process sees it: an id, the address of an _EPROCESS, or the name of an "
            "image (default: all processes, the current one first; of a crash the current one)",
        ),
    ),
    text="Every family of values is asked: handles of processes, of the kernel and of GDI, ids "
    "of processes and threads, pseudo handles, objects and their headers, handle tables and their "
    "entries, modules and symbols, pool; "
    "of each process the regions with the files they map, its modules and heaps. A value may be "
    "several things at once: each is a row with its ground, the most certain first. What could "
    "not be looked at is said, with the reason.",
    examples=(
        ("explain 14c", "whose handle that is, and what has this id"),
        ("explain ffffe58422064220", "what lies at an address"),
        ("explain", "what a crash was about: its bug check's parameters, and the registers"),
    ),
    prepare=_prepare,
)
def explain(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each thing that the value is."""
    kernel.will_describe()
    only = None if options.process is None else _process(kernel, options.process)
    if options.value is None:
        from .crash import explain_crash  # with its table of bug checks, which help does without

        yield from explain_crash(kernel, only, run)
        return
    yield from explained(kernel.question(options.value, only), run)
    line = Sentence("0x{:x} is {}", options.value, many(run.found, "thing"))
    if not run.found:
        line = Sentence("nothing that can be looked at here knows 0x{:x}", options.value)
    yield Foot(line, {"matches": run.found})


def _process(kernel: Kernel, which: Union[int, str]) -> Process:
    """The process that is named. Raises `PykdHandleError` where there is none."""
    return kernel.current_process if which in MINUS_1 else kernel.process(which)
