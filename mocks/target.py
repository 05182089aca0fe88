"""A target over a synthetic kernel, for tests of everything above `pykd_handle.targets`."""

from __future__ import annotations

from typing import List, Optional, Tuple

from pykd_handle.layout import Struct
from pykd_handle.targets import Gap, Piece, Span, Target
from pykd_handle.targets.processors import Running, offsets_of, running
from pykd_handle.targets.span import add_gap, add_piece
from pykd_handle.values import Reason, Unavailable

from .core import Core
from .kernel_image import KernelImage
from .memory import LEFT_OUT, NOT_MAPPED, PAGED_OUT

__all__ = ("MockTarget",)

_NO_ADDRESS = Unavailable(Reason.NOT_A_CANONICAL_ADDRESS)
_REASONS = {
    LEFT_OUT: Unavailable(Reason.NOT_IN_THE_DUMP),
    PAGED_OUT: Unavailable(Reason.IN_THE_PAGE_FILE),
    NOT_MAPPED: Unavailable(Reason.NOT_MAPPED),
}


class MockTarget(Target):
    """Reads an image. ``log`` holds every range that was fetched, in order."""

    def __init__(self, image: KernelImage, name: str = "mock") -> None:
        super().__init__()
        self.image: Core = image
        self.name = name
        self.pointer_size = image.pointer_size
        self.five_levels = image.five_levels
        self.log: List[Tuple[int, int]] = []
        self.process: Optional[int] = None
        """The current process's address; None: the image's, at the time of the question."""
        self._image = image

    def fetch(self, address: int, size: int) -> Span:
        """The bytes of the image, less what was dropped."""
        self.log.append((address, size))
        top = 1 << 8 * self.pointer_size
        if not 0 <= address < top:
            return Span(address, size, (), (Gap(address, size, _NO_ADDRESS),))
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        for part in self._image.memory.parts(address, min(size, top - address)):
            if part.data is None:
                add_gap(gaps, part.address, part.size, _REASONS[part.reason])
            else:
                add_piece(pieces, part.address, part.data)
        if address + size > top:
            gaps.append(Gap(top, address + size - top, _NO_ADDRESS))
        return Span(address, size, pieces, gaps)

    def symbol(self, name: str) -> int:
        """The address of a global of the image. Raises `MissingSymbol`."""
        return self._image.symbol(name)

    def struct(self, name: str) -> Struct:
        """The layout of a structure of the image's build. Raises `MissingType`."""
        return self._image.struct(name)

    def running(self) -> List[Running]:
        """What the image's processor runs."""
        return running(self, offsets_of(self), 1)

    def current_process(self) -> int:
        """The address of the current process's ``_EPROCESS``."""
        return self._image.current.address if self.process is None else self.process
