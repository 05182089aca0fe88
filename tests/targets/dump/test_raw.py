"""Raw images of memory: what the same machine's dump shows, and files that are none."""

from __future__ import annotations

import json
import random
import re
import struct
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump, write_raw_image
from mocks.dump.paging import PhysicalMemory
from mocks.memory import LEFT_OUT
from pykd_handle import console
from pykd_handle.cli import main
from pykd_handle.render.words import words
from pykd_handle.targets.dump import open_dump, system_process
from pykd_handle.targets.dump import raw as raw_images
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.header import Run
from pykd_handle.targets.dump.memory import PagedMemory
from pykd_handle.targets.dump.pages import FilePages, RunPages
from pykd_handle.targets.dump.paging import X64_FOUR
from pykd_handle.targets.dump.raw import open_raw
from pykd_handle.targets.dump.translate import Translator
from pykd_handle.values import PykdHandleError, TargetError

from .listing import list_all

NAME = b"System" + bytes(9)
COMMANDS = ("0 3", "0 7 0", "80000004", "104 23")
MACHINES = [
    ("winxp_sp3_x86", False),
    ("winxp_sp3_x86", True),
    ("win10_19041_x64", True),
    ("win11_26100_la57_x64", True),
    ("win11_26100_arm64", True),
]


def machine(layout: str = "win10_19041_x64", pae: bool = True) -> KernelImage:
    image = KernelImage(layout, pae=pae)
    image.processes.system.handle(image.processes.system, value=4)
    process = image.processor.current = image.processes.add("notepad.exe", 0x104)
    process.handles(600, [image.objects.event("\\BaseNamedObjects\\Ready"), image.objects.event()])
    lost = image.objects.make("Event", size=0x18, own_page=True)
    process.handle(lost)
    image.memory.drop_page(lost.header, LEFT_OUT)
    return image


def saved(image: KernelImage, folder: Path) -> Tuple[Path, Path]:
    """The raw image, and the symbols in a folder of their own."""
    write_raw_image(image, folder / "memory.raw")
    symbols = folder / "symbols"
    symbols.mkdir(exist_ok=True)
    (symbols / "kernel.json").write_text(json.dumps(image.isf()), "utf-8")
    return folder / "memory.raw", symbols


def said(capsys: pytest.CaptureFixture[str], *typed: str) -> Tuple[int, str, str]:
    code = main(list(typed))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(("layout", "pae"), MACHINES)
