"""Where user-mode handles come from: what every source offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Callable, Iterator, List, Optional, Tuple

from ..values import Hex, Maybe
from .operation import HandleOperation
from .record import UserHandle, UserProcess

__all__ = ("Accept", "UserSource")

Accept = Callable[[Maybe[str]], bool]
"""Tells from a handle's type whether it is wanted, before anything else is read."""


class UserSource(ABC):
    """The handles of one process: in a minidump, or in a debugger's session.

    (A source for a live process without a debugger fits in here as well.)
    """

    process: UserProcess
    name: str

    @abstractmethod
    def handles(self, flags: int, accept: Accept) -> Iterator[UserHandle]:
        """All handles whose type is accepted, in the source's order.

        ``flags`` (of `request`) say what of them is to be read; the type always is. What can't be
        read stands in the record as `Unavailable`.
        """

    @abstractmethod
    def one(self, handle: int, flags: int) -> Optional[UserHandle]:
        """One handle, with ``error`` set where it can't be had; None where there is no such."""

    def gone(self, handle: int, operations: Tuple[HandleOperation, ...]) -> Optional[UserHandle]:
        """A handle that is not among those of a dump: what is left of it, if anything."""
        if not operations:
            return None
        row = UserHandle(self.process, Hex(handle))
        row.operations = operations
        last = operations[-1]
        row.error = (
            "not among the handles of the dump; "
            f"its last recorded operation is {last.kind}, by thread 0x{last.thread_id:x}"
        )
        return row

    def notes(self) -> List[str]:
        """What is to be said about the source before anything is read."""
        return []

    def remarks(self) -> List[str]:
        """What was found missing or wrong while the handles were read."""
        return []

    def close(self) -> None:
        """Give back what the source holds."""
        return

    def evaluate(self, text: str) -> Optional[int]:
        """A debugger's expression as a number; None where there is no debugger to ask."""
        return None
