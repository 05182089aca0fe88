"""Images of physical memory that have no header of Windows: raw ones, and cores of machines.

What a dump's header would say follows from the process System (see `.system_process`): its page
tables, the list of processes, and from there the kernel's image, whose debug record names the PDB.
The kernel's debugger data is found where it is not encoded (up to Windows 7, on 32 bits, and where
a debugger was attached).
"""

from __future__ import annotations

from ...hints import Sequence
from ...values import Sentence, TargetError
from ..memory import Memory
from .figures import Figures, PagedDump
from .file import DumpFile
from .kdbg import read_debugger_data
from .kernel_image import find_debugger_data, find_kernel
from .pages import FilePages
from .paging import X64_FIVE
from .system_process import SystemProcess, find_system_process

__all__ = ("open_memory_image",)

# KUSER_SHARED_DATA, and the build number in it (from Windows 10 on; before, something small).
_SHARED_DATA = {8: 0xFFFFF78000000000, 4: 0xFFDF0000}
_BUILD_NUMBER = 0x260
_DOUBT = Sentence(
    "whether the image leaves out a hole below 4 GB can't be told: it is read as if it did not"
)


def open_memory_image(
    file: DumpFile, what: str, candidates: Sequence[FilePages], nothing: str
) -> PagedDump:
    """The memory in an image, and what it says of its kernel.

    ``candidates`` are the ways in which the file may hold the pages of physical memory, the
    likeliest first; ``what`` names such a file to the user. Raises `TargetError` with ``nothing``
    where no kernel is found in it.
    """
    system = find_system_process(file, candidates)
    if system is None:
        raise TargetError(
            f"{file.path}: {nothing}: it holds no process System of a known Windows, with its page "
            "tables"
        )
    memory = system.memory
    pointer_size = 4 if system.arch == "x86" else 8
    base = find_kernel(memory, system.head)
    block = 0 if base is None else find_debugger_data(memory, base, pointer_size)
    figures = Figures(
        architecture=system.arch,
        pointer_size=pointer_size,
        build=_build(memory, pointer_size) or system.build,
        debugger_data=read_debugger_data(memory, block, pointer_size),
        debugger_block=block,
        process_head=system.head,
        five_levels=memory.translator.paging is X64_FIVE,
        base=base,
        remarks=(
            _note(what, system),
            *memory.pages.remarks,
            *([_DOUBT] if system.doubtful else []),
        ),
    )
    return PagedDump(figures, memory)


def _note(what: str, system: SystemProcess) -> Sentence:
    return Sentence(
        "{}: the process System is at physical address 0x{:x}, its page tables "
        "at 0x{:x} ({}); the current process is that of the first processor",
        what,
        system.address,
        system.directory_table,
        system.memory.translator.paging.name,
    )


def _build(memory: Memory, pointer_size: int) -> int:
    """The build number out of the page that the kernel shares with all processes, 0 for none."""
    number = memory.find_number(_SHARED_DATA[pointer_size] + _BUILD_NUMBER, 4) or 0
    return number if 10240 <= number < 100_000 else 0
