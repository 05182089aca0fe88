"""Make a module and its PDB for Windows from a layout and a list of symbols.

A debugger that opens a synthetic dump wants the kernel's types and symbols from a PDB, as for a
real one. `make_pdb` compiles them::

    nt = make_pdb(layout, {"ObHeaderCookie": 0x12345}, name="ntkrnlmp")
    nt.write(folder)                    # folder is the debugger's symbol path
    for rva, data in nt.memory():       # what the dump must hold at the kernel's base
        ...

Microsoft's public PDBs hold types and public symbols, and so does this one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Tuple
from uuid import UUID

from .pdb_cache import Pair, cached
from .pdb_identity import image_sections, image_size, with_identity
from .pdb_source import LayoutError, types_source
from .pdb_toolchain import (
    FIRST_RVA,
    MACHINES,
    ToolchainError,
    ToolchainMissing,
    link_module,
    symbols_source,
    toolchain_version,
)

__all__ = ["LayoutError", "ModulePdb", "ToolchainError", "ToolchainMissing", "make_pdb"]

_PAGE = 0x1000


class ModulePdb(NamedTuple):
    """A linked module: its image, its PDB, and what ties the two together."""

    name: str
    base: int
    image: bytes
    pdb: bytes
    guid: UUID
    age: int
    timestamp: int

    @property
    def size(self) -> int:
        """SizeOfImage."""
        return image_size(self.image)

    @property
    def pdb_name(self) -> str:
        return f"{self.name}.pdb"

    def memory(self) -> Iterator[Tuple[int, bytes]]:
        """The parts of the loaded image that hold anything: (rva, bytes), a few KB in all.

        Everything else of it is data that begins as zeros.
        """
        sections = image_sections(self.image)
        yield 0, self.image[: min(s.file_offset for s in sections if s.file_size)]
        for section in sections:
            if section.file_size:
                data = self.image[section.file_offset :][: min(section.size, section.file_size)]
                yield section.rva, data

    def write(self, folder: Path) -> None:
        """Write ``NAME.exe`` and ``NAME.pdb`` into a folder, which can then be a symbol path."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.exe").write_bytes(self.image)
        (folder / self.pdb_name).write_bytes(self.pdb)


def make_pdb(
    layout: Mapping[str, Any],
    symbols: Mapping[str, int],
    *,
    name: str = "ntkrnlmp",
    arch: Optional[str] = None,
    base: Optional[int] = None,
    size: Optional[int] = None,
    guid: Optional[UUID] = None,
    age: int = 1,
    timestamp: int = 0x5F000000,
    checksum: int = 0,
    cache: Optional[Path] = None,
) -> ModulePdb:
    """Compile ``layout`` (ISF) and ``symbols`` ({name: rva}) to a module and its PDB.

    ``arch`` is x64, x86 or arm64, by default what the layout says of itself. The module is
    linked at ``base``, so that nothing needs relocation. ``size`` is its SizeOfImage, by default
    the least that holds every symbol. Without ``guid`` one is derived from the content; a dump's
    module list names the ``size``, ``timestamp`` and ``checksum`` that an image file must have.
    Raises `LayoutError`, `ToolchainMissing` or `ToolchainError`.
    """
    machine = MACHINES[arch or _architecture(layout)]
    base = machine.base if base is None else base
    # Behind the data comes one page with the debug directory.
    least = _round_up(max(symbols.values(), default=FIRST_RVA) + 1) + _PAGE
    if size is None:
        size = least
    elif size < least or size % _PAGE:
        raise ValueError(f"size {size:#x} is no whole number of pages or below {least:#x}")
    types = types_source(layout)
    labels, entry = symbols_source(machine, symbols, size - FIRST_RVA - _PAGE)

    def build(scratch: Path) -> Pair:
        return link_module(machine, name, base, types, labels, entry, scratch)

    parts = (toolchain_version(), _how_it_is_linked(), *machine[:2], name, hex(base), types, labels)
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    image, pdb = cached(cache, digest.hex()[:24], build)
    if guid is None:
        guid = UUID(bytes=digest[:16])
    image, pdb = with_identity(image, pdb, guid, age, timestamp, checksum)
    return ModulePdb(name, base, image, pdb, guid, age, timestamp)


def _architecture(layout: Mapping[str, Any]) -> str:
    stated = layout.get("metadata", {}).get("windows", {}).get("arch")
    if stated in MACHINES:
        return str(stated)
    return "x64" if layout["base_types"]["pointer"]["size"] == 8 else "x86"


def _round_up(value: int) -> int:
    return -(-value // _PAGE) * _PAGE


def _how_it_is_linked() -> str:
    # Other switches make another module of the same sources.
    return Path(__file__).with_name("pdb_toolchain.py").read_text(encoding="utf-8")
