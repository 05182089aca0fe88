"""What lies at the addresses of a kernel: its modules, and the regions of its processes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Optional

from ...kernel.big_pool import BigPool
from ...objects.modules import Modules
from ...targets import LoadedModule

if TYPE_CHECKING:
    from .kernel import KernelMode
    from .regions import Regions

__all__ = ("Places",)


class Places:
    """Lists of one kernel, each read when something is looked for in it."""

    def __init__(self, kernel: KernelMode) -> None:
        self._kernel = kernel

    def module_at(self, address: int) -> Optional[LoadedModule]:
        """The module of the kernel in which an address lies; None where none is known to, and for
        a live machine, whose debugger names modules with its symbols."""
        return None if self._kernel.live else self._modules.at(address)

    @cached_property
    def _modules(self) -> Modules:
        return Modules(self._kernel.raw)

    @cached_property
    def big_pool(self) -> BigPool:
        """The blocks of pool of a page and more."""
        return BigPool(self._kernel.target)

    @cached_property
    def regions(self) -> Regions:
        """The regions of processes. Raises `UnavailableError` where the symbols have none."""
        from .regions import Regions

        return Regions(self._kernel)
