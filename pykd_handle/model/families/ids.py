"""Ids of processes and threads."""

from __future__ import annotations

from ...hints import Iterator
from ...values import PykdHandleError, Sentence
from ..nouns import NoSuchHandle
from .base import USER, Certainty, Match, Question, family

__all__ = ("ids",)

_MOST_ID = 1 << 26
_KINDS = {"Process": "process id", "Thread": "thread id"}


@family("process and thread ids", 20)
def ids(question: Question) -> Iterator[Match]:
    """An entry of the table of ids, else a process that is found in any other way."""
    value = question.value
    if value % 4 or not 0 < value < _MOST_ID:
        return
    try:
        handle = question.kernel.cid_table.handle(value)
    except NoSuchHandle:
        return
    except PykdHandleError as error:
        question.cannot("thread ids", error)
        yield from _process(question)
        return
    if handle.free:
        return
    kind = handle.type
    if kind in _KINDS:
        ground = Sentence("the table of ids, entry at 0x{:x}", handle.entry)
        yield Match(_KINDS[kind], Certainty.CERTAIN, ground, None, handle.object)
        return
    ground = Sentence("the table of ids, entry at 0x{:x}; its type: {}", handle.entry, kind)
    yield Match("process or thread id", Certainty.LIKELY, ground, None, handle.object)


def _process(question: Question) -> Iterator[Match]:
    try:
        process = question.kernel.process(question.value)
    except PykdHandleError:
        return
    ground = Sentence("{}", process.in_words())
    found = question.kernel.find_object(process.address)
    yield Match("process id", Certainty.CERTAIN, ground, None, found)


@family("thread ids", 20, (USER,))
def own_id(question: Question) -> Iterator[Match]:
    """In user mode there is one process, and what a minidump lists of its threads."""
    for process in question.processes:
        if process.pid == question.value:
            ground = Sentence("{}", process.in_words())
            yield Match("process id", Certainty.CERTAIN, ground, process, name=process.image)
        small = 0 < question.value < _MOST_ID
        if small and question.value in question.kernel.thread_ids():
            ground = Sentence("the list of threads of {}", process.in_words())
            yield Match("thread id", Certainty.CERTAIN, ground, process)
