"""Crash dump files as targets: 64-bit kernel dumps of x64, complete, bitmap and triage.

`open_dump` opens one; everything else here serves it. A dump of another machine would come with
its own `.header`, `.pages` or `.translate`: these are chosen in `open_dump` and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

from ...errors import TargetError
from .file import DumpFile
from .header import HEADER_SIZE, DumpHeader, DumpType, Machine, parse_header
from .memory import PagedMemory
from .pages import Pages
from .physical import open_pages
from .sniff import Kind, Sniffed, sniff, sniff_bytes
from .target import DumpTarget
from .translate import Translator, choose_levels, table_frame
from .triage import TriageDump, open_triage

__all__ = ("DumpTarget", "Kind", "Sniffed", "open_dump", "sniff")

_MACHINES = {
    Machine.ARM64: "ARM64 kernel dumps are",
    Machine.X86: "32-bit kernel dumps are",
    Machine.IA64: "Itanium kernel dumps are",
}


def open_dump(
    path: Union[str, Path],
    symbols: Union[str, Path, None] = None,
    without_symbols: bool = False,
) -> DumpTarget:
    """Open a kernel dump.

    ``symbols`` is an ISF file of the dump's kernel or a folder in which it is looked for; without
    it, the dump's own folder is looked through. With ``without_symbols`` none are looked for: the
    caller gives the target a layout (`DumpTarget.take_layout`). Raises `TargetError` where the
    file can't be used and `SymbolsError` where no symbols fit; the line says what to do.
    """
    path = Path(path)
    file = DumpFile(path)
    target: Optional[DumpTarget] = None
    try:
        target = _open(file, None if symbols is None else Path(symbols), without_symbols)
        return target
    finally:
        if target is None:
            file.close()


def _open(file: DumpFile, symbols: Optional[Path], without_symbols: bool) -> DumpTarget:
    raw = file.read(0, HEADER_SIZE)
    sniffed = sniff_bytes(raw)
    if sniffed.kind is Kind.KERNEL32:
        raise TargetError(f"{file.path}: 32-bit kernel dumps are not supported yet")
    if sniffed.kind is Kind.USER:
        raise TargetError(f"{file.path}: {sniffed.text}, not a kernel dump")
    if sniffed.kind is not Kind.KERNEL64:
        raise TargetError(f"{file.path}: {sniffed.text}")
    header = parse_header(raw, file.size, str(file.path))
    if header.machine != Machine.X64:
        what = f"kernel dumps of machine 0x{header.machine:x} are"
        for machine, text in _MACHINES.items():
            if header.machine == machine:
                what = text
        raise TargetError(f"{file.path}: {what} not supported yet")
    return DumpTarget(file, header, _memory(file, header, raw), symbols, without_symbols)


def _memory(file: DumpFile, header: DumpHeader, raw: bytes) -> Union[PagedMemory, TriageDump]:
    if header.dump_type is DumpType.TRIAGE:
        return open_triage(file, header)
    pages = open_pages(file, header, raw)
    return PagedMemory(pages, _translator(file, header, pages))


def _translator(file: DumpFile, header: DumpHeader, pages: Pages) -> Translator:
    root = header.directory_table
    frame = table_frame(root)
    if pages.read(frame) is None:
        raise TargetError(
            f"{file.path}: nothing can be read: the kernel's page tables (physical address "
            f"0x{root:x}) are missing: {pages.why_not(frame)}"
        )
    places = (header.debugger_data, header.module_list, header.process_head)
    return Translator(pages, root, choose_levels(pages, root, places))
