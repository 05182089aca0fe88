"""What lies at the addresses of a kernel: its modules, and the regions of its processes."""

from __future__ import annotations

from functools import cached_property

from ...hints import TYPE_CHECKING, Optional
from ...kernel.big_pool import BigPool
from ...targets import LoadedModule
from ...values import NO_VALUE, Maybe, attempt, maybe

if TYPE_CHECKING:
    from ...objects.modules import Modules
    from ..tables import Process
    from .kernel import KernelMode
    from .regions import Regions

__all__ = ("Places",)


class Places:
    """Lists of one kernel, each read when something is looked for in it."""

    def __init__(self, kernel: KernelMode, modules: Modules) -> None:
        self._kernel = kernel
        self._modules = modules

    def module_at(self, address: int) -> Optional[LoadedModule]:
        """The module of the kernel in which an address lies; None where none is known to, and for
        a live machine, whose debugger names modules with its symbols."""
        return None if self._kernel.live else self._modules.at(address)

    def code_at(self, address: int, process: Optional[Process]) -> Maybe[str]:
        """Whose code lies at an address. In the user half the debugger has symbols of the process
        that it looks at; off-line there are the modules and regions of any."""
        kernel, target = self._kernel, self._kernel.target
        if not target.is_kernel_address(address):
            if process is None:
                return NO_VALUE
            current = attempt(lambda: kernel.current_process, default=None)
            name = maybe(target.name_at, address) if current is process else NO_VALUE
            return name or (NO_VALUE if kernel.live else process.image_at(address))
        return self._modules.place(address) or NO_VALUE

    @cached_property
    def big_pool(self) -> BigPool:
        """The blocks of pool of a page and more."""
        return BigPool(self._kernel.target)

    @cached_property
    def regions(self) -> Regions:
        """The regions of processes. Raises `UnavailableError` where the symbols have none."""
        from .regions import Regions

        return Regions(self._kernel)
