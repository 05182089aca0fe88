"""``regions``: trees of descriptors in every form that they have had."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from mocks import KernelImage
from mocks.builds import load
from mocks.handle_engine import MockEngine
from mocks.minidump import make_minidump
from mocks.process import MockProcess
from mocks.target import MockTarget
from mocks.user_space import Vads
from pykd_handle import open_dump
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.model.user import UserKernel
from pykd_handle.render.words import words
from pykd_handle.usermode.engine import EngineSource
from pykd_handle.values import NO_VALUE, Absent, PykdHandleError

from ..needs import SHARED, real_file
from .asking import Asked

FORMS = [
    "winxp_sp3_x86",
    "win2003_sp2_x64",
    "vista_sp2_x86",
    "win7_sp1_x64",
    "win8_x64",
    "win81_x64",
    "win10_19041_x64",
    "win10_19041_x86",
    "win11_26100_x64",
]
# Up to Windows 8 a process has 8 TB, from 8.1 on 128: page numbers of more than 32 bits.
HIGH = {**dict.fromkeys(FORMS, 0x7FE00000000), **dict.fromkeys(FORMS[5:], 0x7FF800000000)}
HIGH.update((layout, 0x77000000) for layout in FORMS if layout.endswith("x86"))
NTDLL = r"\Windows\System32\ntdll.dll"


def built(layout: str) -> Tuple[KernelImage, MockProcess, List[int]]:
    """A process with a private region, a mapped section and an image above 4 GB where it can be."""
    image = KernelImage(layout)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    high = HIGH[layout]
    vads = Vads(image, process)
    made = [
        vads.add(high, 0x1F0000, image.files.open(NTDLL), image=True, protection=7),
        vads.add(0x10000, 0x10000, section=True),
        vads.add(0x20000, 0x1000),
        vads.add(0x7FFE0000, 0x1000, protection=1),
    ]
    return image, process, made


@pytest.mark.parametrize("layout", FORMS)
def test_the_regions_of_a_process(layout: str) -> None:
    image, _, made = built(layout)
    asked = Asked(KernelMode(MockTarget(image)), "regions")
    rows = asked.rows
    high = HIGH[layout]
    ends = [(0x10000, 0x20000), (0x20000, 0x21000), (0x7FFE0000, 0x7FFE1000)]
    ends.append((high, high + 0x1F0000))
    assert [(row["start"], row["end"]) for row in rows] == sorted(ends)
    by_vad = {row["vad"]: row for row in rows}
    ntdll, shared, own, kuser = (by_vad[address] for address in made)
    assert (ntdll["kind"], ntdll["file"]) == ("image", rf"\Device\HarddiskVolume3{NTDLL}")
    assert (shared["kind"], shared["file"]) == ("mapped", NO_VALUE)
    assert own["kind"] == kuser["kind"] == "private"
    if layout.startswith("win10_19041"):  # whose flags the layouts know
        words = [row["protection"] for row in (ntdll, shared, own, kuser)]
        assert words == ["execute write copy", "read write", "read write", "read"]
    else:
        assert all(isinstance(row["protection"], Absent) for row in rows)
    assert asked.notes == []
    assert asked.feet == ["4 regions"]


def test_a_descriptor_byte_by_byte() -> None:
    """The bytes are those of 19041's public symbols: children at 0 and 8, page numbers at 0x18 and
    0x1C, their upper bits at 0x20 and 0x21, flags at 0x30, the subsection at 0x48."""
    image = KernelImage("win10_19041_x64")
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    area = image.sections.control_area(image.files.open(NTDLL), 0x1000, True)
    subsection, right, top = (image.pool.allocate(0x88, image.pool.nonpaged) for _ in range(3))
    image.memory.write(subsection, struct.pack("<Q", area))
    flags = 2 << 4 | 7 << 7  # VadType, Protection
    body = struct.pack("<QQQIIBB14xI", 0, right, 0, 0xF0000000, 3, 6, 7, flags)
    image.memory.write(top, body)
    image.memory.write(top + 0x48, struct.pack("<Q", subsection))
    private = 4 << 7 | 1 << 20
    body = struct.pack("<QQQIIBB14xI", 0, 0, 0, 0xFFFFFFF0, 0xFFFFFFF0, 7, 7, private)
    image.memory.write(right, body)
    image.memory.write(process.address + 0x7D8, struct.pack("<Q", top))  # VadRoot
    rows = Asked(KernelMode(MockTarget(image)), "regions").rows
    found = [(row["start"], row["end"], row["kind"], row["protection"]) for row in rows]
    assert found == [
        (0x6F0000000000, 0x700000004000, "image", "execute write copy"),
        (0x7FFFFFFF0000, 0x7FFFFFFF1000, "private", "read write"),
    ]


# For each: the process's pointer to the top node; a node's children, page numbers and flags, each a
# pointer long, with the flag of a private one; where a mapped one has its control area, and whether
# a subsection leads to it. By public symbols.
OLD = {
    "winxp_sp3_x86": (0x11C, "<IIIIII", (3, 4, 0, 1, 5), 1 << 31, 0x18, False),
    "win7_sp1_x64": (0x458, "<QQQQQQ", (1, 2, 3, 4, 5), 1 << 63, 0x48, True),
}


@pytest.mark.parametrize("layout", OLD)
def test_older_descriptors_byte_by_byte(layout: str) -> None:
    root, form, places, private, at_area, indirect = OLD[layout]
    image = KernelImage(layout)
    width = image.build.pointer_size
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    leads = area = image.sections.control_area(image.files.open(NTDLL), 0x1000, True)
    left, right, top, leads_to_area = (
        image.pool.allocate(0x88, image.pool.nonpaged) for _ in range(4)
    )
    if indirect:
        image.memory.write(leads_to_area, area.to_bytes(width, "little"))
        leads = leads_to_area

    def write(node: int, *values: int) -> None:
        fields = [0] * 6
        for place, value in zip(places, values):
            fields[place] = value
        image.memory.write(node, struct.pack(form, *fields))

    write(top, left, right, 0x77000, 0x77003, 0)
    image.memory.write(top + at_area, leads.to_bytes(width, "little"))
    write(left, 0, 0, 0x10, 0x1F, private)
    write(right, 0, 0, 0x7FFE0, 0x7FFE0, private)
    image.memory.write(process.address + root, top.to_bytes(width, "little"))
    asked = Asked(KernelMode(MockTarget(image)), "regions")
    found = [(row["vad"], row["start"], row["end"], row["kind"]) for row in asked.rows]
    assert found == [
        (left, 0x10000, 0x20000, "private"),
        (top, 0x77000000, 0x77004000, "image"),
        (right, 0x7FFE0000, 0x7FFE1000, "private"),
    ]
    assert asked.rows[1]["file"] == rf"\Device\HarddiskVolume3{NTDLL}"
    assert asked.notes == []


@pytest.mark.usefixtures("shared")
def test_the_forms_are_those_of_public_symbols() -> None:
    """Held against figures that were computed from other extractions of the same PDBs."""
    facts = json.loads((SHARED / "facts" / "win32k-heaps-traces.json").read_text())["vad"]
    layouts = {"xp_sp3_x86": "winxp_sp3_x86", "win10_x64_19041": "win10_19041_x64"}
    layouts.update({"win2003_sp2_x64": "win2003_sp2_x64", "vista_sp2_x86": "vista_sp2_x86"})
    layouts.update({"win7_sp1_x64": "win7_sp1_x64", "win8_sp0_x64": "win8_x64"})
    layouts.update({"win8_sp0_x86": "win8_x86", "win81_u1_x64": "win81_x64"})
    layouts.update({"win10_x86_19041": "win10_19041_x86", "win81_u1_x86": "win81_x86"})
    checked = 0
    for kind in ("_MMVAD", "_MMVAD_SHORT"):
        for row in facts[f"rows_{kind}"]:
            for profile in set(row["profiles"]) & set(layouts):
                layout = load(layouts[profile])
                if not layout.has_struct(kind):
                    continue
                found = layout.struct(kind)
                for field, offset in row["values"].items():
                    if field == "size":
                        assert found.size == offset, (profile, kind)
                    elif offset is not None and found.has(field):
                        assert found.offset(field) == offset, (profile, kind, field)
                        checked += 1
    assert checked > 40


def test_a_tree_that_leads_in_a_circle_or_nowhere_is_told_and_the_rest_is_there() -> None:
    image, _, made = built("win10_19041_x64")
    ntdll = image.memory.view("_MMVAD_SHORT", made[0])
    ntdll["VadNode.Left"] = made[1]  # which is above it
    asked = Asked(KernelMode(MockTarget(image)), "regions")
    assert len(asked.rows) == 4
    assert len(asked.notes) == 1
    assert asked.run.failed
    ntdll["VadNode.Left"] = 0x1234
    asked = Asked(KernelMode(MockTarget(image)), "regions")
    assert asked.notes == [
        "a part of the regions can't be read: 0x1234: VadRoot is no address of the kernel"
    ]
    image.memory.drop_page(made[0])
    asked = Asked(KernelMode(MockTarget(image)), "regions")
    assert all("not in the dump" in note for note in asked.notes)


def test_a_bound_on_regions_and_one_that_ends_before_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, process, made = built("win10_19041_x64")
    own = image.memory.view("_MMVAD_SHORT", made[2])
    own["StartingVpn"] = 0x21
    asked = Asked(KernelMode(MockTarget(image)), "regions")
    assert [row["vad"] for row in asked.rows] == [made[3], made[0]]
    assert asked.notes == [
        f"a part of the regions can't be read: 0x{made[2]:x}: there is no region here"
    ]
    own["StartingVpn"] = 0x20
    monkeypatch.setattr("pykd_handle.kernel.vads._MOST_REGIONS", 3)
    asked = Asked(KernelMode(MockTarget(image)), "regions")
    assert len(asked.rows) == 3
    assert "the list of regions has more than 3 entries" in asked.notes[0]
    # One address is looked for on one way down, which may lead in a circle, too.
    (top,) = [vad for vad in made if image.memory.pointer(process.view.at("VadRoot.Root")) == vad]
    image.memory.view("_MMVAD_SHORT", top)["VadNode.Left"] = top
    named = KernelMode(MockTarget(image)).current_process
    with pytest.raises(PykdHandleError) as raised:
        named.region_at(0)
    assert words(raised.value) == f"0x{top:x}: the list of regions is broken"


def test_what_a_section_leads_to_may_be_nothing() -> None:
    """It is a section's for certain, by its flags, and then its file is not known."""
    image, _, made = built("win10_19041_x64")
    ntdll = image.memory.view("_MMVAD", made[0])
    subsection = ntdll["Subsection"]
    area = image.memory.pointer(subsection)
    image.memory.view("_CONTROL_AREA", area)["FilePointer.Value"] = 0x1237

    def file() -> str:
        rows = Asked(KernelMode(MockTarget(image)), "regions").objects()
        (row,) = [row for row in rows if row["vad"] == f"0x{made[0]:x}"]
        assert row["file"] is None
        return str(row["unavailable"]["file"])

    assert file() == "0x1230: FilePointer is no address of the kernel"
    image.memory.set_pointer(subsection, 0x1238)
    assert file() == f"0x{subsection:x}: there is no _SUBSECTION here"
    ntdll["Subsection"] = 0x1238
    assert file() == "0x1238: there is no control area here"


