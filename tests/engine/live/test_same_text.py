"""On a live machine the command prints what it prints from a dump of the same machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks.kd import KdTarget
from mocks.linked import linked_kernel
from mocks.pdb import ToolchainMissing

from ..rig import Rig
from .conftest import Lab, OnDump

COMMANDS = (
    "",
    "0 3",
    "0 0",
    "0 1",
    "0 7",
    "0 7 0",
    "14 13",
    "80000014 3",
    "0 3 0 File",
    "0 3 0 Key",
    "8 3 138",
    "0 20",
    "4c3 3",
    "0 3 0 NoSuchType",
    "0 3 999",
    "0 3 --format jsonl",
)


def furnish(lab: Lab) -> None:
    """Objects of every family, in several processes."""
    image = lab.image
    notepad, system = image.current, image.system
    smss = image.process("smss.exe", 0x138, session=0)
    image.thread(smss, 0x13C)
    gone = image.process("setup.exe", 0xE2C, session=1)
    file = image.file("\\Users\\user\\notes.txt")
    for process in (notepad, system, smss):
        process.handle(image.event("\\BaseNamedObjects\\Ready" + process.name), 0x1F0003)
        process.handle(image.event(), 0x1F0003, inherit=True)
        process.handle(file, 0x120089, protect=True)
        process.handle(image.key("\\REGISTRY\\MACHINE\\SYSTEM\\" + process.name, hive_entry=True))
        process.handle(image.section(file), 0x4)
        process.handle(image.section(name="\\BaseNamedObjects\\Shared" + process.name))
    system.handle(image.file("\\pagefile.sys"), 0x13019F)
    notepad.handle(smss, 0x1000)
    notepad.handle(smss.threads[0])
    notepad.handle(gone, 0x101000)
    notepad.handle(image.mutant("\\Sessions\\1\\BaseNamedObjects\\single"))
    notepad.handle(image.symbolic_link("\\GLOBAL??\\C:", "\\Device\\HarddiskVolume3"))
    notepad.handle(image.directory("\\KnownDlls"), 0x3)
    notepad.handle(image.token(), 0xE)
    notepad.handles(600, [image.event() for _ in range(40)])
    gone.exit()
    notepad.close(notepad.handle(image.event()))


def test_the_same_text_as_from_a_dump(lab: Lab, on_dump: OnDump) -> None:
    furnish(lab)
    live, dump = lab.live(*COMMANDS), on_dump(*COMMANDS)
    for words, from_live, from_dump in zip(COMMANDS, live, dump):
        assert from_live == from_dump, words
    # What is compared is what was wanted.
    text = dict(zip(COMMANDS, (output for _, output, _ in live)))
    assert text[""].count("ObjectHeader: ") == lab.image.current.table.handle_count
    assert "Users\\user\\notes.txt {HarddiskVolume3}" in text["0 3 0 File"]
    assert text["0 3 0 File"].count("Type: ") == 4
    assert "Kernel handle table" in text["14 13"] and "0014: Object: " in text["14 13"]
    assert "80000014: Object: " in text["80000014 3"]
    assert "free handle" in text["0 7"]
    assert "SYSTEM\\smss.exe" in text["0 3 0 Key"]


@pytest.mark.parametrize(
    "layout", ["win2003_sp2_x64", "win7_sp1_x64", "win10_14393_x64", "win11_26100_x64"]
)
def test_other_kernels(rig: Rig, tmp_path: Path, layout: str) -> None:
    """Tables, entries and headers of other times."""
    try:
        linked = linked_kernel(layout)
    except ToolchainMissing as reason:
        pytest.skip(str(reason))
    lab = Lab(rig, linked, tmp_path)
    process = lab.image.process("notepad.exe", 0x1514, session=1)
    lab.image.current = process
    process.handle(lab.image.event("\\BaseNamedObjects\\Ready"), 0x1F0003)
    process.handle(lab.image.file("\\a.txt"), 0x120089)
    ((code, output, errors),) = lab.live("0 3")
    assert (code, errors) == (0, "")
    assert "Image: notepad.exe" in output and "Name: Ready\n" in output
    assert "Name: \\a.txt {HarddiskVolume3}" in output


def test_in_the_debugger_by_its_own_command(lab: Lab, on_dump: OnDump) -> None:
    furnish(lab)
    script = lab.folder / "list.py"
    script.write_text("from pykd_handle.cli import main\nmain(['0', '3'])\n")
    with KdTarget(lab.image) as machine:
        said = lab.host(machine, [f"!py {script}"])
    ((_, output, _),) = on_dump("0 3")
    assert output.strip() in said
