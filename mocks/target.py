"""A target over a synthetic kernel, for tests of everything above `pykd_handle.targets`."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from pykd_handle.layout import Struct
from pykd_handle.targets import Gap, Piece, Span, Target
from pykd_handle.targets.memory import Memory
from pykd_handle.targets.processors import Running, offsets_of, running
from pykd_handle.targets.span import add_gap, add_piece
from pykd_handle.values import NO_VALUE, Maybe, Reason, Unavailable

from .kernel_image import KernelImage
from .memory import LEFT_OUT, NOT_MAPPED, PAGE, PAGED_OUT
from .memory import Memory as ImageMemory

__all__ = ("MockTarget",)

_NO_ADDRESS = Unavailable(Reason.NOT_A_CANONICAL_ADDRESS)
_REASONS = {
    LEFT_OUT: Unavailable(Reason.NOT_IN_THE_DUMP),
    PAGED_OUT: Unavailable(Reason.IN_THE_PAGE_FILE),
    NOT_MAPPED: Unavailable(Reason.NOT_MAPPED),
}


class MockTarget(Target):
    """Reads an image. ``log`` holds every range that was fetched, in order. With ``whole_pages`` it
    has those to give, as a dump does, and a session does not."""

    def __init__(
        self, image: KernelImage, name: str = "mock", *, whole_pages: bool = False
    ) -> None:
        super().__init__()
        self._whole_pages = whole_pages
        self.image = image
        self.name = name
        self.pointer_size = image.build.pointer_size
        self.five_levels = image.build.five_levels
        self.log: List[Tuple[int, int]] = []
        self.process: Optional[int] = None
        """The current process's address; None: the image's, at the time of the question."""

    def fetch(self, address: int, size: int) -> Span:
        """The bytes of the image, less what was dropped."""
        self.log.append((address, size))
        return _answer((self.image.memory,), self.pointer_size, address, size)

    def page(self, number: int) -> Optional[bytes]:
        """See `Memory.page`."""
        address = number * PAGE
        if not self._whole_pages or not self.is_kernel_address(address):
            return None
        self.log.append((address, PAGE))
        return _answer((self.image.memory,), self.pointer_size, address, PAGE).whole

    def address_space(self, root: int) -> Memory:
        """The pages of the process whose ``DirectoryTableBase`` this is, before the image's."""
        user = [each.user for each in self.image.processes.all if each.directory_base == root]
        return _Space(self, (*user, self.image.memory))

    def symbol(self, name: str) -> int:
        """The address of a global of the image. Raises `MissingSymbol`."""
        return self.image.globals.address(name)

    def struct(self, name: str) -> Struct:
        """The layout of a structure of the image's build. Raises `MissingType`."""
        return self.image.build.struct(name)

    def name_at(self, address: int) -> Maybe[str]:
        """The global of the image at an address or below it."""
        below = [
            (place, name)
            for name in self.image.globals.offsets
            for place in (self.image.globals.address(name),)
            if place <= address < self.image.base + self.image.kernel.size
        ]
        if not below:
            return NO_VALUE
        place, name = max(below)
        return f"nt!{name}" if place == address else f"nt!{name}+0x{address - place:x}"

    def running(self) -> List[Running]:
        """What the image's processor runs."""
        return running(self, offsets_of(self), 1)

    def current_process(self) -> int:
        """The address of the current process's ``_EPROCESS``."""
        return self.image.processor.current.address if self.process is None else self.process


class _Space(Memory):
    """A process's memory; ``log`` of the target has what is read of it, too."""

    def __init__(self, target: MockTarget, memories: Sequence[ImageMemory]) -> None:
        self._target = target
        self._memories = memories

    def fetch(self, address: int, size: int) -> Span:
        self._target.log.append((address, size))
        return _answer(self._memories, self._target.pointer_size, address, size)


def _answer(memories: Sequence[ImageMemory], pointer_size: int, address: int, size: int) -> Span:
    """Each page out of the first memory that has it."""
    top = 1 << 8 * pointer_size
    if not 0 <= address < top:
        return Span(address, size, (), (Gap(address, size, _NO_ADDRESS),))
    pieces: List[Piece] = []
    gaps: List[Gap] = []
    end = min(address + size, top)
    place = address
    while place < end:
        stop = min(end, place // PAGE * PAGE + PAGE) if len(memories) > 1 else end
        having = (each for each in memories if each.has_page(place))
        for part in next(having, memories[-1]).parts(place, stop - place):
            if part.data is None:
                add_gap(gaps, part.address, part.size, _REASONS[part.reason])
            else:
                add_piece(pieces, part.address, part.data)
        place = stop
    if address + size > top:
        gaps.append(Gap(top, address + size - top, _NO_ADDRESS))
    return Span(address, size, pieces, gaps)
