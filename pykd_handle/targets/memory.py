"""Memory: the one way in which everything that holds bytes at virtual addresses answers.

The pages or ranges of a dump file, the debugger's session and a whole `Target` are read alike;
nobody who reads asks which of them it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..hints import List, Optional, Sequence, Tuple
from ..values import MemoryUnavailable, Reason, Unavailable, attempt
from .span import Span

__all__ = ("MOST_BYTES", "TOO_MANY", "Memory")

MOST_BYTES = 1 << 26
"""More than this many bytes are never read at once."""
TOO_MANY = Unavailable(Reason.TOO_MANY_BYTES_FOR_ONE_READ)


class Memory(ABC):
    """Bytes at virtual addresses, as far as they are there."""

    age: int = 0
    """How often everything that was read has been dropped, since it may have changed."""

    in_parts: bool = False
    """Whether ranges are all that there is (a triage dump), and no pages by their frames."""

    @abstractmethod
    def fetch(self, address: int, size: int) -> Span:
        """Answer one read, in part where only a part is there; never raises for missing memory."""

    def fetch_many(self, ranges: Sequence[Tuple[int, int]]) -> List[Span]:
        """Answer several reads; a memory that can do better than one by one overrides this."""
        return [self.fetch(address, size) for address, size in ranges]

    def page(self, number: int) -> Optional[bytes]:
        """The page with this number (address // 0x1000) of the kernel's half, where it is there as
        a whole and can be had as one; None says nothing of its bytes."""
        del number
        return None

    def read(self, address: int, size: int) -> bytes:
        """``size`` bytes at ``address``, all of them. Raises `MemoryUnavailable`."""
        return self.fetch(address, size).data()

    def read_number(self, address: int, size: int) -> int:
        """The unsigned number of ``size`` bytes at ``address``. Raises `MemoryUnavailable`."""
        return int.from_bytes(self.read(address, size), "little")

    def find_number(self, address: int, size: int) -> Optional[int]:
        """The same, or None where a byte of it is missing."""
        return attempt(self.read_number, address, size, default=None, error=MemoryUnavailable)

    def of_root(self, root: int) -> Memory:
        """The memory that page tables at the physical address ``root`` lead to; where nothing is
        known of page tables (ranges of a triage dump), this one."""
        del root
        return self

    def refresh(self) -> None:
        """Drop what was read before, if it may have changed since (a live machine that has run)."""
        return
