"""The synthetic kernel: `KernelImage`, all parts together."""

from __future__ import annotations

from typing import Mapping, Optional

from .memory import PAGE
from .processes import MockProcess
from .spoil import Spoil

__all__ = ("KernelImage",)


class KernelImage(Spoil):
    """A Windows kernel in memory, made of real structures of one build.

    ``layout`` names a file of `mocks.builds`; ``base`` is the kernel's address, ``cookie`` the
    byte that encodes type indices, ``seed`` what GUID and time stamp follow from. A real image
    of a linker comes in as ``kernel_image`` (a PE file) with the ``symbols`` of its PDB (offsets
    from the base). ``free_lists`` is the number of free lists of a handle table, where the build
    has more than one; ``pae`` says which page tables a 32-bit kernel has. The
    same arguments and calls make the same bytes.
    """

    def __init__(
        self,
        layout: str = "win10_19041_x64",
        base: Optional[int] = None,
        cookie: int = 0x5A,
        seed: int = 1,
        kernel_image: Optional[bytes] = None,
        symbols: Optional[Mapping[str, int]] = None,
        free_lists: int = 1,
        pae: bool = True,
    ) -> None:
        super().__init__(layout, base, cookie, seed, kernel_image, symbols)
        self.start_objects()
        self.start_names()
        self.start_processes(free_lists)
        self.start_files()
        self.start_registry()
        self.start_processor(pae)

    @property
    def current(self) -> MockProcess:
        """The current process; setting it lets the processor run a thread of it."""
        return self._current

    @current.setter
    def current(self, process: MockProcess) -> None:
        self._current = process
        self.run_current()

    @property
    def kernel_image_bytes(self) -> bytes:
        """The kernel's PE file."""
        return self.kernel.data

    def page_of(self, address: int) -> int:
        """The address of the page in which ``address`` lies."""
        return address // PAGE * PAGE
