"""Trouble on the line, each piece of it once: a lost packet, noise, a cut."""

from __future__ import annotations

from enum import Enum
from typing import Callable, List, Optional

from .requests import Request

__all__ = ("Fault", "Faults", "Trouble")


class Trouble(Enum):
    """What happens."""

    LOSE_ANSWER = "the answer is lost: nothing of it arrives"
    SPOIL_ANSWER = "the answer arrives with a wrong checksum"
    LOSE_REQUEST = "the request is lost: the machine never heard it"
    SILENCE = "from this request on the machine hears nothing, until `KdTarget.silent` is reset"
    CUT = "the connection ends in place of an answer"


class Fault:
    """One trouble: at the ``nth`` request that ``where`` holds for (every request: None)."""

    def __init__(
        self, trouble: Trouble, nth: int = 1, where: Optional[Callable[[Request], bool]] = None
    ) -> None:
        self.trouble = trouble
        self.where = where
        self.left = nth

    def strikes(self, request: Request) -> bool:
        """Whether it happens now; true once."""
        if self.left <= 0 or (self.where is not None and not self.where(request)):
            return False
        self.left -= 1
        return self.left == 0


class Faults:
    """All trouble that is to come."""

    def __init__(self) -> None:
        self._pending: List[Fault] = []
        self.happened: List[Trouble] = []

    def add(
        self, trouble: Trouble, nth: int = 1, where: Optional[Callable[[Request], bool]] = None
    ) -> None:
        """Let something happen; see `Fault`."""
        self._pending.append(Fault(trouble, nth, where))

    def at(self, request: Request) -> Optional[Trouble]:
        """What happens at this request."""
        for fault in self._pending:
            if fault.strikes(request):
                self._pending.remove(fault)
                self.happened.append(fault.trouble)
                return fault.trouble
        return None
