"""The kernel's globals: their addresses and values."""

from __future__ import annotations

from typing import Dict, Mapping

from pykd_handle.values import MissingSymbol

from .memory import Memory

__all__ = ("Globals",)


class Globals:
    """Globals by name; ``offsets`` are theirs from ``base``, the kernel's address."""

    def __init__(self, memory: Memory, base: int, offsets: Mapping[str, int]) -> None:
        self._memory = memory
        self._base = base
        self.offsets: Dict[str, int] = dict(offsets)

    def address(self, name: str) -> int:
        """The address of a global. Raises `MissingSymbol`."""
        try:
            return self._base + self.offsets[name]
        except KeyError:
            raise MissingSymbol(name) from None

    def has(self, name: str) -> bool:
        """Whether this kernel has the global."""
        return name in self.offsets

    def remove(self, name: str) -> None:
        """Take a global out of the symbols (the memory stays)."""
        self.offsets.pop(name, None)

    def set(self, name: str, value: int, size: int = 0) -> None:
        """Write a global where this kernel has it; pointer size unless ``size`` is given."""
        if name in self.offsets:
            size = size or self._memory.build.pointer_size
            self._memory.write(self.address(name), value.to_bytes(size, "little"))

    def get(self, name: str) -> int:
        """The pointer that a global holds."""
        return self._memory.pointer(self.address(name))
