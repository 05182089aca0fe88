"""What belongs to a process beside its objects: its handle table, the entries in it, its PEB."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from ...values import Hex, PykdHandleError, Sentence
from .base import Certainty, Match, Question, family

__all__ = ("pebs", "tables")


@family("handle tables", 55)
def tables(question: Question) -> Iterator[Match]:
    """The address of a process's ``_HANDLE_TABLE``, or of an entry in it."""
    kernel, address = question.kernel, question.address
    if not kernel.target.is_kernel_address(address):
        return
    processes: Sequence[Any] = question.meant()
    for process in processes:
        who = process.in_words()
        if process.block.object_table == address:
            ground = Sentence("ObjectTable of {}", who)
            yield Match("handle table", Certainty.CERTAIN, ground, process, address=Hex(address))
            continue
        try:
            handle = process.table.raw.handle_at(address)
            found = None if handle is None else process.table.handle(handle)
        except PykdHandleError as error:
            if not getattr(error, "gone", False):  # of a process that has exited there are none
                question.cannot("entries of handle tables", error, who)
            continue
        if found is not None:
            state = "free" if found.free else "in use"
            ground = Sentence("the entry of handle 0x{:x} of {}, {}", found.value, who, state)
            item = None if found.free else found.object
            yield Match("handle table entry", Certainty.CERTAIN, ground, process, item)


@family("PEBs", 52)
def pebs(question: Question) -> Iterator[Match]:
    """The address of a process's environment block."""
    processes: Sequence[Any] = question.processes
    for process in processes:
        if question.address and process.block.peb == question.address:
            ground = Sentence("Peb of {}", process.in_words())
            yield Match("PEB", Certainty.CERTAIN, ground, process, address=Hex(question.address))
