"""A made PDB says what its layout says: to LLVM's reader and to Microsoft's engine.

The layout is what is expected; the compiler, the linker and the engine stand between it and what
is seen.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple
from uuid import UUID

import pytest

import mocks.pdb
from mocks import builds
from mocks.pdb import LayoutError, ModulePdb, ToolchainError, ToolchainMissing, make_pdb
from mocks.pdb_identity import image_identity, image_sections

from .minimal_dump import minimal_minidump
from .rig import Rig
from .triage import triage_drivers

Layout = Dict[str, Any]

# Of each machine, with bit fields and without.
BUILDS = [
    "winxp_sp3_x86",
    "win10_19041_x86",
    "win10_19041_x64",
    "win11_26100_arm64",
]
CHECKED = [
    "_HANDLE_TABLE", "_HANDLE_TABLE_ENTRY", "_HANDLE_TABLE_ENTRY_INFO", "_HANDLE_TABLE_FREE_LIST",
    "_EXHANDLE", "_OBJECT_HEADER", "_OBJECT_HEADER_NAME_INFO", "_OBJECT_HEADER_CREATOR_INFO",
    "_OBJECT_TYPE", "_OBJECT_TYPE_INITIALIZER", "_OBJECT_DIRECTORY", "_EPROCESS", "_KPROCESS",
    "_ETHREAD", "_KTHREAD", "_FILE_OBJECT", "_DEVICE_OBJECT", "_CM_KEY_BODY",
    "_CM_KEY_CONTROL_BLOCK", "_CONTROL_AREA", "_SEGMENT", "_TOKEN", "_DISPATCHER_HEADER",
    "_LIST_ENTRY", "_UNICODE_STRING", "_EX_FAST_REF", "_ALPC_PORT", "_ERESOURCE", "_KPRCB",
]  # fmt: skip
SYMBOLS = {"First": 0x1000, "ObHeaderCookie": 0x1010, "Alias": 0x1010, "Far": 0xFFF008}
_TYPES_OF_A_PDB = """
import json, sys, pykd
provider = pykd.getTypeInfoProviderFromPdb(sys.argv[1])
seen = {}
for name in json.loads(sys.argv[2]):
    struct = provider.getTypeByName(name)
    fields = {}
    for field_name, field in struct.fields():
        bits = [field.bitOffset(), field.bitWidth()] if field.isBitField() else None
        fields[field_name] = [struct.fieldOffset(field_name), field.size(), bits]
    seen[name] = [struct.size(), fields]
