"""What the documents say, checked against what they speak of."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.sample import sample_image
from mocks.target import MockTarget
from mocks.user_space import UserSpace, Vads
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.setup.install import parse_options

from .commands.asking import Asked
from .commands.zoo import AuditZoo
from .engine.commands import on_stand_in

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("pykd_handle", "mocks", "tests", "tools")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
SUFFIXES = ((1, "(Protected)"), (2, "(Inherit)"), (4, "(Audit)"))


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def rows(text: str) -> Iterator[List[str]]:
    """The cells of every line of every table."""
    for line in text.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def printed(bits: int) -> str:
    """What WinDbg prints for these three bits, by the rule that the document states."""
    return " ".join(text for bit, text in SUFFIXES if bits & bit)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


# --- CONTRIBUTING.md ---------------------------------------------------------------------------


def test_what_the_recipes_name_is_there() -> None:
    """Files, and what stands in one: `NAME` (`file.py`), `NAME` of `file.py`."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = [path.as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    made = {"io_completion_reserve.py", "pids.py", "test_pids.py", "NAME.py"}  # by a recipe
    for name in set(re.findall(r"`([\w/]+\.py)`", text)):
        found = any(file.endswith(f"/{name}") for file in files)
        assert found or Path(name).name in made, f"CONTRIBUTING.md names {name}"
    pairs = re.findall(r"`(\w+)`\s+(?:of\s|in\s|\()`([\w/]+\.py)`", text)
    assert len(pairs) > 10
    for name, file in pairs:
        places = [Path(path) for path in files if path.endswith(f"/{file}")]
        assert any(name in path.read_text(encoding="utf-8") for path in places), (name, file)


# --- explain.md --------------------------------------------------------------------------------


def test_what_a_process_has_is_what_the_commands_print() -> None:
    image = KernelImage("win10_19041_x64")
    peb, ntdll = 0x2FF000, r"\Windows\System32\ntdll.dll"
    process = image.processor.current = image.processes.add("notepad.exe", 0x1514, peb=peb)
    space = UserSpace(process, peb, 8)
    space.module(0x7FF600000000, 0x38000, r"C:\Windows\System32\notepad.exe")
    space.module(0x7FF800000000, 0x1F0000, "C:" + ntdll)
    # Signatures of an NT heap, its flags and its place in the list; that of a segment heap.
    space.heap(0x1A0000, [(0x10, 0xFFEEFFEE), (0x98, 0xEEFFEEFF), (0x70, 2), (0xD0, 1)])
    space.heap(0x1B0000, [(0x10, 0xDDEEDDEE)])
    vads = Vads(image, process)
    vads.add(0x1A0000, 0x10000)
    vads.add(0x7FF800000000, 0x1F0000, image.files.open(ntdll), image=True, protection=7)
    kernel = KernelMode(MockTarget(image))
    (block,) = re.findall(r"## What a process has\n.*?```text\n(.*?)```", read("explain.md"), re.S)
    prompt = "$ pykd-handle --dump memory.dmp "
    assert block == "".join(
        f"{prompt}{name}\n{Asked(kernel, name).shown('text').lstrip()}"
        for name in ("modules", "heaps", "regions")
    )


def test_who_leaks_gdi_objects_is_what_the_command_prints() -> None:
    image = KernelImage("win10_19041_x64")
    # Slot, owner, the high word of the handle, Objt; see tests/commands/test_gdi.py.
    slots = [(0x10, 0x104, 0x1A05, 5), (0x11, 0x104, 0x220A, 10), (0x12, 0, 0x018A, 10)]
    slots += [(0x20 + at, 0x208, 0x0110, 16) for at in range(9)]
    entries = {at: struct.pack("<QIHBBQ", at, *rest, 0, 0) for at, *rest in slots}
    for name, pid in (("notepad.exe", 0x104), ("leak.exe", 0x208)):
        process = image.processes.add(name, pid, peb=0x2FF000, session=1)
        UserSpace(process, 0x2FF000, 8).gdi_table(0x500000, entries)
    kernel = KernelMode(MockTarget(image))
    (block,) = re.findall(r"## GDI handles\n.*?```text\n(.*?)```", read("explain.md"), re.S)
    asked = ("gdi --by process,type", "gdi --process notepad.exe")
    assert block == "".join(
        f"$ pykd-handle --dump memory.dmp {line}\n{Asked(kernel, line).shown('text').lstrip()}"
        for line in asked
    )


