"""What a dump's header says of the kernel, held against memory; and what memory says in its place.

Tools that make dumps of images leave figures out, and damage spares no header. A header is believed
where it leads to the list of processes. Where it does not, the process System is looked for, as in
a raw image, and everything else follows from that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import List, NamedTuple, Optional, Tuple

from ...values import MemoryUnavailable, TargetError
from .file import DumpFile
from .header import PAGE_SIZE, DumpHeader, Machine
from .kdbg import KDBG_SIZE, parse_debugger_data
from .kernel_image import find_debugger_data, find_kernel, size_of_image
from .memory import PagedMemory
from .modules import base_from_modules
from .pages import FilePages
from .paging import ARM64, PAE, X64_FIVE, X64_FOUR, X86, PagingFormat
from .system_process import SystemProcess, find_system_process
from .translate import Translator, choose_format

__all__ = ("CheckedHeader", "check_header")

_ARCHITECTURES = {Machine.X64: "x64", Machine.ARM64: "arm64", Machine.X86: "x86"}


class CheckedHeader(NamedTuple):
    """A header with figures that lead somewhere, the memory by them, the virtual address of the
    kernel's image (None: for others to find), a line for the user ("": the header was right)."""

    header: DumpHeader
    memory: PagedMemory
    base: Optional[int]
    note: str


def check_header(file: DumpFile, header: DumpHeader, pages: FilePages) -> CheckedHeader:
    """The header and the virtual memory of a dump of whole pages.

    Raises `TargetError` where the page tables are missing and nothing else leads to them.
    """
    memory: Optional[PagedMemory] = None
    trouble = TargetError("")
    try:
        memory = PagedMemory(pages, _translator(file, header, pages))
    except TargetError as error:
        trouble = error
    head = 0 if memory is None else _process_head(memory, header)
    system: Optional[SystemProcess] = None
    if not head:
        arch = _ARCHITECTURES.get(Machine(header.machine))
        system = find_system_process(file, pages, arch)
        if system is not None:
            head = system.head
            if memory is None or not _is_head(memory, head, header.pointer_size):
                memory = system.memory
    if memory is None:
        raise trouble
    if not head:
        return CheckedHeader(header, memory, None, "")
    base, block = _debugger_data(memory, header, head)
    checked = replace(header, process_head=head, debugger_data=block)
    if system is not None and memory is system.memory:
        pae = memory.translator.paging is PAE
        checked = replace(checked, directory_table=system.directory_table, pae=pae)
    wrong = _differences(header, checked)
    if not wrong:
        return CheckedHeader(header, memory, base, "")
    if _modules(memory, header) is None:
        checked = replace(checked, module_list=0)
    return CheckedHeader(checked, memory, base, _note(wrong, system))


def _differences(header: DumpHeader, checked: DumpHeader) -> List[str]:
    """The figures that memory corrects, by their names in the header."""
    return [
        name
        for name, before, after in (
            ("DirectoryTableBase", header.directory_table, checked.directory_table),
            ("PsActiveProcessHead", header.process_head, checked.process_head),
            ("KdDebuggerDataBlock", header.debugger_data, checked.debugger_data),
        )
        if before != after
    ]


def _note(wrong: List[str], system: Optional[SystemProcess]) -> str:
    where = "as memory says"
    if system is not None:
        tables = system.memory.translator.paging.name
        where = (
            f"the process System is at physical address 0x{system.address:x}, its page tables at "
            f"0x{system.directory_table:x} ({tables})"
        )
    return f"the dump's header is not right about {', '.join(wrong)}; corrected: {where}"


def _number(memory: PagedMemory, address: int, width: int) -> int:
    return int.from_bytes(memory.fetch(address, width).data(), "little")


def _process_head(memory: PagedMemory, header: DumpHeader) -> int:
    """The address of the list of processes, 0 where what the header says leads to none."""
    width = header.pointer_size
    span = memory.fetch(header.debugger_data, KDBG_SIZE)
    known = parse_debugger_data(span, width).symbols.get("PsActiveProcessHead", 0)
    return next((head for head in (known, header.process_head) if _is_head(memory, head, width)), 0)


def _is_head(memory: PagedMemory, address: int, width: int) -> bool:
    """Whether a list begins here: at either end an entry leads back. One end may be damaged."""
    kernel = 1 << 8 * width - 1
    for forward, back in ((0, width), (width, 0)):
        try:
            entry = _number(memory, address + forward, width)
            if min(address, entry) >= kernel and _number(memory, entry + back, width) == address:
                return True
        except MemoryUnavailable:
            continue
    return False


def _debugger_data(memory: PagedMemory, header: DumpHeader, head: int) -> Tuple[Optional[int], int]:
    """The kernel's base, where it was looked for, and the address of its debugger data."""
    block = header.debugger_data
    if not parse_debugger_data(memory.fetch(block, KDBG_SIZE), header.pointer_size).trouble:
        return None, block
    base = _modules(memory, header) or find_kernel(memory, head)
    # Inside of the image it may well be right, and encoded.
    if base is None or base <= block < base + size_of_image(memory, base):
        return base, block
    return base, find_debugger_data(memory, base, header.pointer_size)


def _modules(memory: PagedMemory, header: DumpHeader) -> Optional[int]:
    """The kernel's base by the list of modules."""

    def read(address: int, size: int) -> bytes:
        return memory.fetch(address, size).data()

    return base_from_modules(read, header.module_list, header.pointer_size)


def _translator(file: DumpFile, header: DumpHeader, pages: FilePages) -> Translator:
    root = header.directory_table
    formats = _formats(header)
    frame = (root & formats[0].root) // PAGE_SIZE
    if pages.read(frame) is None:
        raise TargetError(
            f"{file.path}: nothing can be read: the kernel's page tables (physical address "
            f"0x{root:x}) are missing: {pages.why_not(frame)}"
        )
    places = (header.debugger_data, header.module_list, header.process_head)
    return Translator(pages, root, choose_format(pages, root, formats, places))


def _formats(header: DumpHeader) -> Tuple[PagingFormat, ...]:
    """The formats that the page tables may have, the likeliest first."""
    if header.machine == Machine.ARM64:
        return (ARM64,)
    if header.machine == Machine.X64:
        return (X64_FOUR, X64_FIVE)
    return (PAE, X86) if header.pae else (X86, PAE)
