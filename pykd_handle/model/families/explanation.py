"""All that a value is, by every family."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from ...hints import TYPE_CHECKING, List, Optional, Sequence
from ...values import PykdHandleError, Sentence, modules_of
from ..tables import Process
from .base import Certainty, Family, Match, Question, registered

if TYPE_CHECKING:
    from ..kernel import Kernel

__all__ = ("Explanation", "families")

_ORDER = list(Certainty)


@lru_cache(maxsize=None)
def families() -> Sequence[Family]:
    """The families of this room: each module is imported once."""
    for module in modules_of(__package__):
        import_module(f"{__package__}.{module}")
    return registered()


class Explanation:
    """What a value is. Nothing is looked at before `look`; what was found until that was stopped
    is here all the same."""

    def __init__(self, kernel: Kernel, value: int, only: Optional[Process] = None) -> None:
        self.value = value
        self._kernel = kernel
        self._question = Question(kernel, value, only)
        self._found: List[Match] = []

    def look(self) -> Explanation:
        """Ask every family."""
        for each in families():
            if self._kernel.mode not in each.modes:
                continue
            try:
                for match in each.look(self._question):
                    self._found.append(match)
            except PykdHandleError as error:
                self._question.cannot(each.what, error)
        return self

    @property
    def matches(self) -> List[Match]:
        """Everything that it is, most certain first."""
        return sorted(self._found, key=lambda match: _ORDER.index(match.certainty))

    @property
    def unseen(self) -> List[Sentence]:
        """What could not be looked at, and why."""
        return self._question.unseen()

    @property
    def remarks(self) -> List[Sentence]:
        """What is worth to be said where it is not what it might be (a handle that was closed)."""
        return self._question.remarks
