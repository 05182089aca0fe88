"""Where user-mode handles come from: what every source offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from ..hints import Iterator, List, Optional, Tuple, Union
from ..targets.memory import Memory
from ..values import NO_VALUE, Maybe, Sentence, TargetError
from .handle import LostHandle, SourceHandle
from .operation import HandleOperation
from .peb import UserModule
from .region import UserRegion

__all__ = ("TAG_BITS", "UserSource", "gone")

TAG_BITS = 3
"""The system ignores the lowest two bits of a handle, and so does the debugger."""


class UserSource(ABC):
    """The handles of one process: in a minidump, or in a debugger's session.

    ``live`` tells a running process from a dump, ``pointer_size`` is 4 or 8, ``handle_count`` the
    number of handles that the source announces, ``name`` names it in messages. ``created`` and
    ``time`` are when the process was created and dumped, in UTC.
    (A source for a live process without a debugger fits in here as well.)
    """

    name: str
    pid: Maybe[int]
    image: Maybe[str]
    created: Maybe[datetime] = NO_VALUE
    time: Maybe[datetime] = NO_VALUE
    pointer_size: int
    live: bool
    handle_count: Maybe[int]

    @abstractmethod
    def handles(self) -> Iterator[SourceHandle]:
        """All handles, in the source's order. What is asked of one is read right then."""

    @abstractmethod
    def one(self, value: int) -> SourceHandle:
        """The handle of this value, or a `LostHandle`."""

    @property
    @abstractmethod
    def memory(self) -> Memory:
        """The process's memory, as far as it is there."""

    @abstractmethod
    def peb(self) -> int:
        """The address of its ``_PEB``, the native one. Raises `PykdHandleError`."""

    def regions(self) -> Iterator[Union[UserRegion, Sentence]]:
        """The regions that the source itself lists, and lines about what is wrong with them.
        Raises `TargetError` where it lists none."""
        raise TargetError("the regions of a process: a kernel has them, and a minidump")

    def thread_ids(self) -> List[int]:
        """The ids of its threads. Raises `PykdHandleError` where they are not known."""
        raise TargetError("~ lists the threads of a session, ~~[id] shows one")

    def modules(self) -> List[UserModule]:
        """The modules that the source itself lists."""
        return []

    def notes(self) -> List[Sentence]:
        """What is to be said about the source before anything is read."""
        return []

    def remarks(self) -> List[Sentence]:
        """What was found missing or wrong while the handles were read."""
        return []

    def close(self) -> None:
        """Give back what the source holds."""
        return

    def evaluate(self, text: str) -> Optional[int]:
        """A debugger's expression as a number; None where there is no debugger to ask."""
        return None


def gone(value: int, operations: Tuple[HandleOperation, ...]) -> LostHandle:
    """A handle that is not among those of a dump, and what is left of it."""
    error = Sentence("not among the handles of the dump")
    if operations:
        last = operations[-1]
        error = Sentence(
            "{}; its last recorded operation is {}, by thread 0x{:x}",
            error,
            last.kind,
            last.thread_id,
        )
    return LostHandle(value, error, operations)
