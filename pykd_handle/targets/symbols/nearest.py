"""Which symbol of the kernel lies at an address, or before it: ``nt!KeBugCheckEx+0x12``."""

from __future__ import annotations

import re
from bisect import bisect_right

from ...hints import List, Optional
from ...layout import SymbolFile
from ...values import NO_VALUE, Maybe, NoSymbols
from ..dump.kernel_image import size_of_image
from ..memory import Memory

__all__ = ("KernelNames",)

_DECORATION = r"^[_@]|@\d+$"  # of C's names on x86
_PAGE = 0x1000


class KernelNames:
    """The symbols of the kernel at ``base`` by their places; ``memory`` has its image's headers.
    They are sorted when the first one is asked for."""

    def __init__(self, file: SymbolFile, memory: Memory, base: int) -> None:
        self._file = file
        self._memory = memory
        self._base = base
        self._size = 0
        self._places: Optional[List[int]] = None
        self._names: List[str] = []

    def at(self, address: int) -> Maybe[str]:
        """The symbol at an address, or the next one below it with the distance; NO_VALUE outside
        of the image. Raises `NoSymbols`, and `SymbolsError` for a file that is damaged."""
        offset = address - self._base
        if self._places is None:
            self._places = self._sort()
        if not self._places:
            raise NoSymbols("the symbols of nt name no places: they are types alone")
        index = bisect_right(self._places, offset) - 1
        if not 0 <= offset < self._size or index < 0:
            return NO_VALUE
        place = self._places[index]
        while index and self._places[index - 1] == place:
            index -= 1  # of several at one place the first
        name = self._names[index]
        if self._file.pointer_size == 4:
            name = re.sub(_DECORATION, "", name)
        return f"nt!{name}+0x{offset - place:x}" if offset > place else f"nt!{name}"

    def _sort(self) -> List[int]:
        found = sorted((place, name) for name, place in self._file.symbols().items())
        self._names = [name for _, name in found]
        places = [place for place, _ in found]
        self._size = size_of_image(self._memory, self._base)
        if places and not self._size:  # its headers are missing
            self._size = places[-1] // _PAGE * _PAGE + _PAGE
        return places
