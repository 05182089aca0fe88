"""What belongs to a process beside its objects: its handle table, the entries in it, its PEB."""

from __future__ import annotations

from functools import partial

from ...hints import Any, Callable, Iterator, Optional, Sequence, Set, Tuple
from ...values import Hex, PykdHandleError, Sentence
from ..tables import Process
from .base import Certainty, Match, Question, family

__all__ = ("pebs", "tables")


@family("handle tables", 55)
def tables(question: Question) -> Iterator[Match]:
    """The address of a ``_HANDLE_TABLE``, or of an entry in it, in use or free: of processes, of
    the kernel, or that of process and thread ids."""
    kernel, address = question.kernel, question.address
    if not kernel.target.is_kernel_address(address):
        return
    seen: Set[int] = set()
    for words, process, opened in _every(question):
        try:
            table = opened()
            value = table.raw.handle_at(address)
        except PykdHandleError as error:
            if not getattr(error, "gone", False):  # of a process that has exited there are none
                question.cannot("entries of handle tables", error, words)
            continue
        if table.address in seen:
            continue  # System's is the kernel's
        seen.add(table.address)
        if table.address == address:
            yield Match("handle table", Certainty.CERTAIN, words, process, address=Hex(address))
        if value is not None:
            yield _entry(table, value, words, process)


def _entry(table: Any, value: int, words: Sentence, process: Optional[Process]) -> Match:
    line = "the entry of 0x{:x} in {}, {}"
    try:
        handle = table.handle(value)
    except PykdHandleError as error:
        ground = Sentence(line, value, words, error)
        return Match("handle table entry", Certainty.CERTAIN, ground, process)
    ground = Sentence(line, value, words, "free" if handle.free else "in use")
    item = None if handle.free else handle.object
    return Match("handle table entry", Certainty.CERTAIN, ground, process, item)


def _every(question: Question) -> Iterator[Tuple[Sentence, Optional[Process], Callable[[], Any]]]:
    """Each table in words, the process that it belongs to, and a way to open it."""
    kernel = question.kernel
    processes: Sequence[Any] = question.meant()
    for process in processes:
        words = Sentence("the handle table of {}", process.in_words())
        yield words, process, partial(getattr, process, "table")
    yield Sentence("the kernel's handle table"), None, lambda: kernel.kernel_table
    yield Sentence("the table of ids"), None, lambda: kernel.cid_table


@family("PEBs", 52)
def pebs(question: Question) -> Iterator[Match]:
    """The address of a process's environment block."""
    processes: Sequence[Any] = question.processes
    for process in processes:
        if question.address and process.block.peb == question.address:
            ground = Sentence("Peb of {}", process.in_words())
            yield Match("PEB", Certainty.CERTAIN, ground, process, address=Hex(question.address))
