"""Whose code lies at an address of a process: by its regions, which are memory of the kernel."""

from __future__ import annotations

from ..hints import Optional
from ..kernel import Kernel
from ..kernel.vads import Vads
from ..values import known
from .file_name import FileNames

__all__ = ("UserCode",)


class UserCode:
    """Tells it of the processes of one kernel; not of a machine that runs, as the way down a tree
    of regions is many questions."""

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        self._target = kernel.target
        self._files = files
        self._vads: Optional[Vads] = None

    def place(self, process: int, address: int) -> Optional[str]:
        """What lies at an address of the process whose ``_EPROCESS`` lies at another:
        ``ntdll.dll+0x1234``, as images are mapped from their begin on; ``private memory+0x1234``
        where no file is. None where no region is there (any more). Raises `PykdHandleError`."""
        if self._target.round_trips:
            return None
        if self._vads is None:
            self._vads = Vads(self._target)
        region = self._vads.find(process, address)
        if region is None:
            return None
        file = known(region.file)
        if file:
            path = known(self._files.name_of(file).path)
            what = path.rpartition("\\")[2] if path else f"file 0x{file:x}"
        elif region.area is not None:
            what = "shared memory"
        elif known(region.private):
            what = "private memory"
        else:
            return None
        return f"{what}+0x{address - region.start:x}"
