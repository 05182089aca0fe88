"""Commands that show what is in the address space of one process."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Callable, Iterable, Iterator, List, Optional, TypeVar, Union
from ..rows import Column, Foot, Head, Item, Note, Row
from ..values import PykdHandleError, Sentence
from .batches import batch
from .many import many
from .registry import Argument, Run
from .walk import named_processes
from .words import Evaluator, parse_process

if TYPE_CHECKING:
    from ..model import Kernel, Process

__all__ = ("IDENTITY", "PROCESS", "of_each_process", "prepare_process")

PROCESS = Argument(
    "--process",
    metavar="PROCESS",
    help="of this process: an id, the address of an _EPROCESS, or the name of an image "
    "(default: the current one)",
)
IDENTITY = (Column("pid", "", "handle", "PID"), Column("process", loose="Process"))
"""In data formats each row says whose it is; for people the line above does."""

T = TypeVar("T")


def prepare_process(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    """The options with PROCESS parsed. Raises `UsageError`."""
    del mode
    if options.process is not None:
        options.process = parse_process(options.process, evaluate)
    return options


def of_each_process(
    kernel: Kernel,
    options: Namespace,
    run: Run,
    thing: str,
    find: Callable[[Process], Iterable[Union[T, Sentence]]],
    row: Callable[[T], Row],
) -> Iterator[Item]:
    """A head, rows and a total for each process that is named. ``find`` gives what it has, or lines
    about what can't be read; ``row`` makes a row of one of them."""
    which = options.process
    for process in [kernel.current_process] if which is None else named_processes(kernel, which):
        yield Head(process.in_words(), {"pid": process.pid, "process": process.image})
        whose: Row = {"pid": process.pid, "process": process.image}
        wrong: List[Sentence] = []
        before = run.found

        def make(
            item: Union[T, Sentence], whose: Row = whose, wrong: List[Sentence] = wrong
        ) -> Optional[Row]:
            if isinstance(item, Sentence):
                wrong.append(item)
                return None
            run.found += 1
            return {**whose, **row(item)}

        try:
            yield from batch(find(process), make)
        except PykdHandleError as error:
            wrong.append(error.sentence)
        for line in wrong:
            yield Note(line)
        run.failed = run.failed or bool(wrong)
        count = run.found - before
        yield Foot(Sentence("{}", many(count, thing)), {f"{thing}s": count})
