"""The part of an ISF file that is kept: it says what the file says, and asks it for the rest."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any, Dict

import pytest

import pykd_handle.model.kernel_mode  # noqa: F401 (for what its modules declare)
from mocks import KernelImage
from pykd_handle.layout import Isf, isf_file, kept, open_symbol_file
from pykd_handle.layout.declared import declared
from pykd_handle.values import MissingField, MissingSymbol, MissingType, SymbolsError

from .pdbs import leaves


@pytest.fixture
def isf(tmp_path: Path) -> Path:
    path = tmp_path / "nt.json"
    path.write_text(json.dumps(KernelImage("win10_19041_x64").isf(), indent=2), "utf-8")
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Dict[str, int]:
    """How often each file is read, by its ending (``nt.json`` or the part's)."""
    counts: Dict[str, int] = {"whole": 0, "part": 0}
    read = isf_file.read_isf

    def counted(path: Path) -> Any:
        counts["whole" if path.name.startswith("nt") else "part"] += 1
        return read(path)

    monkeypatch.setattr(kept, "read_isf", counted)
    monkeypatch.setattr("pykd_handle.layout.isf.read_isf", counted)
    return counts


def ask(file: Any) -> Dict[str, Any]:
    """All that the package declares, present or not."""
    said: Dict[str, Any] = {}
    for name, paths in declared().items():
        try:
            struct = file.struct(name)
        except MissingType:
            said[name] = None
            continue
        said[name] = struct.size
        for path in paths:
            try:
                field = struct.field(path)
                said[f"{name}.{path}"] = field.offset, field.type
            except (MissingField, MissingType) as error:
                said[f"{name}.{path}"] = str(error)
    for symbol in ("PsActiveProcessHead", "ObHeaderCookie", "NoSuchSymbol"):
        try:
            said[symbol] = file.symbol(symbol)
        except MissingSymbol:
            said[symbol] = None
    return said


def parts(folder: Path) -> list:
    return sorted(folder.glob("*"))


@pytest.mark.parametrize("packed", [False, True])
def test_the_second_run_reads_the_part(
    isf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: Dict[str, int], packed: bool
) -> None:
    monkeypatch.setattr(kept, "_SMALLEST", 1)
    if packed:
        isf = tmp_path / "nt.json.xz"
        isf.write_bytes(lzma.compress((tmp_path / "nt.json").read_bytes()))
    folder = tmp_path / "parts"
    said = []
    for _ in range(3):
        file = open_symbol_file(isf, folder)
        assert file.source == str(isf)
        said.append((ask(file), file.identity, file.pointer_size))
        file.close()
    assert said[0] == said[1] == said[2]
    assert reads == {"whole": 1, "part": 2}
    (part,) = parts(folder)
    whole = Isf.load(tmp_path / "nt.json")
    assert part.stat().st_size < (tmp_path / "nt.json").stat().st_size / 2
    assert said[0][0] == ask(whole)


def test_what_was_not_asked_before(isf: Path, tmp_path: Path, reads: Dict[str, int]) -> None:
    folder = tmp_path / "parts"
    file = open_symbol_file(isf, folder)
    assert file.struct("_HANDLE_TABLE").has("TableCode")
    file.close()
    for number, question in enumerate(
        (
            lambda file: file.struct("_HANDLE_TABLE").offset("QuotaProcess"),
            lambda file: file.struct("_EPROCESS").size,
            lambda file: file.struct("_HANDLE_TABLE").has("NotThere"),
            lambda file: file.has_struct("_NOT_THERE"),
            lambda file: file.symbol("PsActiveProcessHead"),
            lambda file: len(list(leaves(file.struct("_HANDLE_TABLE")))),
        )
    ):
        file = open_symbol_file(isf, folder)
        assert file.struct("_HANDLE_TABLE").has("TableCode")
        assert reads["whole"] == number + 1
        said = question(file)
        assert reads["whole"] == number + 2
        assert said == question(Isf(json.loads(isf.read_text("utf-8"))))
        file.close()
        if number < 5:
            file = open_symbol_file(isf, folder)
            assert question(file) == said and reads["whole"] == number + 2
            file.close()


def test_no_part_of_a_file_that_is_too_large_or_damaged(
    isf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "parts"
    data = json.loads(isf.read_text("utf-8"))
    data["user_types"]["_DAMAGED"] = 7
    isf.write_text(json.dumps(data), "utf-8")
    for name in ("_DAMAGED", "_EPROCESS"):
        file = open_symbol_file(isf, folder)
        assert file.has_struct(name)
        file.close()
        assert len(parts(folder)) == (name == "_EPROCESS")
    for part in parts(folder):
        part.unlink()
    monkeypatch.setattr(kept, "LARGEST", isf.stat().st_size - 1)
    file = open_symbol_file(isf, folder)
    assert file.has_struct("_EPROCESS")
    file.close()
    assert parts(folder) == []


def test_another_file_has_another_part(isf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    for number in range(3):
        data = json.loads(isf.read_text("utf-8"))
        data["symbols"]["PsActiveProcessHead"]["address"] = 0x1000 + number
        isf.write_text(json.dumps(data), "utf-8")
        for _ in range(2):
            file = open_symbol_file(isf, folder)
            assert file.symbol("PsActiveProcessHead") == 0x1000 + number
            file.close()
    assert len(parts(folder)) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "{}",
        lambda text: text.replace('"asked"', '"Asked"'),
        lambda text: json.dumps({**json.loads(text), "asked": [1]}),
        lambda text: json.dumps({**json.loads(text), "asked": {"user_types": {"_X": 1}}}),
        lambda text: json.dumps({**json.loads(text), "user_types": 7}),
    ],
)
def test_a_damaged_part_is_replaced(isf: Path, tmp_path: Path, damage: Any) -> None:
    folder = tmp_path / "parts"
    file = open_symbol_file(isf, folder)
    wanted = ask(file)
    file.close()
    (part,) = parts(folder)
    good = part.read_text("utf-8")
    part.write_text(damage(good), "utf-8")
    file = open_symbol_file(isf, folder)
    assert ask(file) == wanted and file.damage == []
    file.close()
    assert json.loads(part.read_text("utf-8")) == json.loads(good)


def test_nonsense_in_a_part_is_told_as_of_any_file(isf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    file = open_symbol_file(isf, folder)
    file.struct("_HANDLE_TABLE").field("TableCode")
    file.close()
    (part,) = parts(folder)
    data = json.loads(part.read_text("utf-8"))
    data["user_types"]["_HANDLE_TABLE"]["fields"]["TableCode"]["offset"] = 1 << 40
    part.write_text(json.dumps(data), "utf-8")
    file = open_symbol_file(isf, folder)
    with pytest.raises(SymbolsError, match=r"_HANDLE_TABLE\.fields\.TableCode\.offset is"):
        file.struct("_HANDLE_TABLE").field("TableCode")


def test_where_nothing_can_be_kept(isf: Path, tmp_path: Path) -> None:
    """Neither said nor a failure; small files are not worth it."""
    (tmp_path / "file").write_bytes(b"no folder")
    # No folder; a name that no folder can have, for which `Path.is_file` raises, as where the user
    # may not look.
    for folder in (tmp_path / "file", tmp_path / ("x" * 300)):
        file = open_symbol_file(isf, folder)
        wanted = ask(file)
        file.close()
    small = tmp_path / "ntsmall.json"
    small.write_text('{"base_types": {}, "user_types": {}}', "utf-8")
    file = open_symbol_file(small, tmp_path / "parts")
    assert not file.has_struct("_EPROCESS")
    file.close()
    assert not (tmp_path / "parts").exists() and wanted["_HANDLE_TABLE"]


def test_the_folder_does_not_grow_without_end(
    isf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_MOST_PARTS", 3)
    data = json.loads(isf.read_text("utf-8"))
    for number in range(6):
        data["symbols"]["X"] = {"address": number}
        isf.write_text(json.dumps(data), "utf-8")
        file = open_symbol_file(isf, tmp_path / "parts")
        file.symbol("X")
        file.close()
    assert len(parts(tmp_path / "parts")) == 3
