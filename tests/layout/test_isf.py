"""ISF files: good ones, trimmed ones, damaged ones."""

import json
import lzma
from pathlib import Path
from typing import Any, Dict

import pytest

from pykd_handle.layout import (
    Array,
    BitField,
    Integer,
    Isf,
    Opaque,
    PdbIdentity,
    Pointer,
    StructRef,
)
from pykd_handle.values import MissingField, MissingSymbol, MissingType, SymbolsError


def isf() -> Dict[str, Any]:
    """A file with one structure of every kind of field, written out by hand."""

    def base(name: str) -> Dict[str, Any]:
        return {"kind": "base", "name": name}

    integer = {"kind": "int", "endian": "little"}
    return {
        "metadata": {"windows": {"pdb": {"GUID": "ab" * 16, "age": 3, "database": "ntkrnlmp.pdb"}}},
        "base_types": {
            "unsigned long": {**integer, "size": 4, "signed": False},
            "long": {**integer, "size": 4, "signed": True},
            "unsigned long long": {**integer, "size": 8, "signed": False},
            "pointer": {**integer, "size": 8, "signed": False},
            "void": {"kind": "void", "size": 0, "signed": False, "endian": "little"},
        },
        "user_types": {
            "_OUTER": {
                "kind": "struct",
                "size": 64,
                "fields": {
                    "Count": {"offset": 4, "type": base("long")},
                    "Link": {
                        "offset": 8,
                        "type": {
                            "kind": "pointer",
                            "subtype": {"kind": "struct", "name": "_OUTER"},
                        },
                    },
                    "Inner": {"offset": 16, "type": {"kind": "struct", "name": "_INNER"}},
                    "Rows": {
                        "offset": 24,
                        "type": {
                            "kind": "array",
                            "count": 3,
                            "subtype": {"kind": "struct", "name": "_INNER"},
                        },
                    },
                    "Gone": {"offset": 48, "type": {"kind": "struct", "name": "_TRIMMED"}},
                    "Bits": {
                        "offset": 56,
                        "type": {
                            "kind": "bitfield",
                            "bit_position": 17,
                            "bit_length": 3,
                            "type": base("unsigned long long"),
                        },
                    },
                },
            },
            "_INNER": {
                "kind": "struct",
                "size": 8,
                "fields": {"Value": {"offset": 4, "type": base("unsigned long")}},
            },
        },
        "enums": {},
        "symbols": {"PsActiveProcessHead": {"address": 0xC1E200}},
    }


def test_fields_of_every_kind() -> None:
    outer = Isf(isf()).struct("_OUTER")
    assert outer.size == 64
    assert outer.field("Count").type == Integer(4, True)
    assert outer.field("Link").type == Pointer(8, "_OUTER")
    assert outer.field("Inner").type == StructRef("_INNER")
    assert outer.field("Rows").type == Array(StructRef("_INNER"), 3)
    assert outer.field("Bits").type == BitField(Integer(8, False), 17, 3)


def test_fields_that_few_files_have() -> None:
    """A pointer of four bytes among those of eight, an enumeration and bits of it, a function."""
    data = isf()
    data["base_types"]["__ptr32"] = {**data["base_types"]["pointer"], "size": 4}
    data["enums"]["_E"] = {"size": 2, "base": "short", "constants": {"Seven": 7}}
    inner, bits = {"kind": "struct", "name": "_INNER"}, {"bit_position": 1, "bit_length": 3}
    for name, kind in {
        "Small": {"kind": "pointer", "base": "__ptr32", "subtype": inner},
        "Few": {"kind": "bitfield", "type": {"kind": "enum", "name": "_E"}, **bits},
        "Whole": {"kind": "enum", "name": "_E"},
        "Call": {"kind": "function"},
    }.items():
        data["user_types"]["_OUTER"]["fields"][name] = {"offset": 0, "type": kind}
    outer = Isf(data).struct("_OUTER")
    assert outer.field("Small").type == Pointer(4, "_INNER")
    assert outer.field("Few").type == BitField(Integer(2, True), 1, 3)
    assert outer.decoder("Whole").decode(b"\xfe\xff") == (-2,)
    assert outer.field("Call").type == Opaque(0)


def test_paths_lead_into_structures_and_arrays() -> None:
    outer = Isf(isf()).struct("_OUTER")
    assert outer.offset("Inner.Value") == 20
    assert outer.offset("Rows[2].Value") == 24 + 2 * 8 + 4


@pytest.mark.parametrize(
    "path", ["Nope", "Inner.Nope", "Count.Value", "Count[0]", "Inner..Value", ""]
)
def test_a_path_that_leads_nowhere(path: str) -> None:
    outer = Isf(isf()).struct("_OUTER")
    assert not outer.has(path)
    with pytest.raises(MissingField):
        outer.field(path)


def test_a_trimmed_type_fails_only_when_it_is_needed() -> None:
    outer = Isf(isf()).struct("_OUTER")
    assert outer.offset("Gone") == 48
    with pytest.raises(MissingType, match="_TRIMMED"):
        outer.field("Gone.Value")


def test_symbols_and_identity() -> None:
    symbols = Isf(isf())
    assert symbols.symbol("PsActiveProcessHead") == 0xC1E200
    with pytest.raises(MissingSymbol, match="ObHeaderCookie"):
        symbols.symbol("ObHeaderCookie")
    assert symbols.identity == PdbIdentity("AB" * 16, 3)
    assert str(symbols.identity) == "AB" * 16 + "-3"


def test_an_unknown_structure() -> None:
    with pytest.raises(MissingType, match="_EPROCESS"):
        Isf(isf()).struct("_EPROCESS")


def test_json_and_xz_files(tmp_path: Path) -> None:
    text = json.dumps(isf()).encode()
    plain, packed = tmp_path / "a.json", tmp_path / "a.json.xz"
    plain.write_bytes(text)
    packed.write_bytes(lzma.compress(text))
    for path in (plain, packed):
        assert Isf.load(path).struct("_INNER").size == 8


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.json", b"", "an empty file"),
        ("a.json", b" ", "no valid JSON"),
        ("a.json", b"[1]", "no JSON object"),
        ("a.json", b"{}", "no base_types"),
        ("a.json", b'{"base_types": 1, "user_types": 2}', "no tables"),
        ("a.json", b"\xff\xfe", "no valid JSON"),
        ("a.json", b"[" * 100_000, "nested too deep"),
        ("a.json", b"[]," * 600_000, "more than 500000 values"),
        ("a.json.xz", b"{}", "not a valid .xz"),
        ("a.json.xz", lzma.compress(b"{}" * 1000)[:-20], "cut short"),
    ],
)
def test_damaged_files_say_what_is_wrong(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SymbolsError, match=words) as caught:
        Isf.load(path)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SymbolsError, match="can't be read"):
        Isf.load(tmp_path / "none.json")


def test_a_damaged_structure_is_named() -> None:
    data = isf()
    del data["user_types"]["_INNER"]["fields"]["Value"]["offset"]
    with pytest.raises(SymbolsError, match=r"x\.json is damaged: .*_INNER.fields.Value has no off"):
        Isf(data, "x.json").struct("_INNER").field("Value")
