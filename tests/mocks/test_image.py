"""The image as a whole: determinism, the symbol file, a kernel from outside."""

from __future__ import annotations

import json
import struct
import time
from typing import Tuple

import pytest

from mocks import KernelImage, builds
from mocks.pe import PeImage
from pykd_handle.layout import Isf


def content(image: KernelImage) -> list:
    return [(address, image.memory.page(address)) for address in image.memory.pages()]


def test_the_same_calls_make_the_same_bytes() -> None:
    def build(seed: int) -> list:
        image = KernelImage(seed=seed)
        image.processes.add("a.exe", 0x100).handles(
            300, image.objects.event("\\BaseNamedObjects\\x")
        )
        return content(image)

    assert build(1) == build(1)
    assert build(1) != build(2)


def test_an_image_is_no_other_ones() -> None:
    """Those that begin alike are copies: nothing that is made in one is seen in another."""
    before = content(KernelImage())
    changed = KernelImage()
    changed.memory.drop_page(changed.base)
    process = changed.processes.add("a.exe", 0x100)
    process.handle(changed.objects.event("\\BaseNamedObjects\\x"))
    changed.processor.current = process
    other = KernelImage()
    assert content(changed) != before == content(other)
    assert other.memory.page_state(other.base) == ("", False)
    assert [each.pid for each in other.processes.all] == [4]
    assert other.processor.current.pid == 4
    # Parts of one image stay parts of it.
    assert other.processes.system.view.memory is other.memory is other.pool.memory
    assert other.build is other.memory.build is changed.build
    # Chance, too, begins anew in each.
    assert other.random.random() == KernelImage().random.random()


def test_symbol_file(image: KernelImage) -> None:
    data = image.isf()
    isf = Isf(json.loads(json.dumps(data)))
    assert isf.identity is not None
    assert (isf.identity.guid, isf.identity.age) == (image.kernel.guid, 1)
    assert isf.identity.name == "ntkrnlmp.pdb"
    assert image.base + isf.symbol("PspCidTable") == image.globals.address("PspCidTable")
    assert isf.struct("_EPROCESS").offset("ObjectTable") == 0x570


def test_every_build_has_another_identity() -> None:
    assert len({KernelImage(name).kernel.guid for name in builds.names()}) >= len(
        {KernelImage(name).build.number for name in builds.names()}
    )


@pytest.mark.parametrize(
    ("layout", "machine", "magic", "base", "pdb"),
    [
        ("win10_19041_x64", 0x8664, 0x20B, (24, "<Q"), b"ntkrnlmp.pdb\0"),
        ("win7_sp1_x86", 0x14C, 0x10B, (28, "<I"), b"ntkrpamp.pdb\0"),
        ("win11_26100_arm64", 0xAA64, 0x20B, (24, "<Q"), b"ntkrnlmp.pdb\0"),
    ],
)
def test_kernel_image_is_a_pe_with_a_debug_record(
    layout: str, machine: int, magic: int, base: Tuple[int, str], pdb: bytes
) -> None:
    image = KernelImage(layout)
    head = image.memory.peek(image.base, 0x1000)
    assert head[:2] == b"MZ"
    pe = struct.unpack_from("<I", head, 0x3C)[0]
    assert head[pe : pe + 6] == b"PE\0\0" + struct.pack("<H", machine)
    assert struct.unpack_from("<H", head, pe + 24)[0] == magic
    assert struct.unpack_from(base[1], head, pe + 24 + base[0])[0] == image.base
    # Data directory 6, debug: its entry's AddressOfRawData leads to the RSDS record.
    directories = pe + 24 + (112 if magic == 0x20B else 96)
    debug, size = struct.unpack_from("<II", head, directories + 48)
    kind, length, rva = struct.unpack_from("<III", head, debug + 12)
    assert (kind, size) == (2, 28)
    record = head[rva : rva + length]
    assert record[:4] == b"RSDS" and record[24:] == pdb
    # The GUID's first three parts are little endian.
    parts = struct.unpack_from("<IHH", record, 4)
    assert "{:08X}{:04X}{:04X}".format(*parts) == image.kernel.guid[:16]
    assert record[12:20].hex().upper() == image.kernel.guid[16:]
    assert image.isf()["metadata"]["windows"]["pdb"]["database"].encode() + b"\0" == pdb


def test_a_kernel_from_a_linker_takes_its_place() -> None:
    other = bytearray(KernelImage("win11_22000_x64", seed=7).kernel.data)
    symbols = {
        name: row["address"] + 0x40
        for name, row in builds.load_raw("win10_19041_x64")["symbols"].items()
    }
    image = KernelImage("win10_19041_x64", kernel_image=bytes(other), symbols=symbols)
    assert image.kernel.guid == PeImage(bytes(other)).guid
    assert image.isf()["metadata"]["windows"]["pdb"]["GUID"] == image.kernel.guid
    assert image.globals.address("PspCidTable") == image.base + symbols["PspCidTable"]
    assert image.memory.peek(image.base, 0x400) == bytes(other[:0x400])