def test_a_control_area_that_its_segment_does_not_lead_back_to_is_none() -> None:
    image, _, made = built("win7_sp1_x64")  # without flags: only that link speaks for a section
    rows = {row["vad"]: row for row in Asked(KernelMode(MockTarget(image)), "regions").rows}
    area: Any = rows[made[0]]["control_area"]
    image.memory.view("_SEGMENT", image.memory.view("_CONTROL_AREA", area)["Segment"])[
        "ControlArea"
    ] = made[0]
    rows = {row["vad"]: row for row in Asked(KernelMode(MockTarget(image)), "regions").rows}
    assert rows[made[0]]["control_area"] is rows[made[0]]["file"] is NO_VALUE
    assert rows[made[0]]["kind"] == "private"


def test_each_descriptor_is_read_once() -> None:
    image = KernelImage("win10_19041_x64")
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    vads = Vads(image, process)
    for number in range(200):
        vads.add(0x10000 * (number + 1), 0x1000)
    target = MockTarget(image)
    kernel = KernelMode(target)
    named = kernel.current_process
    assert named.image == "a.exe"
    target.log.clear()
    assert len(list(named.regions())) == 200
    assert len(target.log) == 201, "the root, and each of them"
    target.log.clear()
    found = named.region_at(0x640000)
    assert found is not None
    assert found.start == 0x640000
    assert len(target.log) <= 1 + 8, "as deep as a balanced tree of 200 is"


