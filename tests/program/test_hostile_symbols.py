"""Symbol files that are made to take memory: refused before they are unpacked or parsed."""

from __future__ import annotations

import json
import lzma
import os
import struct
from pathlib import Path
from typing import Any, Iterator
from uuid import UUID

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.msf import join_streams
from pykd_handle.layout import isf_file
from pykd_handle.targets.symbols import folder, peek

from ..layout.test_pdb_damage import dbi, struct_record, tpi
from .peaks import LIMIT, needs_peaks, peak

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
DUMP, ISF = SAMPLES / "windows10_x64.dmp", SAMPLES / "windows10_x64.json"


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """128 MB of blanks, in a file of some 20 KB."""
    path = tmp_path_factory.mktemp("bomb") / "0.json.xz"
    packer = lzma.LZMACompressor(preset=1)
    with path.open("wb") as file:
        for _ in range(128):
            file.write(packer.compress(b" " * (1 << 20)))
        file.write(packer.flush())
    return path


@needs_peaks
def test_a_bomb_beside_the_dump_is_told_and_not_used(tmp_path: Path, bomb: Path) -> None:
    image = KernelImage("win7_sp1_x64")
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
    dump = tmp_path / "memory.dmp"
    write_full_dump(image, dump)
    pdb = image.isf()["metadata"]["windows"]["pdb"]
    name = f"ntkrnlmp-{pdb['GUID']}-{pdb['age']}.json.xz"
    os.link(bomb, tmp_path / name)
    assert (tmp_path / name).stat().st_size < 50_000
    result = peak(tmp_path, "--dump", dump, "--format", "jsonl")
    assert result.memory < LIMIT
    # The dump is read without it, and the file is named.
    assert result.code == 0 and b"Ready" in result.out
    assert f"{name}: no symbol file: it has more than 16 MB of text" in result.err
    named = peak(tmp_path, "--dump", dump, "--symbols", tmp_path / name)
    assert (named.code, named.out) == (1, b"")
    assert named.memory < LIMIT
    assert named.err.count("\n") == 1 and "more than 16 MB" in named.err


@needs_peaks
@pytest.mark.parametrize(
    ("text", "count", "words"),
    [
        ("[],", (64 << 20) // 3, "more than 16 MB"),
        ("[],", (16 << 20) // 3 - 10, "more than 500000 values"),
        ('{"":0},', 249_000, "no base_types"),
        ('{"":"abc"},', 249_000, "no base_types"),
        ('"ab",', 499_000, "no base_types"),
    ],
)
def test_brackets_without_end(tmp_path: Path, text: str, count: int, words: str) -> None:
    symbols = tmp_path / "symbols.json"
    symbols.write_text('{"x": [' + text * count + "0]}", encoding="ascii")
    result = peak(tmp_path, "--dump", DUMP, "--symbols", symbols)
    assert (result.code, result.out) == (1, b"")
    # Where the machine is slow, a note tells how far the search is.
    (line,) = [each for each in result.err.splitlines() if not each.startswith("note: looking ")]
    assert line.startswith(f"pykd-handle: {symbols}: ") and words in line
    assert result.memory < LIMIT


@needs_peaks
def test_a_pdb_of_a_hundred_thousand_structures_and_no_table(tmp_path: Path) -> None:
    """All names have to be looked at for one; the file says that it is of this very kernel."""
    pdb = json.loads(ISF.read_text("utf-8"))["metadata"]["windows"]["pdb"]
    info = struct.pack("<III", 20000404, 0, pdb["age"]) + UUID(pdb["GUID"]).bytes_le
    before, after = struct_record("_S######", 4, 0).split(b"######")
    types = tpi([before + b"%06d" % number + after for number in range(100_000)])
    # Symbols that no table leads to, either: 6 MB of them.
    records = struct.pack("<HHIIH", 30, 0x110E, 0, 0x1000, 1) + b"AnySymbol\0\0\0\0\0\0\0\0\0"
    debug = dbi(age=pdb["age"], records=4)
    path = tmp_path / "nt.pdb"
    path.write_bytes(join_streams([b"", info, types, debug, records * 200_000]))
    result = peak(tmp_path, "--dump", DUMP, "--symbols", path)
    assert (result.code, result.out) == (1, b"")
    assert f"{path} can't be used: it has no structure _EPROCESS" in result.err
    assert result.memory < 60 << 20  # a third of it for some 160 bytes of each structure


def test_no_more_is_unpacked_than_a_symbol_file_has(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch, bomb: Path
) -> None:
    unpacked = []
    real = lzma.LZMADecompressor

    class Counting:
        def __init__(self, *, memlimit: int) -> None:
            self._real = real(memlimit=memlimit)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def decompress(self, data: bytes, max_length: int) -> bytes:
            assert 0 < max_length <= 1 << 20
            piece = self._real.decompress(data, max_length)
            unpacked.append(len(piece))
            return piece

    monkeypatch.setattr(lzma, "LZMADecompressor", Counting)
    os.link(bomb, tmp_path / "x.json.xz")
    result = run("--dump", DUMP, "--symbols", tmp_path / "x.json.xz")
    assert result.code == 1
    assert 16 << 20 < sum(unpacked) <= 17 << 20
    # A folder is looked through in the same way; the dump is then read without symbols.
    unpacked.clear()
    result = run("--dump", DUMP, "--symbols", tmp_path)
    assert result.code == 0 and "damaged or can't be read" in result.err
    assert sum(unpacked) <= 17 << 20


@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
def test_a_folder_of_bombs(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch, bomb: Path, named: bool
) -> None:
    """Each is stopped, and all of them together: named as those of this kernel, or not at all."""
    assert folder._MOST_UNPACKED <= 400 << 20
    monkeypatch.setattr(folder, "_MOST_UNPACKED", 40 << 20)
    unpacked = []
    real = isf_file.pieces

    def counted(path: Path) -> Iterator[bytes]:
        for piece in real(path):
            unpacked.append(len(piece))
            yield piece

    monkeypatch.setattr(isf_file, "pieces", counted)
    monkeypatch.setattr(peek, "pieces", counted)
    pdb = json.loads(ISF.read_text("utf-8"))["metadata"]["windows"]["pdb"]
    for number in range(10):
        name = f"k{number}-{pdb['GUID']}-{pdb['age']}.json.xz" if named else f"{number}.json.xz"
        os.link(bomb, tmp_path / name)
    (tmp_path / "memory.dmp").write_bytes(DUMP.read_bytes())
    given = () if named else ("--symbols", tmp_path)
    result = run("--dump", tmp_path / "memory.dmp", *given)
    assert sum(unpacked) <= (70 << 20 if named else 41 << 20)
    # The layout that ships serves, and the note says why it has to.
    assert result.code == 0 and "GrantedAccess" in result.out
    assert ("no symbol file" if named else "more text in the files there") in result.err


def test_too_little_memory_is_one_line(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = json.loads

    def loads(text: str, **more: Any) -> Any:
        if "base_types" in text:
            raise MemoryError
        return real(text, **more)

    monkeypatch.setattr(json, "loads", loads)
    result = run("--dump", DUMP, "--symbols", ISF)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"pykd-handle: {ISF}: there is not enough memory to read it")
    assert result.err.count("\n") == 1
