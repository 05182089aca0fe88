"""The trimmed layouts: equal to the complete ones, and to the symbols of a real kernel."""

from __future__ import annotations

import json
import lzma
from functools import partial
from pathlib import Path
from typing import Any, Dict, NamedTuple

import pytest

from mocks import builds, trim
from mocks.kernel_image import KernelImage
from mocks.supplement import SOURCES
from mocks.wanted import EXTRA_FIELDS, EXTRA_TYPES, OVERLAYS
from mocks.written import written
from pykd_handle.layout import BitField, StructRef

from .reading import fields

# Those of descriptors are held against other figures in tests/commands/test_regions.py.
OURS = {extra.name for extra in EXTRA_TYPES}
OURS |= {"_MMVAD", "_MMVAD_SHORT", "_MMVAD_SHORT_U", "_MMVAD_FLAGS", "_RTL_BALANCED_NODE"}


def complete(folder: Path, name: str) -> Dict[str, Any]:
    below, above = OVERLAYS.get(name, (name, ""))
    found: Dict[str, Any] = json.loads((folder / f"{below}.json").read_text("utf-8"))
    beside = folder / "more" / f"{below}.json"
    if beside.is_file():
        more = json.loads(beside.read_text("utf-8"))["user_types"]
        assert not more.keys() & found["user_types"].keys()
        found["user_types"].update(more)
    if above:
        overlay = json.loads((folder / f"{above}.json").read_text("utf-8"))
        found["user_types"].update(overlay["user_types"])
    return found


class Complete(NamedTuple):
    """The structures of a complete file, and those of the file that has what it lacks."""

    name: str
    full: Dict[str, Any]
    others: Dict[str, Any]


@pytest.fixture(scope="module", params=builds.names())
def known(request: pytest.FixtureRequest, complete_layouts: Path) -> Complete:
    name, source = request.param, SOURCES.get(request.param)
    others = complete(complete_layouts, source)["user_types"] if source else {}
    return Complete(name, complete(complete_layouts, name)["user_types"], others)


def test_there_are_the_builds_that_matter() -> None:
    assert {
        "win81_x64",
        "win10_1507_x64",
        "win10_14393_x64",
        "win10_17763_x64",
        "win10_19041_x64",
        "win11_22000_x64",
        "win11_22621_x64",
        "win11_26100_x64",
        "win11_26100_la57_x64",
    } <= set(builds.names())


def test_unknown_layout_is_one_line() -> None:
    with pytest.raises(ValueError, match=r"no layout 'winnt'; there are .*win10_19041_x64"):
        builds.load("winnt")


def test_every_kept_field_is_that_of_the_complete_file(known: Complete) -> None:
    name, full, others = known
    small = builds.load_raw(name)
    for struct, field_name, field in fields(small):
        if struct in OURS or field_name in EXTRA_FIELDS.get((name, struct), {}):
            continue
        if field_name in full.get(struct, {"fields": ()})["fields"]:
            assert field == full[struct]["fields"][field_name], (struct, field_name)
            continue
        other = others[struct.replace("_of_other", "")]["fields"][field_name]
        assert field["offset"] == other["offset"], (struct, field_name)
        for key in ("bit_position", "bit_length"):
            assert field["type"].get(key) == other["type"].get(key), (struct, field_name)
    for struct, raw in small["user_types"].items():
        if struct not in OURS:
            there = full if struct in full else others
            assert raw["size"] == there[struct.replace("_of_other", "")]["size"]


def test_nothing_that_is_wanted_is_left_out(known: Complete) -> None:
    name, full, others = known
    small = builds.load_raw(name)["user_types"]
    for struct, keep in written().items():
        if struct not in full:
            assert struct not in small or struct in others
            continue
        wanted = set(full[struct]["fields"]) if keep is None else set(keep)
        assert wanted & set(full[struct]["fields"]) <= set(small[struct]["fields"])


def test_what_nothing_declares_can_not_be_taken_for_what_a_build_lacks(image: KernelImage) -> None:
    """All of these are in a kernel of 19041; the layout has none of them."""
    process, table = image.processes.system.view, image.processes.system.table.view
    for path in ("Cookie", "Pcb.Affinity", "Flags4"):
        said = rf"^_E?K?PROCESS\.{path.split('.')[-1]} is declared by no part of the mocks"
        for ask in (process.has, process.at, process.__getitem__, partial(process.put, value=1)):
            with pytest.raises(ValueError, match=said):
                ask(path)
    with pytest.raises(ValueError, match=r"^_KTRAP_FRAME is declared by no part of the mocks"):
        image.build.has_struct("_KTRAP_FRAME")
    # These other builds have, and so each is declared: by what reads it, or as all of a structure.
    assert not process.has("Wow64Process") and not process.has("Session.Process")
    assert not table.put("FirstFree", 1) and not image.build.has_struct("_SECTION_OBJECT")


