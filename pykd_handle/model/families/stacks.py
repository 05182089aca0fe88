"""The kernel stacks of threads that the processors run."""

from __future__ import annotations

from ...hints import Iterator
from ...kernel.fields import read_fields
from ...layout import fields
from ...values import Absent, Sentence
from .base import Certainty, Match, Question, family

__all__ = ("stacks",)

_STACK = fields("_KTHREAD", "StackLimit", "StackBase")


@family("kernel stacks", 65)
def stacks(question: Question) -> Iterator[Match]:
    """An address between the limits of the stack of a thread that runs."""
    kernel, address = question.kernel, question.address
    if not kernel.target.is_kernel_address(address):
        return
    for running in kernel.target.running():
        limit, base = read_fields(kernel.target, _STACK, running.thread)
        if isinstance(limit, Absent) or isinstance(base, Absent):
            continue
        if limit <= address < base:
            ground = Sentence("the stack of a running thread, 0x{:x} to 0x{:x}", limit, base)
            item = kernel.find_object(running.thread)
            yield Match("in a kernel stack", Certainty.CERTAIN, ground, None, item)