print(json.dumps(seen))
"""


def struct_of(
    size: int, fields: Dict[str, Tuple[int, Dict[str, Any]]], kind: str = "struct"
) -> Any:
    """One ISF structure."""
    entries = {name: {"offset": at, "type": what} for name, (at, what) in fields.items()}
    return {"kind": kind, "size": size, "fields": entries}


def layout_of(**structs: Any) -> Layout:
    """An ISF file with these structures and the usual base types."""
    sizes = {"unsigned char": 1, "unsigned short": 2, "unsigned long": 4, "unsigned long long": 8}
    bases = {
        name: {"kind": "char" if size == 1 else "int", "size": size, "signed": False}
        for name, size in {**sizes, "pointer": 8}.items()
    }
    bases["void"] = {"kind": "void", "size": 0, "signed": False}
    return {"base_types": bases, "user_types": structs, "enums": {}}


def base(name: str) -> Dict[str, Any]:
    return {"kind": "base", "name": name}


def bits(position: int, length: int, name: str) -> Dict[str, Any]:
    kind = {"bit_position": position, "bit_length": length, "type": base(name)}
    return {"kind": "bitfield", **kind}


def llvm(tool: str, *arguments: Any) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    command = [tool, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# --- what a layout says of itself --------------------------------------------------------------


def size_of(layout: Layout, kind: Dict[str, Any]) -> int:
    what = kind["kind"]
    if what == "array":
        return int(kind["count"]) * size_of(layout, kind["subtype"])
    if what == "bitfield":
        return size_of(layout, kind["type"])
    if what in ("base", "pointer"):
        return int(layout["base_types"][kind.get("name", "pointer")]["size"])
    if what == "enum":
        # A layout that was trimmed has no enumerations; the compiler makes them ints.
        return int(layout["enums"].get(kind["name"], {"size": 4})["size"])
    return int(layout["user_types"][kind["name"]]["size"])


def said_by(layout: Layout, names: List[str]) -> Dict[str, Any]:
    """The same form as what the engine is asked for: size, then offset, size and bits."""
    said = {}
    for name in names:
        record = layout["user_types"][name]
        fields = {}
        for field_name, field in record["fields"].items():
            kind = field["type"]
            place = None
            if kind["kind"] == "bitfield":
                place = [kind["bit_position"], kind["bit_length"]]
            fields[field_name] = [field["offset"], size_of(layout, kind), place]
        said[name] = [record["size"], fields]
    return said


def said_by_engine(rig: Rig, pdb: ModulePdb, names: List[str], folder: Path) -> Dict[str, Any]:
    pdb.write(folder)
    return types_by_engine(rig, folder / pdb.pdb_name, names)


def types_by_engine(rig: Rig, path: Path, names: List[str]) -> Dict[str, Any]:
    seen: Dict[str, Any] = json.loads(rig.python(_TYPES_OF_A_PDB, path, json.dumps(names)).ok())
    return seen


# --- types, through pykd and Microsoft's reader ------------------------------------------------


@pytest.mark.parametrize("build", BUILDS)
def test_every_field_is_where_the_layout_has_it(rig: Rig, build: str, tmp_path: Path) -> None:
    layout = builds.load_raw(build)
    names = [name for name in CHECKED if name in layout["user_types"]]
    assert {"_HANDLE_TABLE", "_HANDLE_TABLE_ENTRY", "_OBJECT_HEADER", "_EPROCESS"} <= set(names)
    pdb = make_pdb(layout, SYMBOLS)
    assert said_by_engine(rig, pdb, names, tmp_path) == said_by(layout, names)


def test_all_types_of_a_real_kernel(rig: Rig, real_triage_layout: Layout, tmp_path: Path) -> None:
    names = [n for n, t in real_triage_layout["user_types"].items() if t["size"] and t["fields"]]
    assert len(names) > 1500
    pdb = make_pdb(real_triage_layout, SYMBOLS)
    seen = {}
    for at in range(0, len(names), 400):
        seen.update(said_by_engine(rig, pdb, names[at : at + 400], tmp_path))
    assert seen == said_by(real_triage_layout, names)


def test_awkward_fields(rig: Rig, tmp_path: Path) -> None:
    inner = struct_of(3, {"Low": (0, base("unsigned short"))})
    small = {"kind": "struct", "name": "_INNER"}
    outer = struct_of(
        0x38,
        {
            "Odd": (1, base("unsigned long")),
            "Inner": (5, small),
            # Units of different sizes over each other, gaps between and behind their bits.
            "Byte": (8, bits(1, 2, "unsigned char")),
            "Long": (8, bits(3, 25, "unsigned long")),
            "Tail": (8, bits(30, 2, "unsigned long")),
            "Next": (12, bits(0, 1, "unsigned long")),
            "Whole": (8, base("unsigned long long")),
            "Half": (10, base("unsigned short")),
            "Self": (16, {"kind": "pointer", "subtype": {"kind": "struct", "name": "_OUTER"}}),
            "Call": (24, {"kind": "pointer", "subtype": {"kind": "function"}}),
            "Grid": (32, {"kind": "array", "count": 5, "subtype": small}),
            # Two units of one type, the first with room for the second's bits.
            "Part": (0x30, bits(0, 3, "unsigned long")),
            "Then": (0x34, bits(4, 2, "unsigned long")),
        },
    )  # fmt: skip
    apart = struct_of(
        12, {"A": (0, base("unsigned char")), "B": (8, base("unsigned long"))}, "union"
    )
    layout = layout_of(_OUTER=outer, _INNER=inner, _APART=apart)
    names = ["_OUTER", "_INNER", "_APART"]
    pdb = make_pdb(layout, {})
    assert said_by_engine(rig, pdb, names, tmp_path) == said_by(layout, names)


def test_types_the_layout_leaves_out_are_opaque(rig: Rig, tmp_path: Path) -> None:
    gone = {"kind": "struct", "name": "_GONE"}
    holder = struct_of(
        0x20,
        {"Value": (0, gone), "Behind": (0x14, base("unsigned long")),
         "Pointer": (0x18, {"kind": "pointer", "subtype": gone})},
    )  # fmt: skip
    pdb = make_pdb(layout_of(_HOLDER=holder), {})
    size, fields = said_by_engine(rig, pdb, ["_HOLDER"], tmp_path)["_HOLDER"]
    assert size == 0x20
    # A value of unknown size takes the room up to the next field.
    assert fields == {
        "Value": [0, 0x14, None],
        "Behind": [0x14, 4, None],
        "Pointer": [0x18, 8, None],
    }


@pytest.mark.parametrize(
    "record",
    [
        struct_of(4, {"Wide": (0, base("unsigned long long"))}),
        struct_of(4, {"Bits": (0, bits(30, 3, "unsigned long"))}),
        struct_of(4, {"Me": (0, {"kind": "struct", "name": "_BAD"})}),
    ],
    ids=["field", "bits", "itself"],
)
def test_impossible_layout_is_refused(record: Any) -> None:
    with pytest.raises(LayoutError, match="_BAD"):
        make_pdb(layout_of(_BAD=record), {})


def test_name_that_is_no_cpp_name_is_refused_by_the_compiler() -> None:
    record = struct_of(4, {"private": (0, base("unsigned long"))})
    make_pdb(layout_of(), {})
    with pytest.raises(ToolchainError, match="error: "):
        make_pdb(layout_of(_BAD=record), {})


# --- symbols -----------------------------------------------------------------------------------


@pytest.mark.parametrize("arch", ["x64", "x86", "arm64"])
def test_symbols_lie_at_their_addresses(arch: str, tmp_path: Path) -> None:
    module = make_pdb(layout_of(), SYMBOLS, arch=arch)
    module.write(tmp_path)
    publics = llvm("llvm-pdbutil", "dump", "-publics", tmp_path / module.pdb_name)
    sections = image_sections(module.image)
    seen = {
        name: sections[int(section) - 1].rva + int(offset)
        for name, section, offset in re.findall(r"`(\S+)`\s+flags.*addr = (\d+):(\d+)", publics)
    }
    prefix = "_" if arch == "x86" else ""
    assert seen == {prefix + name: rva for name, rva in SYMBOLS.items()}
    # 16 MB of address space, not of file.
    assert module.size == 0x1001000
    assert len(module.image) < 0x1000


@pytest.mark.parametrize(
    ("arch", "base_address"),
    [("x64", 0xFFFFF80412340000), ("x86", 0x400000), ("x86", 0x81E00000), ("arm64", None)],
)
def test_engine_finds_symbols_and_types(
    rig: Rig, arch: str, base_address: Any, tmp_path: Path
) -> None:
    layout = layout_of(_PAIR=struct_of(8, {"High": (4, base("unsigned long"))}))
    if arch == "x86":
        layout["base_types"]["pointer"]["size"] = 4
    module = make_pdb(layout, SYMBOLS, name="sample", arch=arch, base=base_address)
    module.write(tmp_path)
    dump = tmp_path / "sample.dmp"
    dump.write_bytes(minimal_minidump(module, arch))
    code = (
        "import json, pykd, sys\n"
        "pykd.dbgCommand('.reload /f')\n"
        "names = json.loads(sys.argv[1])\n"
        "print(json.dumps([[pykd.getOffset('sample!' + name) for name in names],\n"
        "    pykd.ptrSize(), pykd.typeInfo('sample!_PAIR').fieldOffset('High'),\n"
        "    pykd.module('sample').symfile(), pykd.dbgCommand('x sample!*')]))"
    )
    answer = rig.python(code, json.dumps(list(SYMBOLS)), dump=dump, symbols=tmp_path).ok()
    offsets, pointer, field, file, listing = json.loads(answer)
    mask = 0xFFFFFFFF if arch == "x86" else (1 << 64) - 1
    assert [at & mask for at in offsets] == [module.base + rva for rva in SYMBOLS.values()]
    assert (pointer, field) == (4 if arch == "x86" else 8, 4)
    assert file.lower().endswith("\\sample.pdb")
    assert sorted(re.findall(r"sample!(\S+)", listing)) == sorted(SYMBOLS)


def test_symbol_outside_the_module() -> None:
    with pytest.raises(ValueError, match="Header at rva 0x10 "):
        make_pdb(layout_of(), {"Header": 0x10})
    with pytest.raises(ValueError, match="below 0x1001000"):
        make_pdb(layout_of(), SYMBOLS, size=0x10000)


def test_chosen_size() -> None:
    assert make_pdb(layout_of(), SYMBOLS, size=0x1046000).size == 0x1046000


# --- what ties image, PDB and dump together ----------------------------------------------------

GUID = UUID("01234567-89ab-cdef-fedc-ba9876543210")


def test_identity_is_what_was_asked_for(tmp_path: Path) -> None:
    module = make_pdb(layout_of(), SYMBOLS, guid=GUID, age=3, timestamp=0x12345678, checksum=0xABCD)
    module.write(tmp_path)
    (headers,) = struct.unpack_from("<I", module.image, 0x3C)
    assert struct.unpack_from("<I", module.image, headers + 24 + 64) == (0xABCD,)
    assert image_identity(module.image) == (GUID, 3, 0x12345678)
    image = llvm(
        "llvm-readobj", "--file-headers", "--coff-debug-directory", tmp_path / "ntkrnlmp.exe"
    )
    assert "PDBAge: 3" in image
    assert "PDBFileName: ntkrnlmp.pdb" in image
    assert image.count("0x12345678") >= 2
    summary = llvm("llvm-pdbutil", "dump", "-summary", tmp_path / module.pdb_name)
    assert f"GUID: {{{str(GUID).upper()}}}" in summary
    assert "Age: 3" in summary
    streams = llvm("llvm-pdbutil", "pdb2yaml", "-dbi-stream", tmp_path / module.pdb_name)
    assert re.search(r"DbiStream:\n(  .*\n)*?  Age: +3\n", streams)


def test_identity_follows_the_content() -> None:
    first, again = (make_pdb(layout_of(), SYMBOLS) for _ in range(2))
    other = make_pdb(layout_of(), {**SYMBOLS, "More": 0x2000})
    assert first == again
    assert first.guid == image_identity(first.image)[0]
    assert other.guid != first.guid


def test_engine_refuses_a_pdb_of_another_build(rig: Rig, tmp_path: Path) -> None:
    wanted = make_pdb(layout_of(), SYMBOLS, guid=GUID)
    dump = tmp_path / "sample.dmp"
    dump.write_bytes(minimal_minidump(wanted, "x64"))
    seen = {}
    for guid in (GUID, UUID(int=GUID.int + 1)):
        folder = tmp_path / str(guid)
        make_pdb(layout_of(), SYMBOLS, guid=guid).write(folder)
        (folder / "ntkrnlmp.exe").unlink()
        seen[guid] = rig.host(dump, [".reload /f", "lm"], symbols=folder)
    good, bad = seen.values()
    assert re.search(r"ntkrnlmp .*\(pdb symbols\)", good)
    assert not re.search(r"ntkrnlmp .*\(pdb symbols\)", bad)


# --- the real kernel ---------------------------------------------------------------------------


def test_real_triage_dump_with_the_types_of_its_kernel(
    rig: Rig, real_triage_dump: Path, real_triage_symbols: Path, real_triage_layout: Layout
) -> None:
    code = (
        "import json, pykd\n"
        "table = pykd.typedVar('nt!_HANDLE_TABLE', 0xffffad0ec107b080)\n"
        "print(json.dumps([pykd.module('nt').begin(), pykd.getOffset('nt!ObHeaderCookie'),\n"
        "    pykd.getOffset('nt!PspCidTable'), int(table.NextHandleNeedingPool),\n"
        "    int(table.UniqueProcessId), int(table.TableCode) & 3,\n"
        "    pykd.dbgCommand('lm m nt')]))"
    )
    answer = rig.python(code, dump=real_triage_dump, symbols=real_triage_symbols).ok()
    begin, cookie, table, *values, listing = json.loads(answer)
    addresses = {name: s["address"] for name, s in real_triage_layout["symbols"].items()}
    assert begin == triage_drivers(real_triage_dump)[0].base
    assert cookie - begin == addresses["ObHeaderCookie"]
    assert table - begin == addresses["PspCidTable"]
    # The System process's table: one level, 256 entries of 4.
    assert values == [0x400, 4, 0]
    assert re.search(r"nt +\(pdb symbols\)", listing)


# --- the cache ---------------------------------------------------------------------------------


def test_second_time_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_pdb(layout_of(), SYMBOLS, cache=tmp_path)

    def fail(*_: object) -> None:
        raise AssertionError("linked again")

    monkeypatch.setattr(mocks.pdb, "link_module", fail)
    assert make_pdb(layout_of(), SYMBOLS, cache=tmp_path) == first
    # Another identity is no other content.
    assert make_pdb(layout_of(), SYMBOLS, cache=tmp_path, guid=GUID).guid == GUID
    with pytest.raises(AssertionError, match="linked again"):
        make_pdb(layout_of(), {}, cache=tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("draft")] == []


def test_missing_tools_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainMissing, match="clang is not installed"):
        make_pdb(layout_of(), {}, cache=tmp_path)
