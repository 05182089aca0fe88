"""The line that unpacks a packed file works as it stands: Windows' expand, elsewhere 7z."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from pykd_handle.layout.placeholder import packed, unpacked

from .packed import PACKERS


@pytest.mark.usefixtures("unpacker")
@pytest.mark.parametrize("kind", PACKERS)
def test_the_line_that_is_told(kind: str) -> None:
    data = bytes(number * number >> 5 & 0xFF for number in range(100_000))
    # Windows takes no more than 128 bytes of a name of an SZDD file.
    with tempfile.TemporaryDirectory() as short:
        path = Path(short) / "a store" / "nt.pd_"
        path.parent.mkdir()
        path.write_bytes(PACKERS[kind]("nt.pdb", data))
        command = re.fullmatch(r".* is compressed: unpack it \((.*)\)", packed(path))
        assert command is not None
        subprocess.run(command.group(1), shell=True, check=True, stdout=subprocess.DEVNULL)
        assert unpacked(path) == path.with_name("nt.pdb") and unpacked(path).read_bytes() == data
