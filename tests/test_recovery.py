"""Opening dumps without symbols: which layout is taken, and which are refused."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Optional

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump
from pykd_handle.errors import SymbolsError
from pykd_handle.recovery import open_without_symbols

from .builds.layouts import prepare
from .builds.systems import answer, seen, small_system


def opened(path: Path):
    return open_without_symbols(path, SymbolsError("no symbols for this kernel"))


def made(folder: Path, layout: str, build: Optional[int] = None) -> Path:
    """A dump of a kernel of this layout, whose header says ``build``."""
    image = KernelImage(layout)
    image.system.handle(image.system, value=4)
    image.current = image.process("a.exe", 0x104)
    image.current.handle(image.event("\\BaseNamedObjects\\Ready"))
    path = folder / "memory.dmp"
    write_full_dump(image, path)
    if build is not None:
        data = bytearray(path.read_bytes())
        struct.pack_into("<I", data, 0xC, build)
        path.write_bytes(data)
    return path


def note_of(path: Path) -> str:
    target = opened(path)
    try:
        (row,) = answer(target, "").rows
        assert (row.type, row.name) == ("Event", "\\BaseNamedObjects\\Ready")
        return " | ".join(target.notes())
    finally:
        target.close()


@pytest.mark.parametrize(
    "layout",
    [
        # Their symbols differ in what the package reads, or in the sizes that a dump tells.
        "win2003_sp0_x86",
        "win2003_sp1_x64",
        "win2003_sp2_x64",
        "win7_sp0_x86",
        "win7_sp1_x64",
        "win7_sp1_24000_x64",
        "win7_sp1_x86",
        "win7_sp1_24000_x86",
        "win81_x64",
        "win81_u1_x64",
        "win10_1507_x64",
        "win10_1507_17770_x64",
    ],
)
def test_the_variant_of_a_build_that_fits(layout: str, tmp_path: Path) -> None:
    note = note_of(made(tmp_path, prepare(layout)))
    assert f"its layout is {layout}, which" in note
    assert "WARNING" not in note


def test_variants_that_nothing_tells_apart_are_named(tmp_path: Path) -> None:
    # XP's debugger data has no sizes; SP2 and SP3 differ in nothing that is checked.
    note = note_of(made(tmp_path, "winxp_sp3_x86"))
    assert "winxp_sp2_x86 (winxp_sp3_x86 would fit as well)" in note or (
        "winxp_sp3_x86 (winxp_sp2_x86 would fit as well)" in note
    )


@pytest.mark.parametrize(
    ("layout", "build", "taken"),
    [
        ("win7_sp1_x86", 7650, 7601),
        ("win7_sp1_x64", 7000, 7600),
        ("win10_19041_x64", 19536, 19045),
        ("win11_26100_x64", 26300, 26200),
        ("win11_26100_arm64", 27000, 26200),
    ],
)
def test_a_build_that_does_not_ship(layout: str, build: int, taken: int, tmp_path: Path) -> None:
    note = note_of(made(tmp_path, layout, build))
    warning = f"WARNING: no layout of build {build} fits; that of build {taken} is used"
    assert warning in note and "--symbols" in note


@pytest.mark.parametrize(
    ("layout", "build"),
    [
        # The header's build has a layout, and this is another; so have its neighbours.
        ("win7_sp1_x64", 9600),
        ("win10_19041_x64", 26100),
        ("winxp_sp3_x86", 7601),
        ("vista_sp2_x86", 19041),
        ("win11_26100_arm64", 3),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(layout: str, build: int, tmp_path: Path) -> None:
    path = made(tmp_path, layout, build)
    if layout == "win11_26100_arm64":
        # The only layout of ARM64 kernels; here System has another id.
        data = path.read_bytes()
        path.write_bytes(data.replace(b"System\0", b"Sistem\0"))
    with pytest.raises(SymbolsError) as error:
        opened(path)
    text = str(error.value)
    assert text.startswith("no symbols for this kernel; of the layouts that ship, none fits (")
    assert "\n" not in text and "differs)" in text


def test_a_debugger_block_that_says_otherwise(tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    image.system.handle(image.system, value=4)
    image.current = image.process("a.exe", 0x104)
    block = image.symbol("KdDebuggerDataBlock")
    image.memory.write(block + 0x2AA, struct.pack("<H", 0x3F8))  # OffsetEprocessPeb
    write_full_dump(image, tmp_path / "memory.dmp")
    with pytest.raises(SymbolsError, match="the dump's OffsetEprocessPeb differs"):
        opened(tmp_path / "memory.dmp")


def test_too_little_memory_is_no_proof(tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    block = image.symbol("KdDebuggerDataBlock")
    image.memory.write(block + 0x14, struct.pack("<I", 0x290))  # an old block: no offsets
    for address in list(image.memory.pages()):
        if not image.base <= address < image.base + (1 << 24):
            image.memory.drop_page(address)
    image.memory.drop_page(image.get_global("ObpRootDirectoryObject"))
    write_full_dump(image, tmp_path / "memory.dmp")
    with pytest.raises(SymbolsError, match="too little to check"):
        opened(tmp_path / "memory.dmp")


@pytest.mark.parametrize("layout", ["win7_sp1_x86", "win81_x86", "win10_19041_x86"])
@pytest.mark.parametrize("pae", [True, False])
def test_types_and_cookie_of_32_bit_kernels(layout: str, pae: bool, tmp_path: Path) -> None:
    system = small_system(layout, cookie=0x91, pae=pae)
    write_full_dump(system.image, tmp_path / "memory.dmp")
    target = opened(tmp_path / "memory.dmp")
    try:
        assert target.find_symbol("ObTypeIndexTable") is None
        assert target.find_symbol("ObHeaderCookie") is None
        assert seen(target, system) == system.rows
    finally:
        target.close()
