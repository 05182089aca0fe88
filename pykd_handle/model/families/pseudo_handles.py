"""Values that the system takes for handles without a look at any table."""

from __future__ import annotations

from ...hints import Iterator
from ...values import CURRENT_PROCESS, MINUS_1, Sentence, pseudo_handle
from .base import KERNEL, USER, Certainty, Match, Question, family

__all__ = ("pseudo_handles",)


@family("pseudo handles", 30, (KERNEL, USER))
def pseudo_handles(question: Question) -> Iterator[Match]:
    """-1 to -6, of 32 bits or of 64."""
    meaning = CURRENT_PROCESS if question.value in MINUS_1 else pseudo_handle(question.value)
    if meaning is not None:
        yield Match("pseudo handle", Certainty.CERTAIN, Sentence("{}", meaning))
