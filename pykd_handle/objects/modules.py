"""The kernel's modules, from ``PsLoadedModuleList``: whose code lies at an address.

Entries are ``_KLDR_DATA_TABLE_ENTRY``, which public symbols have from Windows 10 on; what is read
of them lies in ``_LDR_DATA_TABLE_ENTRY`` at the same places, which all have.
"""

from __future__ import annotations

from bisect import bisect_right

from ..hints import List, Optional
from ..kernel import Kernel
from ..layout import fields
from ..targets import LoadedModule
from ..values import maybe
from .lists import entries
from .view import View

__all__ = ("Modules",)

_NAME = ("BaseDllName.Length", "BaseDllName.MaximumLength", "BaseDllName.Buffer")
_ENTRY = fields("_LDR_DATA_TABLE_ENTRY", "InLoadOrderLinks.Flink", "DllBase", "SizeOfImage", *_NAME)


class Modules:
    """The modules of one kernel: read once; unasked (`place`) not from a machine that runs, which
    the many entries would cost too many questions."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._modules: Optional[List[LoadedModule]] = None
        self._bases: List[int] = []

    def place(self, address: int) -> Optional[str]:
        """What code lies there: ``nt!PspSystemThreadStartup+0x12`` where the symbols name it, else
        ``disk.sys+0x1234``; None where no module is known to."""
        target = self._kernel.target
        if not target.is_kernel_address(address):
            return None  # of a process, and each has its own
        name = maybe(target.name_at, address)
        if name:
            return name
        module = None if target.round_trips else self.at(address)
        return None if module is None else f"{module.name}+0x{address - module.base:x}"

    def at(self, address: int) -> Optional[LoadedModule]:
        """The module in which an address lies; of a live machine, too."""
        if self._modules is None:
            self._modules = sorted(self._read() or self._kernel.target.listed_modules)
            self._bases = [each.base for each in self._modules]
        index = bisect_right(self._bases, address) - 1
        if index < 0 or address >= self._modules[index].end:
            return None
        return self._modules[index]

    def _read(self) -> List[LoadedModule]:
        target = self._kernel.target
        head = target.find_symbol("PsLoadedModuleList")
        found: List[LoadedModule] = []
        if head is None:
            return found
        for link in maybe(entries, target, head, "modules") or ():
            module = maybe(_module, View(target, _ENTRY, link))
            if module:  # else the code of one module has no name
                found.append(module)
        return found


def _module(view: View) -> LoadedModule:
    base, name = view["DllBase"], view.text("BaseDllName")
    return LoadedModule(base, base + view["SizeOfImage"], name)
