"""A synthetic kernel in the forms that the tests compare: image, dump, PDB, symbol file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Mapping, NamedTuple, Optional

from mocks import KernelImage, builds
from mocks.dump import write_full_dump
from mocks.pdb import make_pdb
from mocks.sample import BASE

__all__ = ("Pair", "fill", "make_pair")

_BASES = {8: BASE, 4: 0x82000000}

Builder = Callable[[bytes, Mapping[str, int]], KernelImage]


class Pair(NamedTuple):
    """One kernel: in memory, as a dump, with the folder of its image and PDB, and as an ISF."""

    image: KernelImage
    dump: Path
    symbols: Path
    isf: Path


def make_pair(
    folder: Path,
    build: Callable[[KernelImage], None],
    layout: str = "win10_19041_x64",
    make: Optional[Builder] = None,
    pae: bool = True,
    write: Callable[[KernelImage, Path], None] = write_full_dump,
) -> Pair:
    """A kernel of this layout, filled by ``build``; ``make`` makes its image in another way, and
    ``write`` its dump.

    The PDB comes from a compiler and a linker, so the engine takes image and PDB for a pair.
    """
    data = builds.load_raw(layout)
    symbols = {name: int(row["address"]) for name, row in data["symbols"].items()}
    base = _BASES[data["base_types"]["pointer"]["size"]]
    pdb = make_pdb(data, symbols, base=base)
    if make is None:
        image = KernelImage(layout, base=base, kernel_image=pdb.image, symbols=symbols, pae=pae)
    else:
        image = make(pdb.image, symbols)
    build(image)
    pair = Pair(image, folder / "kernel.dmp", folder / "symbols", folder / "kernel.json")
    pdb.write(pair.symbols)
    write(image, pair.dump)
    pair.isf.write_text(json.dumps(image.isf()), encoding="utf-8")
    return pair


def fill(image: KernelImage) -> None:
    """notepad.exe, the current process, with 310 handles to objects of every family, one of them
    lost."""
    process = image.processes.add("notepad.exe", 0x1234, session=1)
    process.handle(image.objects.event("\\BaseNamedObjects\\Ready"), 0x1F0003, inherit=True)
    process.handle(image.files.open("\\Windows\\notepad.exe"), 0x120089)
    process.handle(image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM"), 0x20019, protect=True)
    process.handle(image.sections.add(image.files.open("\\Windows\\Fonts\\a.dat")), 0x4)
    process.handle(image.sections.add(name="\\BaseNamedObjects\\Shared"), 0x6)
    process.handle(image.objects.symbolic_link("\\GLOBAL??\\C:", "\\Device\\HarddiskVolume3"), 0x1)
    process.handle(image.processes.add_thread(process), 0x1FFFFF)
    process.handle(image.processes.system, 0x1000)
    process.handle(image.objects.mutant("\\BaseNamedObjects\\One"), 0x1F0001)
    lost = image.objects.event(own_page=True)
    process.handle(lost, 0x1F0003)
    closed = process.handle(image.objects.event(), 0x1F0003)
    process.close(closed)
    process.handles(300, [image.objects.event() for _ in range(3)])
    image.memory.drop_page(lost.header)
    image.processor.current = process
