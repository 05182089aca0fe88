"""Program files: bitness and exports, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pykd_handle.setup.install.image import read_image

from .computer import write_image


@pytest.mark.parametrize("bits", [64, 32, 0])
def test_bits_and_exports(tmp_path: Path, bits: int) -> None:
    image = read_image(write_image(tmp_path / "a.dll", bits, ("info", "py", "select")))
    assert image == (bits, ("info", "py", "select"))


def test_without_exports(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.dll", 64, ())
    assert read_image(path) == (64, ())
    data = bytearray(path.read_bytes())
    place = 0x40 + 24 + 112
    data[place : place + 8] = bytes(8)  # no export directory at all
    path.write_bytes(data)
    assert read_image(path) == (64, ())


def test_no_program_file(tmp_path: Path) -> None:
    for data in (b"", b"PK\3\4", b"MZ", b"MZ" + bytes(0x100)):
        (tmp_path / "a.dll").write_bytes(data)
        assert read_image(tmp_path / "a.dll") is None
    assert read_image(tmp_path / "absent.dll") is None
    assert read_image(tmp_path) is None


def test_every_cut_and_every_changed_byte_is_survived(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.dll", 64, ("py",))
    whole = path.read_bytes()
    head = 0x40 + 24 + 240 + 40
    for size in [*range(0, head, 3), *range(0x400, len(whole))]:
        path.write_bytes(whole[:size])
        assert read_image(path) is None or read_image(path) == (64, ())
    for place in [*range(head), *range(0x400, len(whole))]:
        path.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
        read_image(path)