def test_the_script_makes_the_committed_files(complete_layouts: Path, tmp_path: Path) -> None:
    assert trim.main([str(complete_layouts), str(tmp_path)]) == 0
    committed = Path(builds.__file__).parent / "layouts"
    files = [f"{name}.json" for name in builds.names()]
    other = [
        file for file in files if (tmp_path / file).read_bytes() != (committed / file).read_bytes()
    ]
    assert not other, "run: python -m mocks.trim FOLDER (see CONTRIBUTING.md)"


def test_the_script_wants_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert trim.main([]) == 2
    assert "LAYOUTS_FOLDER" in capsys.readouterr().err


@pytest.mark.parametrize("name", builds.names())
def test_nested_structures_are_there_and_every_field_fits(name: str) -> None:
    layout = builds.load(name)
    for struct in builds.load_raw(name)["user_types"]:
        known = layout.struct(struct)
        for key in known.fields:
            if (struct, key) == ("_PHYSICAL_MEMORY_DESCRIPTOR64", "Run"):
                continue  # lies behind the size that the public description gives
            field = known.field(key)
            if isinstance(field.type, StructRef):
                assert layout.has_struct(field.type.name), (struct, field.name)
            if isinstance(field.type, BitField):
                bits = 8 * field.type.storage.size
                assert field.type.position + field.type.length <= bits
            assert field.offset + known.size_of(field.type) <= known.size, (struct, field.name)


def test_19041_agrees_with_microsofts_symbols(real_data: Path) -> None:
    """The types of a real 19041 kernel, from its own PDB."""
    path = real_data / "ntkrnlmp-5278AFF86C341677D7D7835C85B7B844-1.json.xz"
    real = json.loads(lzma.decompress(path.read_bytes()).decode("utf-8"))["user_types"]
    compared = 0
    for struct, name, field in fields(builds.load_raw("win10_19041_x64")):
        if struct not in real:
            continue  # not in any PDB (dump headers), or a nameless structure of another number
        theirs = real[struct]["fields"][name]
        assert field["offset"] == theirs["offset"], (struct, name)
        for key in ("bit_position", "bit_length"):
            assert field["type"].get(key) == theirs["type"].get(key), (struct, name)
        compared += 1
    assert compared > 600


def test_symbols_follow_the_build() -> None:
    def has(layout: str, name: str) -> bool:
        return name in builds.load_raw(layout)["symbols"]

    assert not has("win81_x64", "ObHeaderCookie")
    assert has("win81_x64", "ObTypeIndexTable")
    assert has("win10_1507_x64", "ObHeaderCookie")
    assert not has("win10_14393_x64", "ExpFreeListCount")
    assert has("win10_17763_x64", "ExpFreeListCount")
    assert has("win11_22000_x64", "ExpFreeListCount")
    assert not has("win11_22621_x64", "ExpFreeListCount")


@pytest.mark.parametrize("name", builds.names())
def test_symbols_do_not_overlap(name: str) -> None:
    from mocks.wanted import SYMBOLS

    rows = sorted((row["address"], key) for key, row in builds.load_raw(name)["symbols"].items())
    for (start, key), (following, _) in zip(rows, rows[1:]):
        assert start + SYMBOLS[key].size <= following, key


def test_a_layout_as_pdbconv_makes_it_is_of_the_windows_of_its_row(tmp_path: Path) -> None:
    pdb = {"GUID": "0" * 32, "age": 1, "database": "ntkrnlmp.pdb", "machine_type": 34404}
    made = {"metadata": {"format": "6.2.0", "windows": {"pdb": pdb}}, "user_types": {}}
    (tmp_path / "new_x64.json").write_text(json.dumps(made), "utf-8")
    row = {"file": "new_x64.json", "arch": "x64", "build": 30000, "ntos_version": "10.0.30000.1"}
    index = {"files": [{**row, "file": "old.json", "build": 1}, {**row, "source": "its PDB"}]}
    (tmp_path / "index.json").write_text(json.dumps(index), "utf-8")
    metadata = trim.read_layout(tmp_path, "new_x64.json")["metadata"]
    assert metadata["windows"] == {"arch": "x64", "build": 30000, "ntos_version": "10.0.30000.1"}
    assert metadata["source"] == [{"types": "all", "source": "its PDB"}]
