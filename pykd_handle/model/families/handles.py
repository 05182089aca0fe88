"""Handles of processes, and those of the kernel."""

from __future__ import annotations

from ...hints import Iterator, Optional
from ...values import Absent, PykdHandleError, Sentence, split_kernel_handle
from ..nouns import Handle, NoSuchHandle
from ..tables import Process
from .base import KERNEL, USER, Certainty, Match, Question, family

__all__ = ("handles", "kernel_handle")

_TAG_BITS = 3
_MOST_HANDLE = 1 << 26  # tables of three levels hold 2^24 handles


@family("handles", 10, (KERNEL, USER))
def handles(question: Question) -> Iterator[Match]:
    """An entry in use in a process's table. The low two bits are the program's own."""
    value = question.value
    if not _TAG_BITS < value < _MOST_HANDLE:
        return
    for process in question.processes:
        who = process.in_words()
        question.kernel.progress(str(who))
        try:
            handle = process.handle(value)
        except NoSuchHandle:
            continue
        except PykdHandleError as error:
            if not getattr(error, "gone", False):  # of a process that has exited there are none
                question.cannot("handle tables", error, who)
            continue
        if handle.free:
            if question.is_asked(process):
                line = "0x{:x} is a free entry of the handle table of {}: closed, or never used"
                question.remarks.append(Sentence(line, handle.value, who))
            continue
        yield _match("handle", handle, Sentence("the handle table of {}", who), process)


@family("kernel handles", 11)
def kernel_handle(question: Question) -> Iterator[Match]:
    """An entry in use in the kernel's own table: the value has the sign bit, extended or not."""
    index, flagged = split_kernel_handle(question.value)
    if not flagged or not _TAG_BITS < index < _MOST_HANDLE:
        return
    try:
        handle = question.kernel.kernel_table.handle(question.value)
    except NoSuchHandle:
        return
    if handle.free:
        line = "0x{:x} is a free entry of the kernel's handle table: closed, or never used"
        question.remarks.append(Sentence(line, handle.value))
        return
    yield _match("kernel handle", handle, Sentence("the kernel's handle table"))


def _match(what: str, handle: Handle, table: Sentence, process: Optional[Process] = None) -> Match:
    """Certain where the entry leads to an object whose type can be told."""
    entry = getattr(handle, "raw", None)
    if handle.error is not None:  # a minidump's, or the engine's, that can't be looked into
        return Match(what, Certainty.LIKELY, Sentence("{}: {}", table, handle.error), process)
    if entry is None:
        return Match(what, Certainty.CERTAIN, table, process, handle.object)
    ground = Sentence("{}, entry at 0x{:x}", table, entry.address)
    certainty = Certainty.LIKELY if isinstance(handle.type, Absent) else Certainty.CERTAIN
    return Match(what, certainty, ground, process, handle.object)