def test_not_a_pe() -> None:
    with pytest.raises(ValueError, match="not a PE file"):
        PeImage(bytes(0x400))


def test_base_and_cookie_are_chosen() -> None:
    image = KernelImage(base=0xFFFFF8047BA00000, cookie=0xE1)
    assert image.globals.address("ObHeaderCookie") >> 24 == 0xFFFFF8047B
    assert image.memory.peek(image.globals.address("ObHeaderCookie"), 1) == b"\xe1"


def test_a_base_that_is_too_wide() -> None:
    with pytest.raises(ValueError, match="this x86 kernel can't lie at 0xfffff80400000000"):
        KernelImage("win7_sp1_x86", base=0xFFFFF80400000000)


def test_globals_of_a_debugger(image: KernelImage) -> None:
    def text(name: str, size: int) -> bytes:
        return image.memory.peek(image.globals.address(name), size)

    assert text("NtBuildLab", 6) == b"19041."
    assert int.from_bytes(text("NtBuildNumber", 4), "little") == 0xF0000000 | 19041
    data = text("KdDebuggerDataBlock", 0x340)
    assert data[0x10:0x18] == b"KDBG" + struct.pack("<I", 0x380)
    quad = struct.unpack_from
    assert quad("<Q", data, 0x18)[0] == image.base
    assert quad("<Q", data, 0x48)[0] == image.globals.address("PsLoadedModuleList")
    assert quad("<Q", data, 0x50)[0] == image.globals.address("PsActiveProcessHead")
    assert quad("<Q", data, 0x58)[0] == image.globals.address("PspCidTable")
    assert quad("<Q", data, 0x138)[0] == 0x1000
    assert quad("<Q", data, 0x218)[0] == image.globals.address("KiProcessorBlock")


def test_offsets_of_the_debugger_data_equal_those_of_a_real_kernel(
    image: KernelImage, real_data: object
) -> None:
    """The real triage dump is of the same build, 19041."""
    from pathlib import Path

    real = (Path(str(real_data)) / "triage_x64.dmp").read_bytes()
    at = struct.unpack_from("<I", real, 0x2070)[0]
    ours = image.memory.peek(image.globals.address("KdDebuggerDataBlock"), 0x340)
    # Not ours: Mhz, CPU type, vendor string, DPC routine (2b2, 2b6, 2b8, 2ba), and pointers.
    known = [
        offset
        for offset in (*range(0x298, 0x2C2, 2), *range(0x2E0, 0x308, 2), 0x338)
        if offset not in (0x2B2, 0x2B6, 0x2B8, 0x2BA)
    ]
    for offset in known:
        theirs = struct.unpack_from("<H", real, at + offset)[0]
        assert struct.unpack_from("<H", ours, offset)[0] == theirs, hex(offset)


def test_the_processor_runs_the_current_process(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    image.processor.current = process
    prcb = image.globals.get("KiProcessorBlock")
    thread = image.memory.pointer(prcb + 8)
    assert thread == process.threads[0].address
    assert image.memory.pointer(thread + 0x98 + 0x20) == process.address


def test_32_bit_processes_and_image_files(image: KernelImage) -> None:
    file = image.files.open("\\Windows\\a.exe")
    process = image.processes.add("a.exe", 0x100, wow64_peb=0x2E1000, image_file=file)
    assert image.memory.pointer(image.memory.pointer(process.address + 0x580)) == 0x2E1000
    assert image.memory.pointer(process.address + 0x5A0) == file.address


def test_hundreds_of_thousands_of_handles_take_seconds(image: KernelImage) -> None:
    events = [image.objects.event() for _ in range(1000)]
    process = image.processes.add("a.exe", 0x100)
    start = time.perf_counter()
    process.handles(300_000, events)
    assert time.perf_counter() - start < 10
    assert process.table.handle_count == 300_000
    assert len(image.memory.pages()) < 1600


@pytest.mark.parametrize("layout", ["win2003_sp2_x64", "win7_sp1_x64", "win10_19041_x64"])
def test_the_list_of_modules_holds_the_kernel(layout: str) -> None:
    data = bytearray(KernelImage(layout).kernel.data)
    struct.pack_into("<I", data, struct.unpack_from("<I", data, 0x3C)[0] + 24 + 64, 0xC0FFEE)
    image = KernelImage(layout, kernel_image=bytes(data))
    entry = image.globals.get("PsLoadedModuleList")
    # DllBase, EntryPoint, SizeOfImage; LoadCount; CheckSum: the same in both structures.
    place, start, size = struct.unpack("<QQI", image.memory.peek(entry + 0x30, 20))
    assert (place, start, size) == (image.base, image.base + image.kernel.entry, image.kernel.size)
    assert image.memory.peek(entry + 0x6C, 2) == b"\1\0"
    assert int.from_bytes(image.memory.peek(entry + 0x78, 4), "little") == 0xC0FFEE
