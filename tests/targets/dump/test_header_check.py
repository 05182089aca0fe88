"""Dumps whose header leads nowhere, or to the wrong place: what the right one shows."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Callable, Dict, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump
from pykd_handle.cli import main

# Offsets in DUMP_HEADER64 and DUMP_HEADER (ntiodump.h), by the size of a pointer.
FIGURES: Dict[str, Tuple[int, int]] = {
    "DirectoryTableBase": (0x10, 0x10),
    "PsLoadedModuleList": (0x20, 0x18),
    "PsActiveProcessHead": (0x28, 0x1C),
    "KdDebuggerDataBlock": (0x80, 0x60),
}
EVERY = tuple(FIGURES)
MACHINES = ["win10_19041_x64", "win11_26100_la57_x64", "winxp_sp3_x86", "win7_sp1_x86",
            "win11_26100_arm64"]  # fmt: skip


def machine(layout: str) -> KernelImage:
    image = KernelImage(layout)
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = process = image.processes.add("notepad.exe", 0x104)
    process.handles(600, [image.objects.event("\\BaseNamedObjects\\Ready"), image.objects.event()])
    return image


def spoil(dump: Path, width: int, names: Tuple[str, ...], value: int) -> None:
    data = bytearray(dump.read_bytes())
    for name in names:
        place = FIGURES[name][width == 4]
        data[place : place + width] = value.to_bytes(8, "little")[:width]
    dump.write_bytes(data)


def said(capsys: pytest.CaptureFixture[str], *words: object) -> Tuple[int, str, str]:
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("write", "symbols"), [(write_full_dump, True), (write_bitmap_dump, False)]
)
@pytest.mark.parametrize("layout", MACHINES)
def test_a_header_without_figures(
    layout: str,
    write: Callable[[KernelImage, Path], None],
    symbols: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image = machine(layout)
    dump = tmp_path / "memory.dmp"
    write(image, dump)
    if symbols:
        (tmp_path / "memory.json").write_text(json.dumps(image.isf()), "utf-8")
    right = said(capsys, "--dump", dump, "0", "3", "0")
    assert right[0] == 0 and right[1].count("Name: Ready") == 300
    assert "not right" not in right[2]
    current = said(capsys, "--dump", dump)
    spoil(dump, image.build.pointer_size, EVERY, 0)
    code, out, err = said(capsys, "--dump", dump, "0", "3", "0")
    assert (code, out) == right[:2]
    assert (
        "the dump's header is not right about DirectoryTableBase, PsActiveProcessHead, "
        "KdDebuggerDataBlock; corrected: the process System is at physical address 0x"
    ) in err
    # By the debugger data that was found, the current process is known as well.
    assert said(capsys, "--dump", dump)[:2] == current[:2]
    assert current[0] == 0 and "Cid: 0104 " in current[1]


WRONG = 0xFFFFF80000000000


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (("DirectoryTableBase",), 0),
        (("DirectoryTableBase",), 0x3000),  # a page of the dump, but of other things
        (("DirectoryTableBase",), 0x7777777000),
        (("PsActiveProcessHead",), 0),
        (("PsActiveProcessHead",), WRONG),
        (("KdDebuggerDataBlock",), 0),
        (("KdDebuggerDataBlock",), WRONG),
        (("PsActiveProcessHead", "KdDebuggerDataBlock"), WRONG),
        (EVERY, WRONG),
        (EVERY, int.from_bytes(b"PAGEPAGE", "little")),
    ],
)
def test_wrong_figures(
    names: Tuple[str, ...], value: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = machine("win10_19041_x64")
    dump = tmp_path / "memory.dmp"
    write_full_dump(image, dump)
    (tmp_path / "memory.json").write_text(json.dumps(image.isf()), "utf-8")
    right = said(capsys, "--dump", dump)
    spoil(dump, 8, names, value)
    code, out, err = said(capsys, "--dump", dump)
    assert (code, out) == right[:2]
    told = [name for name in names if name != "PsLoadedModuleList"]
    assert f"the dump's header is not right about {', '.join(told)}; corrected: " in err


def test_another_list_than_that_of_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list begins there, too; the debugger data know better."""
    image = machine("win10_19041_x64")
    dump = tmp_path / "memory.dmp"
    write_full_dump(image, dump)
    right = said(capsys, "--dump", dump, "0", "3", "0")
    spoil(dump, 8, ("PsActiveProcessHead",), image.globals.address("HandleTableListHead"))
    code, out, err = said(capsys, "--dump", dump, "0", "3", "0")
    assert (code, out) == right[:2]
    assert "not right about PsActiveProcessHead; corrected: as memory says" in err


def test_encoded_debugger_data_stay_where_the_header_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = machine("win10_19041_x64")
    block = image.globals.address("KdDebuggerDataBlock")
    image.memory.write(block, bytes(byte ^ 0x5A for byte in image.memory.peek(block, 0x380)))
    dump = tmp_path / "memory.dmp"
    write_full_dump(image, dump)
    (tmp_path / "memory.json").write_text(json.dumps(image.isf()), "utf-8")
    code, out, err = said(capsys, "--dump", dump)
    assert code == 0 and out.count("Name: Ready") == 300
    assert "not right" not in err
    spoil(dump, 8, EVERY, 0)
    code, out, err = said(capsys, "--dump", dump)
    assert code == 0 and out.count("Name: Ready") == 300
    assert "not right about DirectoryTableBase, PsActiveProcessHead; corrected: " in err


def test_where_system_is_not_there_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = machine("win10_19041_x64")
    image.processes.system.view["UniqueProcessId"] = 12
    dump = tmp_path / "memory.dmp"
    write_full_dump(image, dump)
    spoil(dump, 8, ("DirectoryTableBase",), 0x7777777000)
    code, out, err = said(capsys, "--dump", dump)
    assert (code, out) == (1, "")
    assert "nothing can be read: the kernel's page tables (physical address 0x7777777000)" in err


def test_a_broken_list_is_no_reason_to_doubt_the_header(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = machine("win10_19041_x64")
    (tmp_path / "memory.json").write_text(json.dumps(image.isf()), "utf-8")
    head = image.globals.address("PsActiveProcessHead")
    image.memory.write(head, struct.pack("<Q", 0xFFFFAD0666666666))
    dump = tmp_path / "memory.dmp"
    write_full_dump(image, dump)
    _, out, err = said(capsys, "--dump", dump, "0", "3", "0")
    assert "PROCESS" in out and "not right" not in err
