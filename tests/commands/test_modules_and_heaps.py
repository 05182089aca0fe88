"""``modules`` and ``heaps``: loader's lists and heaps of a process, of either half of a 32-bit one.

What is written is by the offsets of public symbols; see `mocks.user_space`.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.process import MockProcess
from mocks.target import MockTarget
from mocks.trim import dump_text
from mocks.user_space import UserSpace
from pykd_handle import open_dump
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.values import NO_VALUE, Absent, Reason

from ..needs import SHARED, real_file
from .asking import Asked

PEB, PEB32 = 0x2FF000, 0x7EFDE000
NT_HEAP, OLD_HEAP, SEGMENT_HEAP = 0xFFEEFFEE, 0xEEFFEEFF, 0xDDEEDDEE


def process_of(image: KernelImage, wow64: bool = False, name: str = "a.exe") -> MockProcess:
    process = image.processes.add(name, 0x104, peb=PEB, wow64_peb=PEB32 if wow64 else 0)
    image.processor.current = process
    return process


def ask(image: KernelImage, line: str) -> Asked:
    return Asked(KernelMode(MockTarget(image)), line)


# From which each 64-bit kernel finds the second block: a structure, the block itself, another one.
WOW64 = ["win2003_sp2_x64", "vista_sp0_x64", "win7_sp1_x64", "win10_1507_x64", "win10_19041_x64"]


@pytest.mark.parametrize("layout", WOW64)
def test_the_modules_of_both_halves(layout: str) -> None:
    image = KernelImage(layout)
    process = process_of(image, wow64=True)
    native, half = UserSpace(process, PEB, 8), UserSpace(process, PEB32, 4)
    native.module(0x400000, 0x5000, r"C:\Program Files (x86)\a.exe")
    native.module(0x7FF00000000, 0x1F0000, r"C:\Windows\System32\ntdll.dll")
    half.module(0x400000, 0x5000, r"C:\Program Files (x86)\a.exe")
    half.module(0x77000000, 0x180000, r"C:\Windows\SysWOW64\ntdll.dll")
    asked = ask(image, "modules")
    assert [(row["base"], row["end"], row["name"], row["wow64"] is True) for row in asked.rows] == [
        (0x400000, 0x405000, "a.exe", False),
        (0x7FF00000000, 0x7FF001F0000, "ntdll.dll", False),
        (0x400000, 0x405000, "a.exe", True),
        (0x77000000, 0x77180000, "ntdll.dll", True),
    ]
    assert asked.rows[3]["path"] == r"C:\Windows\SysWOW64\ntdll.dll"
    assert asked.notes == []
    assert asked.feet == ["4 modules"]


def test_the_modules_of_a_32_bit_kernel() -> None:
    image = KernelImage("winxp_sp3_x86")
    space = UserSpace(process_of(image), 0x7FFDF000, 4)
    image.processor.current.view["Peb"] = 0x7FFDF000
    space.module(0x1000000, 0x14000, r"C:\WINDOWS\system32\a.exe")
    asked = ask(image, "modules --process a.exe")
    assert [(row["base"], row["path"]) for row in asked.rows] == [
        (0x1000000, r"C:\WINDOWS\system32\a.exe")
    ]


def test_a_list_that_breaks_off() -> None:
    image = KernelImage()
    process = process_of(image)
    space = UserSpace(process, PEB, 8)
    first = space.module(0x400000, 0x5000, r"C:\a.exe")
    second = space.module(0x500000, 0x5000, r"C:\b.dll")
    third = space.module(0x600000, 0x5000, r"C:\c.dll")
    process.user.write(third + 8, first.to_bytes(8, "little"))  # Blink
    asked = ask(image, "modules")
    assert [row["name"] for row in asked.rows] == ["a.exe", "b.dll"]
    assert asked.notes == [
        f"the list of modules breaks off: 0x{third:x}: the list of modules is broken"
    ]
    assert asked.run.failed
    process.user.write(third + 8, second.to_bytes(8, "little"))
    process.user.write(second + 0x58 + 8, (0x1234000).to_bytes(8, "little"))  # BaseDllName.Buffer
    asked = ask(image, "modules")
    assert [row["path"] for row in asked.rows] == [r"C:\a.exe", r"C:\b.dll", r"C:\c.dll"]
    lost = asked.rows[1]["name"]
    assert isinstance(lost, Absent)
    assert lost.reason is Reason.NOT_MAPPED  # type: ignore[attr-defined]


def test_lists_and_names_that_can_not_be(monkeypatch: pytest.MonkeyPatch) -> None:
    image = KernelImage()
    process = process_of(image)
    space = UserSpace(process, PEB, 8)
    first, second = (space.module(0x400000, 0x5000, rf"C:\{name}.dll") for name in "ab")
    # BaseDllName of each: Length, MaximumLength.
    process.user.write(first + 0x58, struct.pack("<HH", 10, 8))
    process.user.write(second + 0x58, struct.pack("<HH", 5, 12))
    names = [row["name"] for row in ask(image, "modules").objects()]
    assert names == [None, None]
    why = [row["unavailable"]["name"] for row in ask(image, "modules").objects()]
    assert "10" in why[0] and "8" in why[0] and "5" in why[1]
    # The second leads to itself: a circle without the head.
    process.user.write(second, struct.pack("<QQ", second, first))
    asked = ask(image, "modules")
    assert [row["path"] for row in asked.rows] == [r"C:\a.dll", r"C:\b.dll"]
    assert asked.notes[0].endswith(f"0x{second:x}: the list of modules is broken")
    monkeypatch.setattr("pykd_handle.usermode.peb._MOST_MODULES", 1)
    asked = ask(image, "modules")
    assert len(asked.rows) == 1
    assert "the list of modules breaks off: " in asked.notes[0] and "more than 1 " in asked.notes[0]
    process.user.write(PEB + 0x18, bytes(8))  # Ldr: the loader has not run yet
    assert ask(image, "modules").notes == [
        f"the loader's list can't be read: 0x{PEB:x}: there is no loader's list here"
    ]


def test_a_dump_without_the_process_says_so() -> None:
    image = KernelImage()
    process_of(image)
    asked = ask(image, "modules")
    assert asked.rows == []
    assert asked.notes == [
        "the loader's list can't be read: 0x2ff018: not mapped",
    ]
    assert ask(image, "modules --process 4").notes == ["the process has no PEB"]


# The signatures and places of each time, as 32-bit numbers: (offset, value).
HEAPS: Dict[str, Tuple[int, List[Tuple[int, int]], str]] = {
    "xp": (4, [(8, OLD_HEAP), (0xC, 2), (0x30, 1)], "winxp_sp3_x86"),
    "2003 x64": (8, [(0x10, OLD_HEAP), (0x14, 2), (0x50, 1)], "win2003_sp2_x64"),
    "vista x86": (4, [(8, NT_HEAP), (0x64, OLD_HEAP), (0x40, 2), (0x80, 1)], "vista_sp2_x86"),
    "7 x64": (8, [(0x10, NT_HEAP), (0xA0, OLD_HEAP), (0x70, 2), (0xD8, 1)], "win7_sp1_x64"),
    "8 x86": (4, [(8, NT_HEAP), (0x60, OLD_HEAP), (0x40, 2), (0x7C, 1)], "win8_x86"),
    "10 x64": (8, [(0x10, NT_HEAP), (0x98, OLD_HEAP), (0x70, 2), (0xD0, 1)], "win10_19041_x64"),
}


@pytest.mark.parametrize("form", HEAPS)
def test_heaps_by_their_signatures(form: str) -> None:
    width, fields, layout = HEAPS[form]
    image = KernelImage(layout)
    space = UserSpace(process_of(image), PEB, width)
    space.heap(0x1A0000, fields)
    space.heap(0x1B0000, [(2 * width, SEGMENT_HEAP)])
    space.heap(0x1C0000, [(2 * width, 0x12345678)])
    asked = ask(image, "heaps")
    first, second, third = asked.rows
    assert (first["heap"], first["address"], first["kind"], first["flags"]) == (
        0, 0x1A0000, "NT heap", 2,
    )  # fmt: skip
    assert first["default"] is True
    assert (second["kind"], second["flags"]) == ("segment heap", NO_VALUE)
    assert second["default"] is NO_VALUE
    assert isinstance(third["kind"], Absent)
    assert asked.notes == []


def test_what_is_odd_about_heaps_is_told() -> None:
    width, fields, layout = HEAPS["10 x64"]
    image = KernelImage(layout)
    process = process_of(image)
    space = UserSpace(process, PEB, width)
    space.heap(0x1A0000, fields)
    space.heap(0x1B0000, fields)  # also the first of the list, by what it says
    assert ask(image, "heaps").notes == [
        "heap 1 at 0x1b0000 says of itself that it is the 1. of the list"
    ]
    process.user.write(PEB + 0x30, (0x1B0000).to_bytes(8, "little"))  # ProcessHeap
    assert "the first heap, 0x1a0000, is not ProcessHeap 0x1b0000" in ask(image, "heaps").notes
    process.user.write(PEB + 0x30, (0x1A0000).to_bytes(8, "little"))
    process.user.write(PEB + 0xE8, (5000).to_bytes(4, "little"))  # NumberOfHeaps
    assert "the PEB counts 5000 heaps and has room for 16" in ask(image, "heaps").notes
    # NumberOfHeaps, MaximumNumberOfHeaps, and more of them than are looked at.
    room = "the PEB counts 5000 heaps and has room for 2000"
    bound = {count: f"of {count} heaps in the PEB 1024 are looked at" for count in (1500, 2000)}
    for count, told in ((1500, [bound[1500]]), (5000, [room, bound[2000]]), (1024, [])):
        process.user.write(PEB + 0xE8, struct.pack("<II", count, 2000))
        notes = ask(image, "heaps").notes
        assert [note for note in notes if " PEB " in note] == told
    process.user.write(PEB + 0xE8, (2).to_bytes(4, "little"))
    process.user.write(PEB + 0xF0, (0x7FF000000000).to_bytes(8, "little"))  # ProcessHeaps
    asked = ask(image, "heaps")
    assert [row["address"] for row in asked.rows] == [0x1A0000], "ProcessHeap stands for the list"
    assert asked.notes == ["2 of 2 heaps are not known: 0x7ff000000000: not mapped"]


def test_each_process_its_own_in_a_dump(tmp_path: Path) -> None:
    image = KernelImage()
    for name, pid, base in (("one.exe", 0x104, 0x400000), ("two.exe", 0x208, 0x500000)):
        process = image.processor.current = image.processes.add(name, pid, peb=PEB)
        UserSpace(process, PEB, 8).module(base, 0x1000, rf"C:\{name}")
    (tmp_path / "nt.json").write_text(dump_text(image.isf()))
    write_full_dump(image, tmp_path / "x.dmp")
    with open_dump(tmp_path / "x.dmp", tmp_path / "nt.json") as kernel:
        for name, base in (("one.exe", 0x400000), ("two.exe", 0x500000)):
            rows = Asked(kernel, f"modules --process {name}").rows
            assert [(row["process"], row["base"], row["name"]) for row in rows] == [
                (name, base, name)
            ]


@pytest.mark.usefixtures("shared")
def test_a_real_process() -> None:
    """A minidump of Windows 11: of its three heaps the list is not in it, the PEB and the loader's
    list are."""
    with open_dump(real_file("2e852e97_tiny-exe-with-cet-xsave.dmp")) as kernel:
        asked = Asked(kernel, "heaps")
        (row,) = asked.rows
        assert row["address"] == 0x2A658530000
        assert isinstance(row["kind"], Absent)
        assert asked.notes == ["3 of 3 heaps are not known: 0x7ff9112b7da0: not in the dump"]
        modules = Asked(kernel, "modules")
    # The loader's list is there but for its last entry; the dump's own list, written by another
    # program, has the same modules.
    data = real_file("2e852e97_tiny-exe-with-cet-xsave.dmp").read_bytes()
    (count,) = struct.unpack_from("<I", data, 0xBD0)
    listed = [struct.unpack_from("<QI", data, 0xBD4 + 108 * at) for at in range(count)]
    by_loader = [row for row in modules.rows if row["source"] == "PEB.Ldr"]
    assert len(by_loader) == 24
    assert {(row["base"], row["end"] - row["base"]) for row in by_loader} < set(listed)
    assert {row["base"] for row in modules.rows} == {base for base, _ in listed}
    assert by_loader[1]["path"] == r"C:\WINDOWS\SYSTEM32\ntdll.dll"
    assert modules.notes == ["the list of modules breaks off: 0x2a65853cea8: not in the dump"]


@pytest.mark.usefixtures("shared")
def test_the_heaps_of_a_real_process() -> None:
    """A triage dump of 19041 that holds pieces of svchost.exe: the signatures, flags and the list
    of four heaps as they stand in the file."""
    with open_dump(real_file("bsod_ef.dmp")) as kernel:
        rows = Asked(kernel, "heaps").rows
        assert [(row["address"], row["kind"] or None, row["flags"] or None) for row in rows] == [
            (0x1C6FBAA0000, "segment heap", None),
            (0x1C6FBA30000, "NT heap", 0x8000),
            (0x1C6FBBA0000, None, None),
            (0x1C6FC415000, "segment heap", None),
        ]
        regions = Asked(kernel, "regions")
        (heap,) = [row for row in regions.rows if row["start"] == 0x1C6FBAA0000]
        assert (heap["kind"], heap["protection"]) == ("private", "read write")
        assert all("not in the dump" in note for note in regions.notes)
        found = Asked(kernel, "explain 1c6fbaa0000").rows
        assert {row["family"] for row in found} == {"heap", "in a region"}


@pytest.mark.usefixtures("shared")
def test_the_places_in_the_peb_are_those_of_every_build() -> None:
    from pykd_handle.usermode.peb import _PLACES

    checked = 0
    for path in sorted((SHARED / "layouts").glob("*.json")):
        data: Any = json.loads(path.read_text("utf-8"))
        types = data.get("user_types", {})
        for name, width in (("_PEB", 8 if "x86" not in path.name else 4), ("_PEB32", 4)):
            for field in _PLACES[8]._fields:
                for owner in (name, "_PEB_LDR_DATA", "_LDR_DATA_TABLE_ENTRY"):
                    if owner != name and name == "_PEB32":
                        continue
                    found = types.get(owner, {}).get("fields", {}).get(field)
                    if found is not None:
                        place = getattr(_PLACES[width], field)
                        assert found["offset"] == place, (path.name, owner, field)
                        checked += 1
    assert checked > 500
