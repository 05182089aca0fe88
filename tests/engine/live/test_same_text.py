"""On a live machine the command prints what it prints from a dump of the same machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks.kd import KdTarget

from ..rig import Rig
from .conftest import Lab, OnDump, ask_dump, make_lab

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
    notepad, system = image.processor.current, image.processes.system
    smss = image.processes.add("smss.exe", 0x138, session=0)
    image.processes.add_thread(smss, 0x13C)
    gone = image.processes.add("setup.exe", 0xE2C, session=1)
    file = image.files.open("\\Users\\user\\notes.txt")
    for process in (notepad, system, smss):
        process.handle(image.objects.event("\\BaseNamedObjects\\Ready" + process.name), 0x1F0003)
        process.handle(image.objects.event(), 0x1F0003, inherit=True)
        process.handle(file, 0x120089, protect=True)
        process.handle(
            image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM\\" + process.name, hive_entry=True)
        )
        process.handle(image.sections.add(file), 0x4)
        process.handle(image.sections.add(name="\\BaseNamedObjects\\Shared" + process.name))
    system.handle(image.files.open("\\pagefile.sys"), 0x13019F)
    notepad.handle(smss, 0x1000)
    notepad.handle(smss.threads[0])
    notepad.handle(gone, 0x101000)
    notepad.handle(image.objects.mutant("\\Sessions\\1\\BaseNamedObjects\\single"))
    notepad.handle(image.objects.symbolic_link("\\GLOBAL??\\C:", "\\Device\\HarddiskVolume3"))
    notepad.handle(image.objects.directory("\\KnownDlls"), 0x3)
    notepad.handle(image.tokens.add(), 0xE)
    notepad.handles(600, [image.objects.event() for _ in range(40)])
    gone.exit()
    notepad.close(notepad.handle(image.objects.event()))


def test_the_same_text_as_from_a_dump(lab: Lab, on_dump: OnDump) -> None:
    furnish(lab)
    live, dump = lab.live(*COMMANDS), on_dump(*COMMANDS)
    for words, from_live, from_dump in zip(COMMANDS, live, dump):
        assert from_live == from_dump, words
    # What is compared is what was wanted.
    text = dict(zip(COMMANDS, (output for _, output, _ in live)))
    assert text[""].count("ObjectHeader: ") == lab.image.processor.current.table.handle_count
    assert "Users\\user\\notes.txt {HarddiskVolume3}" in text["0 3 0 File"]
    assert text["0 3 0 File"].count("Type: ") == 4
    assert "Kernel handle table" in text["14 13"] and "0014: Object: " in text["14 13"]
    assert "80000014: Object: " in text["80000014 3"]
    assert "free handle" in text["0 7"]
    assert "SYSTEM\\smss.exe" in text["0 3 0 Key"]


# Each machine, and a table, an entry and a header of each time.
OTHERS = (
    "winxp_sp3_x86",
    "win2003_sp2_x64",
    "win81_x86",
    "win11_26100_x64",
    "win11_26100_arm64",
)


@pytest.mark.parametrize("layout", OTHERS)
def test_other_kernels(
    rig: Rig, tmp_path: Path, layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tables, entries and headers of other times, and other machines."""
    lab = make_lab(rig, tmp_path, layout)
    image = lab.image
    process = image.processor.current = image.processes.add("notepad.exe", 0x1514, session=None)
    process.handle(image.objects.event("\\BaseNamedObjects\\Ready"), 0x1F0003, protect=True)
    process.handle(image.processes.system, 0x1000)
    process.handles(600, [image.objects.event() for _ in range(40)])
    if image.build.has_struct("_FILE_OBJECT"):
        process.handle(image.files.open("\\a.txt"), 0x120089)
    image.processes.system.handle(image.objects.directory("\\KnownDlls"), 0x3)
    commands = ("0 3", "0 7 0", "80000004", "1514 23", "0 13", "0 3 0 Directory")
    live, dump = lab.live(*commands), ask_dump(lab, capsys, *commands)
    for words, from_live, from_dump in zip(commands, live, dump):
        assert from_live == from_dump, words
    code, output, errors = live[0]
    assert (code, errors) == (0, "")
    assert "Image: notepad.exe" in output and "Name: Ready\n" in output
    named = output.count("Name: \\a.txt {HarddiskVolume3}")
    assert named == (0 if image.build.arch == "arm64" else 1)
    assert "KnownDlls" in live[5][1] and "Image: notepad.exe" in live[3][1]


def test_in_the_debugger_by_its_own_command(lab: Lab, on_dump: OnDump) -> None:
    furnish(lab)
    script = lab.folder / "list.py"
    script.write_text("from pykd_handle.cli import main\nmain(['0', '3'])\n")
    with KdTarget(lab.image) as machine:
        said = lab.host(machine, [f"!py {script}"])
    ((_, output, _),) = on_dump("0 3")
    assert output.strip() in said
