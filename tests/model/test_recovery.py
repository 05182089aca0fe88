"""Opening dumps without symbols: which layout is taken, and which are refused."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Optional

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump, write_triage_dump
from pykd_handle.kernel.process import ProcessReader
from pykd_handle.layout.shipped import shipped
from pykd_handle.model.kernel_opening import open_without_symbols
from pykd_handle.render.words import words
from pykd_handle.values import SymbolsError, Unavailable

from ..answers import Answer
from ..builds.layouts import complete
from ..builds.systems import seen, small_system


def opened(path: Path):
    return open_without_symbols(path, SymbolsError("no symbols for this kernel"))


def made(folder: Path, layout: str, build: Optional[int] = None) -> Path:
    """A dump of a kernel of this layout, whose header says ``build``."""
    image = KernelImage(layout)
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
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
        (row,) = Answer(target, "").rows
        assert (row.type, row.name) == ("Event", "\\BaseNamedObjects\\Ready")
        return " | ".join(map(words, target.notes()))
    finally:
        target.close()


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
    text = words(error.value)
    assert text.startswith("no symbols for this kernel; of the layouts that ship, none fits (")
    assert "\n" not in text and "differs)" in text


def test_the_refusal_names_every_layout_that_was_tried(tmp_path: Path) -> None:
    path = made(tmp_path, "win10_19041_x64", 9600)
    with pytest.raises(SymbolsError) as error:
        opened(path)
    tried = {item.name for item in shipped() if item.arch == "x64" and item.build in (9200, 9600)}
    tried |= {"win10_1507_x64", "win10_1507_17770_x64"}  # the builds below and above
    assert len(tried) == 6
    for name in tried:
        assert f"{name}: " in words(error.value)


def test_the_note_is_one_line_that_says_what_is_not_proved(tmp_path: Path) -> None:
    target = opened(made(tmp_path, "win10_19041_x64"))
    try:
        (note,) = [line for line in map(words, target.notes()) if "its layout is" in line]
        assert re.fullmatch(
            r"no symbols of this kernel: its layout is win10_19041_x64, which ships with this "
            r"package; \d+ checks on the memory agree, none differs; this memory does not prove "
            r"session ids",
            note,
        )
    finally:
        target.close()


@pytest.mark.usefixtures("shared")
def test_serviced_14393_is_not_read_by_its_first_layout(tmp_path: Path) -> None:
    # RequestedTimerResolution of serviced kernels lies where ExitTime of the first one did.
    image = KernelImage(complete("win10_14393_6343_x64"))
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("a.exe", 0x104)
    audio = image.processes.add("audio.exe", 0x200)
    image.memory.write(audio.address + 0x688, struct.pack("<Q", 10_000))
    image.processor.current.handle(audio.object)
    write_full_dump(image, tmp_path / "memory.dmp")
    target = opened(tmp_path / "memory.dmp")
    try:
        assert "its layout is win10_14393_6343_x64" in " ".join(map(words, target.notes()))
        (row,) = Answer(target, "").rows
        assert (row.type, row.details["exited"]) == ("Process", False)
    finally:
        target.close()


def test_exited_is_not_said_where_nothing_proves_it(tmp_path: Path) -> None:
    # A process that is being ended, in a memory that holds no other.
    image = KernelImage("win10_19041_x64")
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.view["ExitStatus"] = 1
    image.processor.current.handle(image.processor.current.object)
    header = (image.processor.current.object.header, 0x80)
    table = image.processor.current.table
    leaf = table.entry_address(0)
    write_triage_dump(image, tmp_path / "small.dmp", [header, (table.address, 0x80), (leaf, 0x100)])
    target = opened(tmp_path / "small.dmp")
    try:
        assert "ExitTime" in target.unproved
        assert "does not prove the list of processes, whether a process has exited" in " ".join(
            map(words, target.notes())
        )
        processes = ProcessReader(target)
        said = processes.exited(processes.current())
        assert isinstance(said, Unavailable) and words(said.at(None)).startswith("not proved: ")
    finally:
        target.close()


def test_no_handle_table_is_not_said_where_nothing_proves_it(tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.view["ObjectTable"] = 0
    write_triage_dump(image, tmp_path / "small.dmp", [])
    target = opened(tmp_path / "small.dmp")
    try:
        process = ProcessReader(target).current()
        assert (process.pid, process.image) == (0x104, "a.exe")
        assert isinstance(process.object_table, Unavailable)
        assert words(process.object_table.at(None)).startswith("not proved: ")
    finally:
        target.close()


def odd(layout: str) -> KernelImage:
    """A system of two processes: one odd one is half of them."""
    image = KernelImage(layout)
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("a.exe", 0x104, session=1)
    image.processor.current.handle(image.objects.event())
    return image


@pytest.mark.parametrize("kind", ["full", "triage"])
@pytest.mark.parametrize("layout", ["win7_sp1_x64", "win10_19041_x64", "win11_26100_x64"])
def test_a_process_that_is_being_ended_is_no_other_layout(
    layout: str, kind: str, tmp_path: Path
) -> None:
    image = odd(layout)
    image.processor.current.view["ExitStatus"] = 1  # by taskkill /f; its ExitTime comes last
    path = tmp_path / "memory.dmp"
    if kind == "full":
        write_full_dump(image, path)
    else:
        head, size = (
            image.globals.address("PsActiveProcessHead"),
            image.build.struct("_EPROCESS").size,
        )
        write_triage_dump(image, path, [(image.processes.system.address, size), (head, 16)])
    target = opened(path)
    try:
        assert "ExitTime" in target.unproved and "ImageFileName" not in target.unproved
        reader = ProcessReader(target)
        assert reader.current().image == "a.exe"
        assert isinstance(reader.exited(reader.current()), Unavailable)
    finally:
        target.close()


@pytest.mark.parametrize("name", ["\u30c6\u30b9\u30c8.exe".encode("cp932"), b"\xc8\xe9.exe"])
def test_a_name_beyond_ascii_is_no_other_layout(name: bytes, tmp_path: Path) -> None:
    image = odd("win10_19041_x64")
    image.memory.write(
        image.processor.current.view.at("ImageFileName"), name + bytes(15 - len(name))
    )
    for write in (
        lambda path: write_triage_dump(image, path, []),
        lambda path: write_full_dump(image, path),
    ):
        write(tmp_path / "memory.dmp")
        target = opened(tmp_path / "memory.dmp")
        target.close()
    # System's own name proves the field, in the full dump.
    assert "ImageFileName" not in target.unproved


def test_a_count_of_two_moments_is_no_other_layout(tmp_path: Path) -> None:
    image = odd("win81_x64")
    table = image.processes.system.table
    table.view["FreeLists[0].HandleCount"] = table.view["FreeLists[0].HandleCount"] + 2
    image.processor.current.table.view["TableCode"] = (
        image.processor.current.table.view["TableCode"] & ~3 | 3
    )
    write_full_dump(image, tmp_path / "memory.dmp")
    target = opened(tmp_path / "memory.dmp")
    try:
        assert "HandleCount" in target.unproved
    finally:
        target.close()


def test_no_session_is_not_said_where_nothing_proves_it(tmp_path: Path) -> None:
    image = odd("win10_19041_x64")
    image.processor.current.view["Session"] = 0
    write_full_dump(image, tmp_path / "memory.dmp")
    target = opened(tmp_path / "memory.dmp")
    try:
        assert "Session" in target.unproved
        session = ProcessReader(target).current().session
        assert isinstance(session, Unavailable) and words(session.at(None)).startswith(
            "not proved: "
        )
    finally:
        target.close()


def test_symbols_that_are_not_there_are_not_blamed(tmp_path: Path) -> None:
    image = odd("win10_19041_x64")
    image.memory.drop(image.globals.address("ObpRootDirectoryObject"), 8, "not in the dump")
    event, table = image.objects.event(), image.processor.current.table
    image.processor.current.handle(event)
    blocks = [(table.address, 0x80), (table.entry_address(0), 0x100), (event.header, 0x40)]
    write_triage_dump(image, tmp_path / "memory.dmp", blocks)
    target = opened(tmp_path / "memory.dmp")
    try:
        row = Answer(target, "").rows[1]
        assert words(row.type.at(None)) == "nt!ObHeaderCookie is not known without symbols"
        (row,) = Answer(target, "0 13").rows
        assert "symbols have no" not in row.error and "System" in row.error
    finally:
        target.close()


def test_a_debugger_block_that_says_otherwise(tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("a.exe", 0x104)
    block = image.globals.address("KdDebuggerDataBlock")
    image.memory.write(block + 0x2AA, struct.pack("<H", 0x3F8))  # OffsetEprocessPeb
    write_full_dump(image, tmp_path / "memory.dmp")
    with pytest.raises(SymbolsError, match="the dump's OffsetEprocessPeb differs"):
        opened(tmp_path / "memory.dmp")


def test_too_little_memory_is_no_proof(tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    block = image.globals.address("KdDebuggerDataBlock")
    image.memory.write(block + 0x14, struct.pack("<I", 0x290))  # an old block: no offsets
    for address in list(image.memory.pages()):
        if not image.base <= address < image.base + (1 << 24):
            image.memory.drop_page(address)
    image.memory.drop_page(image.globals.get("ObpRootDirectoryObject"))
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
