"""Raw images of physical memory: each byte of the file is the byte at that physical address.

Such a file has no header. What a dump's header says follows from the process System (see
`.system_process`): its page tables, the list of processes, and from there the kernel's image, whose
debug record names the PDB. The kernel's debugger data is found where it is not encoded (up to
Windows 7, on 32 bits, and where a debugger was attached).
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from ...values import MemoryUnavailable, TargetError
from .file import DumpFile
from .header import PAGE_SIZE, DumpHeader, DumpType, Machine, Run
from .kernel_image import find_debugger_data, find_kernel
from .memory import PagedMemory
from .pages import RunPages
from .paging import PAE
from .system_process import SystemProcess, find_system_process

__all__ = ("RawImage", "may_be_raw", "open_raw")

_LEAST = 1 << 20
_MACHINES = {"x64": Machine.X64, "x86": Machine.X86, "arm64": Machine.ARM64}
# KUSER_SHARED_DATA, and the build number in it (from Windows 10 on; before, something small).
_SHARED_DATA = {8: 0xFFFFF78000000000, 4: 0xFFDF0000}
_BUILD_NUMBER = 0x260


class RawImage(NamedTuple):
    """What a raw image says of itself: as much of a dump's header as can be known, the memory,
    the virtual address of the kernel's image (None: not found), a line for the user."""

    header: DumpHeader
    memory: PagedMemory
    base: Optional[int]
    note: str


def may_be_raw(file: DumpFile) -> bool:
    """Whether a file of no known format has the size of a raw image."""
    return file.size >= _LEAST and file.size % PAGE_SIZE == 0


def open_raw(file: DumpFile) -> RawImage:
    """The memory in a raw image. Raises `TargetError` where no kernel is found in it."""
    run = Run(0, file.size // PAGE_SIZE, 0)
    system = find_system_process(file, RunPages(file, [run]))
    if system is None:
        raise TargetError(
            f"{file.path}: neither a dump nor a raw image of memory: it holds no process System of "
            "a known Windows, with its page tables"
        )
    memory = system.memory
    pointer_size = 4 if system.arch == "x86" else 8
    base = find_kernel(memory, system.head)
    block = 0 if base is None else find_debugger_data(memory, base, pointer_size)
    header = DumpHeader(
        build=_build(memory, pointer_size) or system.build,
        directory_table=system.directory_table,
        module_list=0,
        process_head=system.head,
        machine=_MACHINES[system.arch],
        processors=1,
        bug_check=0,
        debugger_data=block,
        stack_pointer=0,
        dump_type=DumpType.FULL,
        runs=(run,),
        size=0,
        pointer_size=pointer_size,
        pae=memory.translator.paging is PAE,
    )
    return RawImage(header, memory, base, _note(system))


def _note(system: SystemProcess) -> str:
    tables = system.memory.translator.paging.name
    return (
        f"a raw image of memory: the process System is at physical address 0x{system.address:x}, "
        f"its page tables at 0x{system.directory_table:x} ({tables}); the current process is that "
        "of the first processor"
    )


def _build(memory: PagedMemory, pointer_size: int) -> int:
    """The build number out of the page that the kernel shares with all processes, 0 for none."""
    try:
        data = memory.fetch(_SHARED_DATA[pointer_size] + _BUILD_NUMBER, 4).data()
    except MemoryUnavailable:
        return 0
    number = int.from_bytes(data, "little")
    return number if 10240 <= number < 100_000 else 0