def test_the_same_as_from_a_dump(
    layout: str, pae: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = machine(layout, pae)
    raw, symbols = saved(image, tmp_path)
    write_full_dump(image, tmp_path / "kernel.dmp")
    for road, commands in ((["--symbols", str(symbols)], COMMANDS), ([], COMMANDS[:1])):
        for typed in commands:
            from_dump = said(capsys, "--dump", str(tmp_path / "kernel.dmp"), *road, *typed.split())
            from_raw = said(capsys, "--dump", str(raw), *road, *typed.split())
            assert from_raw[0] == from_dump[0] == 0, typed
            # What is beyond the file's end is missing otherwise than what a dump leaves out.
            assert from_raw[1] == from_dump[1], typed
            assert "a raw image of memory: the process System is at physical" in from_raw[2]


def frames_of_processes(image: KernelImage) -> List[int]:
    """The frames in which the processes lie."""
    physical = PhysicalMemory(image)
    places = {physical.content(frame): frame for frame in physical.frames()}
    pages = {process.address & ~0xFFF for process in image.processes.all}
    return sorted(places[image.memory.page(page)] for page in pages)


def test_a_hole_below_4_gb_that_the_file_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As VMware's and QEMU's files do from 3 or 2 GB on; here the memory is smaller."""
    image = machine()
    for number in range(12):
        image.processes.add("svchost.exe", 0x200 + 4 * number)
    whole, holed = tmp_path / "whole.raw", tmp_path / "holed.raw"
    write_raw_image(image, whole)
    expected = said(capsys, "--dump", str(whole), "0", "3", "0")
    frames = frames_of_processes(image)
    for low in frames[2:-2:3]:
        # Wrong ones are passed over, and so is the right one where the image has no hole.
        holes = (frames[1] * 0x1000, low * 0x1000, frames[-2] * 0x1000)
        monkeypatch.setattr(raw_images, "_HOLES", holes)
        write_raw_image(image, holed, hole=(low, 0x100000))
        found = said(capsys, "--dump", str(holed), "0", "3", "0")
        assert found[:2] == expected[:2] and not found[0]
        note = f"the image leaves out 0x{low * 0x1000:x} to 4 GB: the list of processes says so"
        assert f"note: {note}\n" in found[2]
        assert said(capsys, "--dump", str(whole), "0", "3", "0") == expected
        pages = open_raw(DumpFile(holed)).memory.pages
        end = 0x100000 + holed.stat().st_size // 0x1000 - low
        assert [words(pages.why_not(frame)) for frame in (low, end)] == ["not in the dump"] * 2
    # Where nothing stands behind it there is no doubt.
    monkeypatch.setattr(raw_images, "_HOLES", (whole.stat().st_size,))
    assert said(capsys, "--dump", str(whole), "0", "3", "0") == expected
    # Where neither a process nor its page tables lie behind it, nothing tells.
    monkeypatch.setattr(raw_images, "_HOLES", (whole.stat().st_size - 0x1000,))
    doubtful = said(capsys, "--dump", str(whole), "0", "3", "0")
    assert doubtful[:2] == expected[:2] and "a hole below 4 GB can't be told" in doubtful[2]


class Elsewhere(RunPages):
    """Pages of a raw image, some of which stand in other places."""

    def __init__(self, file: DumpFile, places: Dict[int, Optional[int]]) -> None:
        super().__init__(file, [Run(0, file.size // 0x1000, 0)])
        self._places = places

    def offset(self, frame: int) -> Optional[int]:
        return self._places[frame] if frame in self._places else super().offset(frame)


def test_the_longest_list_of_processes_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: List[int] = []
    real = PagedMemory.find_number

    def counted(memory: PagedMemory, address: int, size: int) -> Optional[int]:
        reads.append(address)
        return real(memory, address, size)

    monkeypatch.setattr(PagedMemory, "find_number", counted)
    image = machine()
    for number in range(12):
        image.processes.add("svchost.exe", 0x200 + 4 * number)
    write_raw_image(image, tmp_path / "memory.raw")
    file = DumpFile(tmp_path / "memory.raw")
    frames = frames_of_processes(image)
    right = Elsewhere(file, {})
    earlier = Elsewhere(file, {frames[4]: 0x3000})
    later = Elsewhere(file, {frames[8]: None})
    cases: List[Tuple[List[FilePages], FilePages, bool]] = [
        ([right], right, False),
        ([earlier, later, right], right, False),
        ([right, later, earlier], right, False),
        ([earlier, later], later, False),
        ([earlier, right, Elsewhere(file, {})], right, True),
    ]
    for candidates, expected, doubtful in cases:
        found = system_process.find_system_process(file, candidates)
        assert found is not None
        assert found.memory.pages is expected and found.doubtful is doubtful
    # Two for each of 14 processes and the head, by each of 12 candidates, and the proof of each.
    assert len(reads) < 12 * (2 * 15 + 10)


def test_a_list_of_processes_in_user_memory_is_none(tmp_path: Path) -> None:
    image = machine()
    head, system = 0x10000, image.processes.system
    links = system.address + image.build.struct("_EPROCESS").offset("ActiveProcessLinks")
    for place, value in ((head, links), (links, head)):
        image.memory.write(place, value.to_bytes(8, "little") * 2)
    write_raw_image(image, tmp_path / "memory.raw")
    file = DumpFile(tmp_path / "memory.raw")
    pages = Elsewhere(file, {})
    assert system_process.find_system_process(file, [pages]) is None
    # What is looked at leads there and back: by its addresses alone it is none.
    memory = PagedMemory(pages, Translator(pages, 0x1AD002, X64_FOUR))
    assert (memory.find_number(head, 8), memory.find_number(links, 8)) == (links, head)


def test_the_pages_that_prove_the_process_system(tmp_path: Path) -> None:
    """Its own page and that of the list's head have to be where its tables say."""
    image = machine()
    write_raw_image(image, tmp_path / "memory.raw")
    file = DumpFile(tmp_path / "memory.raw")
    physical = PhysicalMemory(image)
    places = {physical.content(frame): frame for frame in physical.frames()}
    for address in (image.processes.system.address, image.globals.address("PsActiveProcessHead")):
        page = places[image.memory.page(address & ~0xFFF)]
        for place in (None, 0x3000):
            lost = Elsewhere(file, {page: place})
            assert system_process.find_system_process(file, [lost]) is None


def test_a_kernel_whose_first_page_is_missing(tmp_path: Path) -> None:
    image = machine()
    image.memory.drop_page(image.base, LEFT_OUT)
    write_raw_image(image, tmp_path / "memory.raw")
    figures = open_raw(DumpFile(tmp_path / "memory.raw")).figures
    assert (figures.base, figures.debugger_block) == (None, 0)


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    image = machine()
    raw, symbols = saved(image, tmp_path)
    target = open_dump(raw, symbols)
    try:
        assert target.current_process() == image.processor.current.address
        assert target.base == image.base
        assert (target.architecture, target.figures.build) == ("x64", 19041)
        note = words(target.notes()[0])
        # By hand: where the file has the name of System, less its offset (0x5a8).
        place = raw.read_bytes().find(NAME) - 0x5A8
        assert f"physical address 0x{place:x}, its page tables at 0x1ad002" in note
        assert "(x64, 4 levels)" in note
    finally:
        target.close()


def test_the_build_is_that_of_the_page_that_all_share(tmp_path: Path) -> None:
    """Before Windows 10 something else stands there; the newest build of the process's form counts
    then (the block of 19041 is laid out as that of 22631)."""
    image = machine()
    for number, build in ((10240, 10240), (99_999, 99_999), (10239, 22631), (100_000, 22631)):
        image.memory.write(0xFFFFF78000000260, struct.pack("<I", number))
        write_raw_image(image, tmp_path / "memory.raw")
        assert open_raw(DumpFile(tmp_path / "memory.raw")).figures.build == build


def test_debugger_data_that_is_encoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As on a 64-bit Windows 8 and later that no debugger was attached to."""
    image = machine()
    block = image.globals.address("KdDebuggerDataBlock")
    image.memory.write(block, bytes(byte ^ 0x5A for byte in image.memory.peek(block, 0x380)))
    raw, symbols = saved(image, tmp_path)
    code, out, _ = said(capsys, "--dump", str(raw), "--symbols", str(symbols), "0", "3")
    assert code == 0 and out.count("Name: Ready") == 300
    # Without symbols no global is known but the list of processes; the types follow all the same.
    code, out, err = said(capsys, "--dump", str(raw), "0", "3")
    assert code == 1 and "no current process" in err and "name the process" in err
    code, out, err = said(capsys, "--dump", str(raw), "0", "3", "104")
    assert code == 0 and out.count("Name: Ready") == 300
    assert out.count("GrantedAccess: ") == 601 and out.count(") Event\n") == 600
    assert "the type table is recovered from \\ObjectTypes" in err


def fake(place: int, **changed: int) -> bytes:
    """A block that looks like System's of 19041: 0x5b8 bytes, up to the name's end."""
    data = bytearray(0x5B8)
    data[0] = 3
    struct.pack_into("<Q", data, 0x28, changed.get("root", 0x1AD000))
    struct.pack_into("<Q", data, 0x440, changed.get("pid", 4))
    links = (0xFFFFAD0400000000, 0xFFFFF80400001010)
    struct.pack_into("<QQ", data, 0x448, *links)
    data[0x5A8:] = NAME + b"\0"
    return bytes(data)


def test_what_only_looks_like_system_is_passed_over(tmp_path: Path) -> None:
    image = machine()
    raw, symbols = saved(image, tmp_path)
    data = bytearray(raw.read_bytes())
    decoys = [
        fake(0),  # its list leads elsewhere
        fake(0, root=0),
        fake(0, root=0x7777777000),  # tables beyond the file
        fake(0, pid=8),
        NAME * 40,
    ]
    place = 0x3000
    for decoy in decoys:
        data[place : place + len(decoy)] = decoy
        place += 0x1000
    raw.write_bytes(data)
    target = open_dump(raw, symbols)
    try:
        assert target.current_process() == image.processor.current.address
    finally:
        target.close()


@pytest.mark.parametrize(
    ("data", "phrase"),
    [
        (bytes(2 << 20), "neither a dump nor a raw image of memory"),
        (bytes((2 << 20) + 1), "not a dump: it begins with zeros"),
        (bytes(1 << 16), "not a dump: it begins with zeros"),
        (b"\x53\xff\x00\xf0" * (1 << 19), "neither a dump nor a raw image of memory"),
        (NAME.ljust(16, b"\0") * (1 << 17), "neither a dump nor a raw image of memory"),
        (b"PK\x03\x04" + bytes((2 << 20) - 4), "a .zip archive: unpack it first"),
    ],
)  # fmt: skip
def test_files_that_are_none(data: bytes, phrase: str, tmp_path: Path) -> None:
    path = tmp_path / "some.bin"
    path.write_bytes(data)
    with pytest.raises(TargetError) as error:
        open_dump(path)
    assert phrase in words(error.value) and "\n" not in words(error.value)


def test_a_file_full_of_the_name_is_not_looked_at_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.bin"
    path.write_bytes(NAME.ljust(16, b"\0") * (1 << 17))
    reads: List[int] = []
    real = DumpFile.read

    def counted(file: DumpFile, offset: int, size: int) -> bytes:
        reads.append(offset)
        return real(file, offset, size)

    monkeypatch.setattr(DumpFile, "read", counted)
    with pytest.raises(TargetError):
        open_dump(path)
    # The name stands on every 16 bytes, 131,072 times; 20,000 of them are looked at, with one read
    # each.
    assert 20_000 < len(reads) < 20_010


def test_an_image_that_is_cut_short(tmp_path: Path) -> None:
    image = machine()
    raw, symbols = saved(image, tmp_path)
    data = raw.read_bytes()
    outcomes: List[bool] = []
    for pages in range(len(data) // 0x1000 - 60, len(data) // 0x1000, 15):
        raw.write_bytes(data[: pages * 0x1000])
        outcomes.append(lists(raw, symbols))
    assert True in outcomes and False in outcomes


@pytest.mark.usefixtures("symbols_once")
def test_damage(tmp_path: Path) -> None:
    image = machine("win10_19041_x86")
    raw, symbols = saved(image, tmp_path)
    good = raw.read_bytes()
    first = next(at for at in range(0, len(good), 0x1000) if any(good[at : at + 0x1000]))
    chance = random.Random(5)
    for _ in range(20):
        data = bytearray(good)
        for _ in range(150):
            at = chance.randrange(first, len(data) - 8)
            data[at : at + 4] = chance.choice((0, 0xFFFFFFFF, chance.getrandbits(32))).to_bytes(
                4, "little"
            )
        raw.write_bytes(data)
        lists(raw, symbols)


def lists(raw: Path, symbols: Path) -> bool:
    """Whether the image can be opened; then it is listed, and an error is one line."""
    try:
        target = open_dump(raw, symbols)
    except PykdHandleError as error:
        assert "\n" not in str(error)
        return False
    try:
        list_all(target)
    finally:
        target.close()
    return True


def test_a_long_search_tells_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, symbols = saved(machine(), tmp_path)
    quick = said(capsys, "--dump", str(raw), "0", "1")
    assert quick[0] == 0 and "looking for" not in quick[2]
    # Every step of the search is told, not only those that come seconds after the last one.
    monkeypatch.setattr(console, "_PATIENCE", 0)
    monkeypatch.setattr(console, "_EVERY", 0)
    monkeypatch.setattr(system_process, "_CHUNK", 1 << 16)
    slow = said(capsys, "--dump", str(raw), "0", "1")
    assert slow[:2] == quick[:2]
    told = [line for line in slow[2].splitlines() if "looking for the process System" in line]
    assert len(told) > 1 and all(line.startswith("note: ") for line in told)
    folder = said(capsys, "--dump", str(raw), "--symbols", str(symbols), "0", "1")
    # Without symbols nothing here proves that a process has no session.
    session = re.compile("SessionId: .*(?=  Cid:)")
    assert session.sub("", folder[1]) == session.sub("", quick[1])
    assert folder[0] == 0 and "SessionId: none  Cid:" in folder[1]
    assert "note: looking for the kernel's symbols: 0 of 1 files\n" in folder[2]


def test_how_far_a_search_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "nothing.raw"
    path.write_bytes(bytes(4 << 20))
    for name in ("_CHUNK", "_GIGABYTE"):
        monkeypatch.setattr(system_process, name, 1 << 20)
    told: List[str] = []
    with pytest.raises(TargetError, match="no process System"):
        open_dump(path, progress=told.append)
    assert told == [f"looking for the process System: {at}.0 of 4.0 GB" for at in range(4)]
