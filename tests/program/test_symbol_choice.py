"""Which symbols serve where those that are given do not: a folder without a fit, another's file."""

import json
from pathlib import Path

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump

from ..needs import real_file


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    image = KernelImage("win10_19041_x64")
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
    image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
    path = tmp_path / "memory.dmp"
    write_full_dump(image, path)
    return path


def others(folder: Path, count: int) -> Path:
    """A folder of symbol files of other kernels."""
    folder.mkdir()
    for seed in range(count):
        isf = KernelImage("win10_17763_x64", seed=seed + 7).isf()
        (folder / f"kernel{seed}.json").write_text(json.dumps(isf), "utf-8")
    return folder


def test_a_folder_without_a_fit(run, dump: Path, tmp_path: Path) -> None:
    alone = run("--dump", dump, "0", "3")
    assert alone.code == 0 and "Ready" in alone.out
    folder = others(tmp_path / "symbols", 3)
    result = run("--dump", dump, "--symbols", folder, "0", "3")
    assert (result.code, result.out) == (0, alone.out)
    notes = result.err.splitlines()
    assert any("no symbols for this kernel (" in line and f"in {folder}" in line for line in notes)
    assert any("its layout is win10_19041_x64" in line for line in notes)


def test_a_file_of_another_kernel(run, dump: Path, tmp_path: Path) -> None:
    file = others(tmp_path / "symbols", 1) / "kernel0.json"
    result = run("--dump", dump, "--symbols", file, "0", "3")
    assert (result.code, result.out) == (1, "")
    assert result.err.count("\n") == 1
    assert f"{file} is of another kernel" in result.err
    assert "; without --symbols it is read with a layout that ships" in result.err


def test_the_right_symbols_lie_beside_the_dump(run, tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    write_full_dump(image, tmp_path / "memory.dmp")
    (tmp_path / "kernel.json").write_text(json.dumps(image.isf()), "utf-8")
    file = others(tmp_path / "symbols", 1) / "kernel0.json"
    result = run("--dump", tmp_path / "memory.dmp", "--symbols", file)
    assert (result.code, result.out) == (1, "")
    assert result.err.endswith("; without --symbols the symbols beside the dump are taken\n")
    assert "ships with this package" not in run("--dump", tmp_path / "memory.dmp").err


def test_nothing_is_promised_where_no_layout_fits(run, tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    image.processes.system.view["UniqueProcessId"] = 12
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    write_full_dump(image, tmp_path / "memory.dmp")
    file = others(tmp_path / "symbols", 1) / "kernel0.json"
    for symbols, words in ((file, "is of another kernel"), (file.parent, "none fits")):
        result = run("--dump", tmp_path / "memory.dmp", "--symbols", symbols)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert words in result.err and "without --symbols" not in result.err


@pytest.mark.usefixtures("shared")
def test_a_real_dump_and_a_folder_of_others(run, tmp_path: Path) -> None:
    folder = others(tmp_path / "symbols", 2)
    result = run("--dump", real_file("bsod_ef.dmp"), "--symbols", folder, "0", "1")
    assert result.code == 0 and "svchost.exe" in result.out
    assert (
        f"no symbols that fit the addresses of this kernel (build 19041) in {folder}" in result.err
    )
    assert "symbol servers have its file as ntoskrnl.exe/F5E79FC41046000" in result.err