def test_a_session_does_not_list_them() -> None:
    asked = Asked(UserKernel(EngineSource(MockEngine([]))), "regions")
    assert asked.notes == ["the regions of a process: a kernel has them, and a minidump"]


@pytest.mark.usefixtures("shared")
def test_those_that_a_real_minidump_lists() -> None:
    """Windows 11: the PEB's page, and the GDI handle table, of which is known that it has 65536
    entries of 24 bytes and a page, mapped, to be read."""
    with open_dump(real_file("2e852e97_tiny-exe-with-cet-xsave.dmp")) as kernel:
        rows = Asked(kernel, "regions").rows
        peb = [row for row in rows if row["start"] <= 0xCBC80B8000 < row["end"]]
        assert [(row["kind"], row["protection"]) for row in peb] == [("private", "read write")]
        gdi = [row for row in rows if row["end"] - row["start"] == 65536 * 24 + 0x1000]
        assert [(row["kind"], row["protection"]) for row in gdi] == [("mapped", "read")]
        ntdll = Asked(kernel, "explain 7ff911141000").rows
        assert {row["family"] for row in ntdll} == {"in a region", "in a module"}


def test_a_list_of_regions_by_hand(tmp_path: Path) -> None:
    """MINIDUMP_MEMORY_INFO_LIST: a head of 16 bytes, entries of 48: BaseAddress, AllocationBase,
    AllocationProtect, RegionSize, State, Protect, Type."""
    entries = [
        (0x10000, 0x10000, 4, 0x2000, 0x1000, 4, 0x20000),
        (0x20000, 0x20000, 4, 0x1000, 0x2000, 0, 0x20000),  # reserved
        (0x30000, 0, 0, 0x5000, 0x10000, 1, 0),  # free
        (0x40000, 0x40000, 0x80, 0x1000, 0x1000, 0x120, 0x1000000),  # guard
    ]
    body = b"".join(struct.pack("<QQI4xQIII4x", *entry) for entry in entries)

    def shown(count: int, size: int = 48, question: str = "regions") -> Asked:
        made = make_minidump([])
        data = bytearray(made.data)
        # In the place of the stream of memory, whose list is empty.
        struct.pack_into("<III", data, made.at["directory:5"], 16, 16 + len(body), len(data))
        (tmp_path / "x.dmp").write_bytes(data + struct.pack("<IIQ", 16, size, count) + body)
        with open_dump(tmp_path / "x.dmp") as kernel:
            return Asked(kernel, question)

    asked = shown(4)
    found = [(row["start"], row["end"], row["kind"], row["protection"]) for row in asked.rows]
    assert found == [
        (0x10000, 0x12000, "private", "read write"),
        (0x20000, 0x21000, "private", "reserved"),
        (0x40000, 0x41000, "image", "execute read, guard"),
    ]
    assert asked.notes == []
    assert shown(1 << 40).notes == [f"the dump announces {1 << 40} regions; 4 are read"]
    assert shown(4, 8).notes == ["the list of regions has entries of 8 bytes, which can't be"]
    # What explain can't find in a list that is not whole may lie in a region all the same.
    cut = "regions: not looked at (mock.exe (pid 0x1234): the dump announces 5 regions; 4 are read)"
    assert cut in shown(5, question="explain 50000").notes
    inside = shown(5, question="explain 10008")
    assert [row["family"] for row in inside.rows] == ["in a region"]
    assert not any("regions" in note for note in inside.notes)
    outside = shown(4, question="explain 50000")
    assert outside.rows == [] and not any("regions" in note for note in outside.notes)


def test_a_minidump_without_a_list_of_regions_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.dmp").write_bytes(make_minidump([]).data)
    with open_dump(tmp_path / "x.dmp") as kernel:
        asked = Asked(kernel, "explain 10008")
    assert (
        "regions: not looked at (mock.exe (pid 0x1234): the dump has no list of regions: write it "
        "with .dump /mi)" in asked.notes
    )
