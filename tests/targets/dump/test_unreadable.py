"""A file that is there and can't be read: a drive that fails, a network that went away.

What the opening reads of it by itself ends the opening, with the place; what it reads as memory of
the dump costs that memory alone.
"""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from typing import Callable, List, Optional, Tuple

import pytest

from pykd_handle.targets.dump import file as module
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.header import parse_header
from pykd_handle.targets.dump.physical import open_pages
from pykd_handle.targets.dump.triage import open_triage
from pykd_handle.values import TargetError

from ..dump import build
from .test_pages import NUMBERS, PAGES, every_kind
from .test_triage import PRCB, complete

FAILED = "reading at 0x{:x} failed: Input/output error"


class Drive:
    """Every read of a file; that of one number fails as a drive's does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads: List[Tuple[int, int]] = []
        self.fails: Optional[int] = None
        self.real: Callable[..., bytes] = module.read_at
        monkeypatch.setattr(module, "read_at", self.read)

    def read(self, file: object, offset: int, size: int) -> bytes:
        self.reads.append((offset, size))
        if len(self.reads) - 1 == self.fails:
            raise OSError(errno.EIO, "Input/output error")
        return self.real(file, offset, size)


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Drive:
    return Drive(monkeypatch)


def each_failure(
    drive: Drive, path: Path, data: bytes, opening: Callable[..., object]
) -> List[int]:
    """Let each read of an opening fail; the offsets of those without which it still opens."""
    file = DumpFile(build.write(path, data))
    header = parse_header(file.read(0, 0x2000), file.size, str(path))
    drive.reads.clear()
    opening(file, header)
    whole, spared = list(drive.reads), []
    assert whole
    for number, (offset, _) in enumerate(whole):
        drive.reads.clear()
        drive.fails = number
        try:
            opening(file, header)
        except TargetError as error:
            assert str(error) == f"{path}: {FAILED.format(offset)}"
        else:
            spared.append(offset)
    return spared


@pytest.mark.parametrize("kind", sorted(set(every_kind()) - {"full"}))
def test_a_list_of_pages(tmp_path: Path, drive: Drive, kind: str) -> None:
    assert each_failure(drive, tmp_path / "x.dmp", every_kind()[kind], open_pages) == []


def test_a_bitmap_after_it_was_counted(tmp_path: Path, drive: Drive) -> None:
    """One page is missing; whoever wants it again asks again."""
    path = tmp_path / "x.dmp"
    file = DumpFile(build.write(path, every_kind()["bitmap"]))
    pages = open_pages(file, parse_header(file.read(0, 0x2000), file.size, str(path)))
    drive.reads.clear()
    drive.fails = 0
    assert pages.read(NUMBERS[0]) is None
    assert pages.read(NUMBERS[0]) == PAGES[NUMBERS[0]]


def test_a_triage_dump(tmp_path: Path, drive: Drive) -> None:
    """Header, blocks, mark and copies of structures; not what is read as memory of the kernel."""
    data = complete()
    memory = [data.index(b"KDBG") - 0x10, data.index(struct.pack("<Q", PRCB))]
    assert each_failure(drive, tmp_path / "x.dmp", data, open_triage) == memory
    assert len(drive.reads) == 8
