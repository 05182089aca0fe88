"""Dumps of synthetic kernels as targets, held against the kernels they were written from."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from mocks import KernelImage, MockTarget
from mocks import builds as layouts
from mocks.dump import write_bitmap_dump, write_full_dump, write_triage_dump
from mocks.memory import LEFT_OUT, NOT_MAPPED, PAGED_OUT
from pykd_handle.render.words import words
from pykd_handle.targets import Target
from pykd_handle.targets.dump import DumpTarget, open_dump
from pykd_handle.values import MemoryUnavailable, MissingSymbol, SymbolsError, TargetError

X64 = [name for name in layouts.names() if layouts.load(name).metadata["windows"]["arch"] == "x64"]
WRITERS: Dict[str, Callable[..., None]] = {"full": write_full_dump, "bitmap": write_bitmap_dump}


def kernel(layout: str = "win10_19041_x64", **more: Any) -> KernelImage:
    image = KernelImage(layout, **more)
    notepad = image.processes.add("notepad.exe", 0x1234, session=1)
    for number in range(40):
        notepad.handle(image.objects.event(f"\\BaseNamedObjects\\Ready{number}"), access=0x1F0003)
    notepad.handle(image.files.open("\\Windows\\notepad.exe"), access=0x120089)
    image.processor.current = notepad
    return image


def dumped(folder: Path, image: KernelImage, write: Callable[..., None], **more: Any) -> DumpTarget:
    write(image, folder / "kernel.dmp", **more)
    (folder / "kernel.json").write_text(json.dumps(image.isf()))
    return open_dump(folder / "kernel.dmp", folder / "kernel.json")


def pages_of(image: KernelImage) -> List[int]:
    return [page for page in image.memory.pages() if page >= 1 << 63]


@pytest.mark.parametrize("layout", X64)
@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_every_page_reads_as_in_the_image(tmp_path: Path, layout: str, kind: str) -> None:
    image = kernel(layout)
    target = dumped(tmp_path, image, WRITERS[kind])
    assert target.base == image.base
    assert target.five_levels == image.build.five_levels
    for page in pages_of(image):
        assert target.read(page, 0x1000) == image.memory.page(page)
    assert target.current_process() == image.processor.current.address
    for name in ("PsActiveProcessHead", "PspCidTable", "ObpRootDirectoryObject"):
        assert target.symbol(name) == image.globals.address(name)
    assert len(target.notes()) == 1
    assert "as the dump's kernel says" in words(target.notes()[0])
    target.close()


def test_a_closed_target_reads_nothing(tmp_path: Path) -> None:
    image = kernel()
    target = dumped(tmp_path, image, write_full_dump)
    target.close()
    with pytest.raises((TargetError, MemoryUnavailable)):
        target.read(pages_of(image)[-1], 8)


def test_large_pages(tmp_path: Path) -> None:
    image = kernel()
    target = dumped(tmp_path, image, write_full_dump, large=[image.base])
    for page in pages_of(image):
        assert target.read(page, 0x1000) == image.memory.page(page)


def test_missing_pages_say_why(tmp_path: Path) -> None:
    image = kernel()
    leaf = image.processor.current.table.leaves[0]
    objects = [image.objects.event() for _ in range(3)]
    pages = []
    for reason in (LEFT_OUT, PAGED_OUT, NOT_MAPPED):
        item = image.objects.make("Event", own_page=True)
        pages.append(item.address // 0x1000 * 0x1000)
        image.memory.drop_page(item.address, reason)
    moving = image.objects.make("Event", own_page=True)
    image.memory.to_transition(moving.address, 8)
    target = dumped(tmp_path, image, write_full_dump)
    for page, reason in zip(pages, (LEFT_OUT, PAGED_OUT, NOT_MAPPED)):
        with pytest.raises(MemoryUnavailable) as error:
            target.read(page + 0x10, 0x20)
        assert words(error.value.why.at(None)) == reason
        assert error.value.address == page + 0x10
    # A page in transition is still in memory.
    start = moving.address // 0x1000 * 0x1000
    assert target.read(start, 0x1000) == image.memory.peek(start, 0x1000)
    assert target.read(leaf, 0x1000) == image.memory.page(leaf)
    assert target.read(objects[0].address, 0x18) == image.memory.peek(objects[0].address, 0x18)


def test_reads_that_are_partly_there(tmp_path: Path) -> None:
    image = kernel()
    image.memory.map(0xFFFFAD0455550000, 0x4000)
    image.memory.write(0xFFFFAD0455550000, bytes(range(256)) * 0x40)
    image.memory.drop_page(0xFFFFAD0455551000)
    target = dumped(tmp_path, image, write_full_dump)
    mock = MockTarget(image)
    spans = [(0xFFFFAD0455550800, 0x1000), (0xFFFFAD0455550800, 0x3000), (0xFFFFAD0455552000, 8)]
    for found, wanted in zip(target.read_many(spans), mock.read_many(spans)):
        assert found.pieces == wanted.pieces
        assert found.gaps == wanted.gaps


def test_addresses_that_are_none(tmp_path: Path) -> None:
    target = dumped(tmp_path, kernel(), write_full_dump)
    for address, phrase in (
        (0, "user-mode"),
        (0x7FF612340000, "user-mode"),
        (0x800000000000, "canonical"),
        (0xFFFF7FFFFFFFFFF0, "canonical"),
        (1 << 64, "canonical"),
        (-8, "canonical"),
    ):
        with pytest.raises(MemoryUnavailable) as error:
            target.read(address, 8)
        assert phrase in words(error.value.why.at(None))
    span = target.read_partial(0xFFFFFFFFFFFFFFF0, 0x20)
    assert span.gaps[-1].address == 1 << 64
    assert sum(gap.size for gap in span.gaps) == 0x20
    everything = target.read_partial(0, 1 << 64)
    assert sum(gap.size for gap in everything.gaps) == 1 << 64
    assert target.read(target.base, 0) == b""


def test_the_symbols_of_another_kernel(tmp_path: Path) -> None:
    write_full_dump(kernel(), tmp_path / "kernel.dmp")
    path = tmp_path / "other.json"
    path.write_text(json.dumps(KernelImage("win10_19041_x64", seed=2).isf()))
    with pytest.raises(SymbolsError, match="of another kernel: it was made from"):
        open_dump(tmp_path / "kernel.dmp", path)
    path.write_text(json.dumps(KernelImage("win11_22621_x64").isf()))
    with pytest.raises(SymbolsError, match="of another kernel"):
        open_dump(tmp_path / "kernel.dmp", path)
    wrong = KernelImage("win10_19041_x64").isf()
    wrong["symbols"]["PspCidTable"]["address"] += 0x10
    path.write_text(json.dumps(wrong))
    with pytest.raises(SymbolsError, match=r"1 of \d+ addresses differ, such as nt!PspCidTable"):
        open_dump(tmp_path / "kernel.dmp", path)


def test_no_symbols_names_the_pdb(tmp_path: Path) -> None:
    image = kernel()
    write_full_dump(image, tmp_path / "kernel.dmp")
    guid = image.isf()["metadata"]["windows"]["pdb"]["GUID"]
    with pytest.raises(SymbolsError, match=f"{guid}-1.*beside the dump"):
        open_dump(tmp_path / "kernel.dmp")


def test_symbols_that_the_isf_file_lacks_come_from_the_debugger_data(tmp_path: Path) -> None:
    image = kernel()
    write_full_dump(image, tmp_path / "kernel.dmp")
    isf = image.isf()
    for name in ("PspCidTable", "KiProcessorBlock"):
        del isf["symbols"][name]
    (tmp_path / "kernel.json").write_text(json.dumps(isf))
    target = open_dump(tmp_path / "kernel.dmp")
    assert target.symbol("PspCidTable") == image.globals.address("PspCidTable")
    assert target.current_process() == image.processor.current.address
    assert target.find_symbol("NoSuchSymbol") is None
    with pytest.raises(MissingSymbol):
        target.symbol("NoSuchSymbol")


def test_encoded_debugger_data(tmp_path: Path) -> None:
    image = kernel()
    image.memory.write(image.globals.address("KdDebuggerDataBlock"), b"\x5a" * 0x380)
    target = dumped(tmp_path, image, write_full_dump)
    assert target.base == image.base
    assert any("encoded" in words(note) for note in target.notes())
    assert "as the dump's kernel says" in words(target.notes()[-1])
    assert target.current_process() == image.processor.current.address


def test_neither_debugger_data_nor_modules(tmp_path: Path) -> None:
    image = kernel()
    image.memory.write(image.globals.address("KdDebuggerDataBlock"), b"\x5a" * 0x380)
    image.memory.write(image.globals.address("PsLoadedModuleList"), bytes(16))
    target = dumped(tmp_path, image, write_full_dump)
    assert target.base == image.base
    assert "3 of 3 addresses agree" in words(target.notes()[-1])


def test_triage(tmp_path: Path) -> None:
    image = kernel()
    table = image.processor.current.table
    ranges = [(table.address, 0x80), (table.leaves[0], 0x400), (image.base, 0x1000)]
    write_triage_dump(image, tmp_path / "small.dmp", ranges)
    (tmp_path / "kernel.json").write_text(json.dumps(image.isf()))
    target = open_dump(tmp_path / "small.dmp")
    assert target.current_process() == image.processor.current.address
    for address, size in ranges:
        assert target.read(address, size) == image.memory.peek(address, size)
    size = image.build.struct("_EPROCESS").size
    assert target.read(image.processor.current.address, size) == image.memory.peek(
        image.processor.current.address, size
    )
    with pytest.raises(MemoryUnavailable) as error:
        target.read(table.leaves[0] + 0x400, 0x10)
    assert words(error.value.why.at(None)) == "not in the dump"


def test_a_triage_dump_without_the_image_still_checks_addresses(tmp_path: Path) -> None:
    image = kernel()
    write_triage_dump(
        image, tmp_path / "small.dmp", [(image.processor.current.table.address, 0x80)]
    )
    (tmp_path / "kernel.json").write_text(json.dumps(image.isf()))
    target = open_dump(tmp_path / "small.dmp")
    assert "addresses agree" in words(target.notes()[-1])
    assert "is not known" in words(target.notes()[-1])
    (tmp_path / "kernel.json").write_text(json.dumps(KernelImage("win11_22621_x64").isf()))
    with pytest.raises(SymbolsError, match="no symbols that fit"):
        open_dump(tmp_path / "small.dmp")


# -- the current process ------------------------------------------------------------------------


def with_processors(image: KernelImage, threads: List[Any], stacks: List[int]) -> None:
    """A processor block for each thread, and a kernel stack of 0x6000 bytes for each of them."""
    at = 0xFFFFAD0466000000
    block = image.build.struct("_KPRCB").offset("CurrentThread")
    for number, (thread, stack) in enumerate(zip(threads, stacks)):
        image.memory.map(at, 0x1000)
        image.memory.write(at + block, struct.pack("<Q", thread.address))
        array = image.globals.address("KiProcessorBlock") + 8 * number
        image.memory.write(array, struct.pack("<Q", at))
        thread.view["Tcb.StackLimit"] = stack
        thread.view["Tcb.StackBase"] = stack + 0x6000
        thread.view["Tcb.InitialStack"] = stack + 0x5F90
        at += 0x1000


def opened(tmp_path: Path, image: KernelImage, processors: int, rsp: int) -> Target:
    write_full_dump(image, tmp_path / "kernel.dmp")
    raw = bytearray((tmp_path / "kernel.dmp").read_bytes())
    struct.pack_into("<I", raw, 0x34, processors)
    struct.pack_into("<Q", raw, 0x348 + 0x98, rsp)
    (tmp_path / "kernel.dmp").write_bytes(raw)
    (tmp_path / "kernel.json").write_text(json.dumps(image.isf()))
    return open_dump(tmp_path / "kernel.dmp")


def test_the_processor_is_the_one_on_whose_stack_the_context_stands(tmp_path: Path) -> None:
    image = kernel()
    other = image.processes.add("other.exe", 0x2000 + 4)
    threads = [
        image.processes.add_thread(image.processor.current, 0x10),
        image.processes.add_thread(other, 0x14),
    ]
    stacks = [0xFFFF850429890000, 0xFFFF8504298A0000]
    with_processors(image, threads, stacks)
    first, second = image.processor.current.address, other.address
    assert opened(tmp_path, image, 2, stacks[1] + 0x120).current_process() == second
    assert opened(tmp_path, image, 2, stacks[0] + 0x120).current_process() == first
    # On neither: an interrupt's stack, or a context that is not filled in.
    assert opened(tmp_path, image, 2, 0xFFFF850400000000).current_process() == first
    assert opened(tmp_path, image, 2, 0).current_process() == first
    # The header says how many processors there are; absurd numbers do no harm.
    assert opened(tmp_path, image, 1, stacks[1] + 0x120).current_process() == first
    assert opened(tmp_path, image, 0xFFFFFFFF, stacks[1] + 0x120).current_process() == second


def test_a_current_process_that_can_not_be_read(tmp_path: Path) -> None:
    image = kernel()
    image.memory.write(image.globals.address("KiProcessorBlock"), bytes(8))
    with pytest.raises(TargetError, match="no current process: no processor block"):
        opened(tmp_path, image, 1, 0).current_process()
    image = kernel()
    offset = image.build.struct("_KTHREAD").offset("ApcState.Process")
    thread = image.processor.threads[0].address
    image.memory.write(thread + offset, struct.pack("<Q", 0x1234))
    with pytest.raises(TargetError, match="names 0x1234, which is none"):
        opened(tmp_path, image, 1, 0).current_process()
    image = kernel()
    image.memory.write(image.processor.prcb + 8, struct.pack("<Q", 0xFFFFAD0477700000))
    with pytest.raises(TargetError, match="0xffffad04777000b8: not mapped"):
        opened(tmp_path, image, 1, 0).current_process()


# -- entries that are not valid -------------------------------------------------------------------


def test_the_mask_of_invalid_entries_is_taken_from_the_kernel(tmp_path: Path) -> None:
    image = kernel()
    mask = 1 << 45
    moving = image.objects.make("Event", own_page=True)
    start = moving.address // 0x1000 * 0x1000
    image.memory.to_transition(start, 8)
    state = image.base + 0x4000000
    image.memory.map(state, 0x1000)
    image.memory.write(state + 0x1C0, struct.pack("<Q", mask))
    write_full_dump(image, tmp_path / "kernel.dmp")
    isf = image.isf()
    quad = {"kind": "base", "name": "unsigned long long"}
    isf["user_types"]["_MI_SYSTEM_INFORMATION"] = {
        "kind": "struct",
        "size": 0x400,
        "fields": {
            "Hardware": {"offset": 0x100, "type": {"kind": "struct", "name": "_MI_HARDWARE_STATE"}}
        },
    }
    isf["user_types"]["_MI_HARDWARE_STATE"] = {
        "kind": "struct",
        "size": 0x100,
        "fields": {"InvalidPteMask": {"offset": 0xC0, "type": quad}},
    }
    isf["base_types"].setdefault(
        "unsigned long long", {"kind": "int", "size": 8, "signed": False, "endian": "little"}
    )
    isf["symbols"]["MiState"] = {"address": state - image.base}
    # In the file, give the entry of the page the mask, as a kernel of 1803 and later does.
    raw = bytearray((tmp_path / "kernel.dmp").read_bytes())
    found = [
        at
        for at in range(0x2000, len(raw), 8)
        if int.from_bytes(raw[at : at + 8], "little") & 0xFFF == 0x880
        and raw[at + 6 : at + 8] == b"\0\0"
    ]
    assert len(found) == 1
    raw[found[0] + 5] |= 0x20
    (tmp_path / "kernel.dmp").write_bytes(raw)
    (tmp_path / "kernel.json").write_text(json.dumps(image.isf()))
    with pytest.raises(MemoryUnavailable, match="page in transition"):
        open_dump(tmp_path / "kernel.dmp").read(start, 8)
    (tmp_path / "kernel.json").write_text(json.dumps(isf))
    target = open_dump(tmp_path / "kernel.dmp")
    assert target.read(start, 0x1000) == image.memory.peek(start, 0x1000)
