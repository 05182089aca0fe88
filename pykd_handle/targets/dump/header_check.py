"""What a dump's header says of the kernel, held against memory; and what memory says in its place.

Tools that make dumps of images leave figures out, and damage spares no header. A header is believed
where it leads to the list of processes. Where it does not, the process System is looked for, as in
a raw image, and everything else follows from that.
"""

from __future__ import annotations

from ...hints import TYPE_CHECKING, List, Optional, Tuple
from ...values import Sentence, TargetError, join
from .figures import PagedDump, figures_of
from .file import DumpFile
from .header import PAGE_SIZE, DumpHeader, Machine
from .kdbg import KDBG_SIZE, parse_debugger_data, read_debugger_data
from .kernel_image import find_debugger_data, find_kernel, size_of_image
from .memory import PagedMemory
from .modules import base_from_modules
from .pages import FilePages
from .paging import ARM64, PAE, X64_FIVE, X64_FOUR, X86, PagingFormat
from .translate import Translator, choose_format

if TYPE_CHECKING:
    from .system_process import SystemProcess

__all__ = ("check_header",)


def check_header(file: DumpFile, header: DumpHeader, pages: FilePages) -> PagedDump:
    """What a dump of whole pages says of its kernel, by figures that lead somewhere, and its
    virtual memory.

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
        from .system_process import find_system_process

        system = find_system_process(file, [pages], Machine(header.machine).architecture)
        if system is not None:
            head = system.head
            if memory is None or not _is_head(memory, head, header.pointer_size):
                memory = system.memory
    if memory is None:
        raise trouble
    if not head:
        return _dump(header, memory, header.process_head, header.debugger_data)
    base, block = _debugger_data(memory, header, head)
    tables = header.directory_table
    if system is not None and memory is system.memory:
        tables = system.directory_table
    wrong = [
        name
        for name, before, after in (
            ("DirectoryTableBase", header.directory_table, tables),
            ("PsActiveProcessHead", header.process_head, head),
            ("KdDebuggerDataBlock", header.debugger_data, block),
        )
        if before != after
    ]
    if not wrong:
        return _dump(header, memory, head, block, base)
    if _modules(memory, header) is None:
        header = header._replace(module_list=0)
    return _dump(header, memory, head, block, base, (_note(wrong, system),))


def _dump(
    header: DumpHeader,
    memory: PagedMemory,
    head: int,
    block: int,
    base: Optional[int] = None,
    remarks: Tuple[Sentence, ...] = (),
) -> PagedDump:
    """The dump by its header, but for the list of processes and the debugger data."""
    data = read_debugger_data(memory, block, header.pointer_size)
    figures = figures_of(header, data, (*memory.pages.remarks, *remarks))._replace(
        process_head=head,
        debugger_block=block,
        five_levels=memory.translator.paging is X64_FIVE,
        base=base,
    )
    return PagedDump(figures, memory)


def _note(wrong: List[str], system: Optional[SystemProcess]) -> Sentence:
    where = Sentence("as memory says")
    if system is not None:
        where = Sentence(
            "the process System is at physical address 0x{:x}, its page tables at 0x{:x} ({})",
            system.address,
            system.directory_table,
            system.memory.translator.paging.name,
        )
    line = "the dump's header is not right about {}; corrected: {}"
    return Sentence(line, join(", ", wrong), where)


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
        entry = memory.find_number(address + forward, width) or 0
        if min(address, entry) >= kernel and memory.find_number(entry + back, width) == address:
            return True
    return False


def _debugger_data(memory: PagedMemory, header: DumpHeader, head: int) -> Tuple[Optional[int], int]:
    """The kernel's base, where it was looked for, and the address of its debugger data."""
    block = header.debugger_data
    if parse_debugger_data(memory.fetch(block, KDBG_SIZE), header.pointer_size).trouble is None:
        return None, block
    base = _modules(memory, header) or find_kernel(memory, head)
    # Inside of the image it may well be right, and encoded.
    if base is None or base <= block < base + size_of_image(memory, base):
        return base, block
    return base, find_debugger_data(memory, base, header.pointer_size)


def _modules(memory: PagedMemory, header: DumpHeader) -> Optional[int]:
    """The kernel's base by the list of modules."""
    return base_from_modules(memory.read, header.module_list, header.pointer_size)


def _translator(file: DumpFile, header: DumpHeader, pages: FilePages) -> Translator:
    root = header.directory_table
    formats = _formats(header)
    frame = (root & formats[0].root) // PAGE_SIZE
    if pages.read(frame) is None:
        raise TargetError(
            "{}: nothing can be read: the kernel's page tables (physical address 0x{:x}) are "
            "missing: {}",
            file.path,
            root,
            pages.why_not(frame),
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
