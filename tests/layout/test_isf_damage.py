"""ISF files with nonsense in them: what is asked for is refused by name, the rest does not matter.

The ranges come from what a PDB can say: sizes and offsets of structures have 16 to 32 bits, bit
fields lie in an integer of 1, 2, 4 or 8 bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from pykd_handle.layout import Integer, Isf
from pykd_handle.values import SymbolsError

from .test_isf import isf

OUTER = ("user_types", "_OUTER")
BITS = (*OUTER, "fields", "Bits", "type")
NONSENSE = [
    ((*OUTER, "size"), 0),
    ((*OUTER, "size"), None),
    ((*OUTER, "size"), True),
    ((*OUTER, "size"), 1 << 40),
    ((*OUTER, "kind"), "enum"),
    ((*OUTER, "fields"), [1]),
    ((*OUTER, "fields", "Bits"), 7),
    ((*OUTER, "fields", "Bits", "offset"), -8),
    ((*OUTER, "fields", "Bits", "offset"), 1 << 63),
    ((*OUTER, "fields", "Bits", "offset"), 57),  # its 8 bytes would end behind the structure
    ((*OUTER, "fields", "Bits", "offset"), {}),
    ((*OUTER, "fields", "Bits", "offset"), 1.5),
    (BITS, None),
    ((*BITS, "kind"), "bits"),
    ((*BITS, "bit_length"), 10**12),
    ((*BITS, "bit_length"), 0),
    ((*BITS, "bit_length"), 48),  # from bit 17 on there are 47
    ((*BITS, "bit_position"), 64),
    ((*BITS, "type", "name"), "nothing"),
    ((*BITS, "type", "kind"), "struct"),
    (("base_types", "unsigned long long", "size"), 3),
    (("base_types", "unsigned long long", "signed"), 1),
    (("base_types", "unsigned long long", "endian"), "big"),
    (("base_types", "unsigned long long", "kind"), "number"),
]


def changed(path: tuple, value: Any) -> Dict[str, Any]:
    data = json.loads(json.dumps(isf()))
    here = data
    for key in path[:-1]:
        here = here[key]
    assert path[-1] in here
    here[path[-1]] = value
    return data


@pytest.mark.parametrize(("path", "value"), NONSENSE)
def test_what_is_asked_for_is_refused_by_name(path: tuple, value: Any) -> None:
    # The structure that `Bits` does not touch stays of use.
    data = Isf(changed(path, value), "x.json")
    assert data.struct("_INNER").field("Value").type == Integer(4)
    with pytest.raises(SymbolsError, match=r"^x\.json is damaged: ") as caught:
        data.struct("_OUTER").decoder("Bits")
    assert ".".join(path[:2]) in str(caught.value)
    assert len(str(caught.value)) < 200
    assert [*map(str, data.damage)] == [str(caught.value)]


def test_a_number_of_many_digits_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    text = json.dumps(isf()).replace('"size": 64', '"size": ' + "9" * 1_000_000)
    path.write_text(text.replace('"offset": 56', '"offset": Infinity'), encoding="ascii")
    loaded = Isf.load(path)
    with pytest.raises(SymbolsError, match=r"_OUTER\.size is no integer"):
        loaded.struct("_OUTER")


def _symbol(data: Isf) -> Any:
    return data.symbol("PsActiveProcessHead")


def _identity(data: Isf) -> Any:
    return data.identity


@pytest.mark.parametrize(
    ("path", "value", "ask"),
    [
        (("symbols", "PsActiveProcessHead", "address"), -1, _symbol),
        (("symbols", "PsActiveProcessHead", "address"), 1 << 63, _symbol),
        (("symbols", "PsActiveProcessHead", "address"), [4096], _symbol),
        (("symbols", "PsActiveProcessHead"), None, _symbol),
        (("metadata", "windows", "pdb", "age"), "1", _identity),
        (("metadata", "windows", "pdb", "GUID"), 7, _identity),
        (("metadata", "windows", "pdb", "GUID"), "x" * 32, _identity),
        (("metadata", "windows"), [], _identity),
    ],
)
def test_symbols_and_identity(path: tuple, value: Any, ask: Callable[[Isf], Any]) -> None:
    with pytest.raises(SymbolsError, match="damaged: " + r"\.".join(path)):
        ask(Isf(changed(path, value), "x.json"))


def test_a_type_of_types_without_end() -> None:
    kind: Dict[str, Any] = {"kind": "base", "name": "long"}
    for _ in range(900):
        kind = {"kind": "array", "count": 1, "subtype": kind}
    data = Isf(changed((*OUTER, "fields", "Count", "type"), kind))
    with pytest.raises(SymbolsError, match="not the end of a type within types"):
        data.struct("_OUTER").field("Count")


def test_arrays_larger_than_their_structure() -> None:
    data = Isf(changed((*OUTER, "fields", "Rows", "type", "count"), 10**9))
    with pytest.raises(SymbolsError, match="count is 1000000000, not a number from 0 to 1048576"):
        data.struct("_OUTER").field("Rows")
    data = Isf(changed((*OUTER, "fields", "Rows", "type", "count"), 9))
    with pytest.raises(SymbolsError, match=r"_OUTER.fields.Rows is longer than .* 64 bytes"):
        data.struct("_OUTER").field("Rows")


def test_a_structure_in_itself() -> None:
    kind = {"kind": "struct", "name": "_OUTER"}
    outer = Isf(changed((*OUTER, "fields", "Inner"), {"offset": 0, "type": kind})).struct("_OUTER")
    # It is as long as itself, so this one can lie at 0; a path through it ends where it ends.
    assert outer.offset(".".join(["Inner"] * 50 + ["Count"])) == 4
    outer = Isf(changed((*OUTER, "fields", "Inner", "type"), kind)).struct("_OUTER")
    with pytest.raises(SymbolsError, match=r"Inner\.offset is 16, not a number from 0 to 0"):
        outer.field("Inner.Count")


@pytest.mark.parametrize("path", ["Inner", "Rows"])
def test_structures_and_arrays_are_no_numbers(path: str) -> None:
    with pytest.raises(SymbolsError, match=rf"x is damaged: _OUTER\.{path} is not a number"):
        Isf(isf(), "x").struct("_OUTER").decoder(path)
    with pytest.raises(SymbolsError, match=rf"x is damaged: _OUTER\.{path} is not a bit field"):
        Isf(isf(), "x").struct("_OUTER").bit_field(path)
