"""What is read is a plain file: a pipe is not waited for, a device not read to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mocks import KernelImage

from .processes import needs_fifo, start
from .test_dumps import Case


@pytest.fixture
def case(tmp_path: Path) -> Case:
    folder = tmp_path / "case"
    folder.mkdir()
    image = KernelImage()
    image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
    image.processor.current.handle(image.objects.event(r"\BaseNamedObjects\Ready"))
    return Case(folder, image)


def check(done, *phrases: str) -> None:
    err = done.stderr.decode()
    assert (done.returncode, done.stdout) == (1, b"")
    assert err.count("\n") == 1
    assert all(phrase in err for phrase in phrases), err


@needs_fifo
def test_a_pipe_as_the_dump(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.dmp")
    check(start("--dump", tmp_path / "x.dmp"), "x.dmp: no plain file")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
@pytest.mark.parametrize("option", ["--dump", "--symbols"])
def test_a_device(case: Case, option: str) -> None:
    words = {"--dump": case.dump, "--symbols": case.symbols, option: "/dev/zero"}
    check(start(*(word for pair in words.items() for word in pair)), "/dev/zero", "no plain file")


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="no /proc/kmsg")
def test_a_file_without_an_end(case: Case) -> None:
    """It says that it is a plain file, and empty; reading it waits for the kernel."""
    check(start("--dump", case.dump, "--symbols", "/proc/kmsg"), "/proc/kmsg: can't be read")


def test_empty_files(case: Case, tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    empty.touch()
    check(start("--dump", case.dump, "--symbols", empty), "empty.json: can't be read: an empty")
    check(start("--dump", empty), "empty.json: an empty file")


def test_a_folder_as_the_dump(tmp_path: Path) -> None:
    check(start("--dump", tmp_path), "a folder (directory), not a file")


@needs_fifo
def test_a_pipe_as_the_symbols(case: Case) -> None:
    case.symbols.unlink()
    os.mkfifo(case.symbols)
    check(start("--dump", case.dump, "--symbols", case.symbols), "no plain file")


@needs_fifo
@pytest.mark.parametrize("name", ["a.json", "ntkrnlmp-{}-1.json.xz"])
def test_a_pipe_beside_the_symbols(case: Case, name: str) -> None:
    guid = case.image.isf()["metadata"]["windows"]["pdb"]["GUID"]
    os.mkfifo(case.symbols.parent / name.format(guid))
    (case.symbols.parent / "b.json").symlink_to(name.format(guid))
    for more in ([], ["--symbols", case.symbols.parent]):
        done = start("--dump", case.dump, *more)
        assert done.returncode == 0
        assert b"symbols: " in done.stderr and case.symbols.name.encode() in done.stderr
