"""Addresses as a processor takes them: the halves of an address space, and nothing between them."""

from __future__ import annotations

from ..hints import Callable, Dict, List, Optional, Sequence, Tuple
from ..values import PykdHandleError, Reason, Unavailable
from .base import Target
from .memory import Memory
from .span import Gap, Piece, Span

__all__ = ("AddressSpace", "Spaces", "invalid_pte_mask")

_NO_ADDRESS = Unavailable(Reason.NOT_A_CANONICAL_ADDRESS)
_SPACES_KEPT = 4
_FRAME_BITS = 0x000FFFFFFFFFF000


class AddressSpace(Memory):
    """What ``memory`` holds at canonical addresses; elsewhere nothing is.

    ``no_user`` is why nothing is in the lower half either, None where the memory is to say that.
    """

    def __init__(
        self,
        memory: Memory,
        pointer_size: int,
        five_levels: bool = False,
        no_user: Optional[Unavailable] = None,
    ) -> None:
        self._memory = memory
        self._no_user = no_user
        self._top = 1 << 8 * pointer_size
        bits = 31 if pointer_size == 4 else 56 if five_levels else 47
        self._highest_user = 1 << bits
        self._lowest = self._top - self._highest_user

    def read(self, address: int, size: int) -> bytes:
        """See `Memory.read`."""
        if size > 0 and address >= self._lowest and address + size <= self._top:
            return self._memory.read(address, size)
        return super().read(address, size)

    def page(self, number: int) -> Optional[bytes]:
        """See `Memory.page`."""
        if self._lowest <= number << 12 < self._top:
            return self._memory.page(number)
        return None

    def fetch_many(self, ranges: Sequence[Tuple[int, int]]) -> List[Span]:
        """See `Memory.fetch_many`; where all lie in the kernel's half, the memory does it."""
        lowest, top = self._lowest, self._top
        if all(lowest <= address < top - size and size > 0 for address, size in ranges):
            return self._memory.fetch_many(ranges)
        return super().fetch_many(ranges)

    def fetch(self, address: int, size: int) -> Span:
        """One read, answered as far as the memory goes."""
        if size <= 0:
            return Span(address, 0, (Piece(address, b""),))
        end = address + size
        if address >= self._lowest and end <= self._top:
            return self._memory.fetch(address, size)
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        highest, lowest, top = self._highest_user, self._lowest, self._top
        for start, stop, reason in (
            (min(address, 0), 0, _NO_ADDRESS),
            (0, highest, self._no_user),
            (highest, lowest, _NO_ADDRESS),
            (lowest, top, None),
            (top, max(end, top), _NO_ADDRESS),
        ):
            first, last = max(address, start), min(end, stop)
            if first >= last:
                continue
            if reason is not None:
                gaps.append(Gap(first, last - first, reason))
                continue
            found = self._memory.fetch(first, last - first)
            pieces += found.pieces
            gaps += found.gaps
        return Span(address, size, pieces, gaps)


class Spaces:
    """The address spaces that ``make`` makes of roots: the last few, with what was read there."""

    def __init__(self, make: Callable[[int], Memory]) -> None:
        self._make = make
        self._spaces: Dict[int, Memory] = {}

    def of(self, root: int) -> Memory:
        """The one of this root."""
        found = self._spaces.pop(root, None)
        self._spaces[root] = found = self._make(root) if found is None else found
        if len(self._spaces) > _SPACES_KEPT:
            del self._spaces[next(iter(self._spaces))]
        return found


def invalid_pte_mask(target: Target) -> int:
    """``MiState.Hardware.InvalidPteMask`` (since Windows 10 1803), 0 where there is none."""
    try:
        state = target.symbol("MiState")
        offset = target.struct("_MI_SYSTEM_INFORMATION").offset("Hardware.InvalidPteMask")
        mask = target.read_number(state + offset, 8)
    except PykdHandleError:
        return 0
    # It covers bits of the frame number; anything else is not this field.
    return mask if not mask & ~_FRAME_BITS else 0