# --- audit.md ----------------------------------------------------------------------------------


def test_the_audit_of_a_machine_made_for_it() -> None:
    command, block = re.findall(
        r"```text\n\$ pykd-handle --dump memory.dmp (.*?)\n(.*?)```", read("audit.md"), re.S
    )[0]
    assert block == Asked(KernelMode(MockTarget(AuditZoo().fill().image)), command).shown("text")


# --- engine.md ---------------------------------------------------------------------------------


def test_the_text_in_full_is_what_the_command_prints() -> None:
    block = read("engine.md").split("`14 13` in full, the same on all three:\n\n```text\n")[1]
    (said,) = on_stand_in(sample_image(), [["14", "13"]])
    assert block.split("```")[0] == said.out


def test_roads_without_the_rig_say_how_to_build_it(tmp_path: Path) -> None:
    env = {**os.environ, "PYKD_HANDLE_RIG": str(tmp_path), "PYKD_HANDLE_RIG_BUILD": "0"}
    words = [sys.executable, "-m", "tests.engine.roads"]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("; run: python -m tests.engine.rig build\n")
    assert done.stderr.count("\n") == 1


# --- coming-from-windbg.md ---------------------------------------------------------------------


def raw_entries() -> List[Tuple[str, ...]]:
    pattern = r"^``([0-9a-f]{8}`[0-9a-f]{8})``$"
    found = []
    for cells in rows(read("coming-from-windbg.md")):
        match = len(cells) == 5 and re.match(pattern, cells[1])
        if match:
            found.append((match[1].replace("`", ""), *cells[2:]))
    return found


def test_raw_entries_prove_what_is_said() -> None:
    entries = raw_entries()
    assert len(entries) == 4
    for text, attributes, bits, windbg in entries:
        value = int(text, 16)
        assert value >> 17 & 7 == int(attributes) == 0
        assert value >> 20 & 7 == int(bits[0])
        assert sum(map(int, re.findall(r"\d", bits.partition("=")[2]))) in (0, int(bits[0]))
        assert windbg.strip("`") == printed(value >> 20 & 7) != ""


def test_objects_addresses_prove_what_is_said() -> None:
    seen = set()
    for cells in rows(read("coming-from-windbg.md")):
        match = len(cells) == 3 and re.match(r"^`([0-9a-f]{16})`$", cells[0])
        if match:
            bits = int(match[1], 16) - 0x30 >> 4 & 7
            assert int(cells[1]) == bits
            assert cells[2].replace("nothing", "").strip("`") == printed(bits)
            seen.add(bits)
    assert seen == set(range(8))


# --- install.md --------------------------------------------------------------------------------


def test_nothing_is_installed_by_a_name_that_is_not_ours() -> None:
    # Nobody has registered it: an index may give a stranger's package.
    texts = [*DOCUMENTS, ROOT / "install.ps1", *(ROOT / "pykd_handle").rglob("*.py")]
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"pip install[^\n`&|;]*[ \"']pykd[-_]handle\b", text), path
        assert not re.search(r"\bpykd-handle(==|\[|>=)", text), path


def test_options_are_those_of_the_script_and_of_python() -> None:
    table = [cells for cells in rows(read("install.md")) if cells[0].startswith("`-")]
    script = (ROOT / "install.ps1").read_text(encoding="ascii")
    parameters = {*re.findall(r"^\.PARAMETER (\w+)", script, re.MULTILINE), "WhatIf"}
    assert {re.findall(r"\w+", cells[0])[0] for cells in table} == parameters
    for cells in table:
        option = cells[1].strip("`")
        takes_value = option not in ("--uninstall", "--what-if")
        parse_options([option, *(["x86"] if takes_value else [])])


@pytest.mark.parametrize(
    "words",
    [
        "the arguments were lost on their way",
        "the debugger has no symbols of nt",
        "Nothing that is needed is missing.",
        "none: this Python does not run in a debugger; there, ",
    ],
)
def test_messages_are_those_of_the_program(words: str) -> None:
    assert words in read("install.md")
    sources = (ROOT / "pykd_handle").rglob("*.py")
    assert any(words in path.read_text(encoding="utf-8") for path in sources)
