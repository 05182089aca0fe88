"""Opening a dump: which kind it is, and what reads that kind."""

from __future__ import annotations

from pathlib import Path

from ...hints import Union
from ...values import ClosedOnError, TargetError
from ..address_space import invalid_pte_mask
from ..progress import Progress, silent
from ..symbols.wish import Wish, wish_of
from .figures import PagedDump
from .file import DumpFile
from .header import HEADER_SIZE, DumpHeader, DumpType, Machine, parse_header
from .header_check import check_header
from .physical import open_pages
from .sniff import Kind, sniff_bytes
from .target import DumpTarget

__all__ = ("open_dump",)

_READ = {Kind.KERNEL64: (Machine.X64, Machine.ARM64), Kind.KERNEL32: (Machine.X86,)}


def open_dump(
    path: Union[str, Path],
    symbols: Union[str, Path, Wish, None] = None,
    without_symbols: bool = False,
    progress: Progress = silent,
) -> DumpTarget:
    """Open a kernel dump, a raw image of physical memory, or an ELF core of a machine.

    ``symbols`` is a PDB or an ISF file of the dump's kernel or a folder in which it is looked for;
    without it, the symbol path of the environment and the dump's own folder are looked through.
    With ``without_symbols`` none are looked for: the caller gives the target a layout
    (`DumpTarget.take_layout`). ``progress`` takes a line now and then, while something is looked
    for. Raises `TargetError` where the file can't be used and `SymbolsError` where no symbols fit;
    the line says what to do.
    """
    path = Path(path)
    file = DumpFile(path, progress)
    with ClosedOnError(file):
        return _open(file, wish_of(symbols), without_symbols)


def _open(file: DumpFile, wish: Wish, without_symbols: bool) -> DumpTarget:
    raw = file.read(0, HEADER_SIZE)
    sniffed = sniff_bytes(raw)
    if sniffed.kind is Kind.USER:
        raise TargetError(f"{file.path}: {sniffed.text}, not a kernel dump")
    # What only some kinds of dumps need takes a few milliseconds of each run to import.
    if sniffed.kind is Kind.UNKNOWN:
        from .raw import may_be_raw, open_raw

        if may_be_raw(file):
            return _paged(file, open_raw(file), wish, without_symbols)
    if sniffed.kind is Kind.CORE:
        from .elf_core import open_elf_core

        return _paged(file, open_elf_core(file), wish, without_symbols)
    if sniffed.kind not in _READ:
        raise TargetError(f"{file.path}: {sniffed.text}")
    header = _header(sniffed.kind, raw, file)
    if header.machine not in _READ[sniffed.kind]:
        what = f"of machine 0x{header.machine:x}"
        if header.machine == Machine.IA64:
            what = "of Itanium machines"
        raise TargetError(f"{file.path}: {sniffed.text[2:]}s {what} are not supported")
    if header.dump_type is DumpType.TRIAGE:
        from .triage import open_triage

        return DumpTarget(file, *open_triage(file, header), wish, without_symbols)
    opened = check_header(file, header, open_pages(file, header))
    return _paged(file, opened, wish, without_symbols)


def _header(kind: Kind, raw: bytes, file: DumpFile) -> DumpHeader:
    if kind is Kind.KERNEL64:
        return parse_header(raw, file.size, str(file.path))
    from .header32 import parse_header32

    return parse_header32(raw, file.size, str(file.path))


def _paged(file: DumpFile, opened: PagedDump, wish: Wish, without_symbols: bool) -> DumpTarget:
    """The target of a dump of whole pages, whose page tables know what the symbols tell of them."""
    target = DumpTarget(file, *opened, wish, without_symbols)
    opened.memory.set_invalid_mask(invalid_pte_mask(target))
    return target
