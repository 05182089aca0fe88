"""The shipped layouts: all there, as complete as the package needs, and the right one chosen."""

import json
from pathlib import Path

import pytest

from mocks.readers import all_declared
from mocks.supplement import SOURCES
from pykd_handle.layout import Isf
from pykd_handle.layout import shipped as module
from pykd_handle.layout.shipped import candidates, load, shipped
from pykd_handle.values import SymbolsError, attempt
from tools import ship_layouts
from tools.ship_layouts import DATA, UPDATES

from ..needs import SHARED

FILES = sorted({item.file for item in shipped()})
# The only published layout in part; what is put to it is told in its own test.
IN_PART = "win11_22000_arm64"


def test_every_build_from_xp_to_11() -> None:
    names = {(item.arch, item.build) for item in shipped()}
    assert {("x86", 2600), ("x64", 3790), ("x86", 6002), ("x64", 7601), ("x64", 9200)} <= names
    assert {("x64", 19041), ("x86", 19045), ("x64", 26100), ("arm64", 26100)} <= names


@pytest.mark.parametrize("name", [item.name for item in shipped()])
def test_what_the_package_reads_is_there(name: str) -> None:
    layout = load(name)
    process = layout.struct("_EPROCESS")
    assert process.has("UniqueProcessId", "ObjectTable", "ImageFileName", "ActiveProcessLinks")
    assert layout.struct("_OBJECT_TYPE").has("Name.Buffer", "Index")
    header = layout.struct("_OBJECT_HEADER")
    assert header.has("TypeIndex", "InfoMask") or header.has("Type", "NameInfoOffset")
    entry = layout.struct("_HANDLE_TABLE_ENTRY")
    assert entry.has("ObjectPointerBits", "GrantedAccessBits") or entry.has("Object")
    needed = [
        ("_OBJECT_HEADER_NAME_INFO", "Name.Length"),
        ("_OBJECT_DIRECTORY", "HashBuckets"),
        ("_OBJECT_DIRECTORY_ENTRY", "ChainLink"),
        ("_CM_KEY_BODY", "KeyControlBlock"),
    ]
    if not name.endswith("arm64"):
        # The public extraction of those kernels is partial: files and keys stay without names.
        needed += [
            ("_FILE_OBJECT", "FileName.Buffer"),
            ("_CM_KEY_CONTROL_BLOCK", "ParentKcb"),
            ("_CM_NAME_CONTROL_BLOCK", "NameLength"),
            ("_EPROCESS", "SeAuditProcessCreationInfo.ImageFileName"),
            ("_OBJECT_NAME_INFORMATION", "Name.Buffer"),
            ("_TOKEN", "SessionId"),
            ("_EPROCESS", "CreateTime"),
            ("_EPROCESS", "ExitTime"),
            ("_EPROCESS", "ExitStatus"),
        ]
    for struct, path in needed:
        assert layout.struct(struct).has(path), (struct, path)


# Fields that public symbols of some kernels leave out, though older and newer ones have them.
NOT_IN_ALL = {
    ("_EJOB", "EffectiveFreezeCount"), ("_EJOB", "JobFrozen"), ("_EJOB", "NestingDepth"),
    ("_EPROCESS", "BreakOnTermination"), ("_EPROCESS", "Crashed"),
    ("_EPROCESS", "Pcb.DeepFreeze"), ("_EPROCESS", "Pcb.FreezeCount"),
    ("_EPROCESS", "PrimaryTokenFrozen"), ("_EPROCESS", "SubsystemProcess"),
    ("_ETHREAD", "BreakOnTermination"), ("_ETHREAD", "StartAddressInvalid"),
    ("_ETHREAD", "Tcb.SystemThread"), ("_ETHREAD", "Tcb.WaitBlockCount"),
    ("_ETW_PROVIDER_TRAITS", "Traits"), ("_ETW_REG_ENTRY", "Traits"),
    ("_OBJECT_SYMBOLIC_LINK", "Flags"), ("_POOL_HEADER", "BlockSize"), ("_POOL_HEADER", "PoolTag"),
    ("_POOL_HEADER", "PoolType"), ("_POOL_HEADER", "PreviousSize"),
    ("_TOKEN", "IntegrityLevelSidValue"),
}  # fmt: skip


def holds(layout: Isf, struct: str, field: str) -> bool:
    """Whether a layout has a field; one behind a structure that is not there it has not."""
    return layout.has_struct(struct) and attempt(layout.struct(struct).has, field, default=False)


@pytest.mark.parametrize("arch", ["x86", "x64"])
def test_no_field_is_gone_between_two_builds(arch: str) -> None:
    """What the package reads of an older and of a newer kernel is there in those between."""
    builds = sorted(
        (each.build, each.name) for each in shipped() if each.arch == arch and not each.five_levels
    )
    layouts = [load(name) for _, name in builds]
    gone = set()
    for struct, fields in all_declared().items():
        for field in fields:
            there = [holds(layout, struct, field) for layout in layouts]
            if any(there):
                first, last = there.index(True), len(there) - there[::-1].index(True)
                if not all(there[first:last]):
                    gone.add((struct, field))
    assert gone <= NOT_IN_ALL


@pytest.mark.usefixtures("shared")
def test_the_script_makes_the_committed_files(tmp_path: Path) -> None:
    assert ship_layouts.main([str(SHARED / "layouts"), str(tmp_path)]) == 0
    made, committed = (
        {path.name: path.read_bytes() for path in folder.iterdir()} for folder in (tmp_path, DATA)
    )
    differing = {name for name in made.keys() | committed if made.get(name) != committed.get(name)}
    assert not differing, "run: python -m tools.ship_layouts FOLDER (see CONTRIBUTING.md)"


def test_a_layout_that_needs_a_neighbour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = {**json.loads((DATA / "win10_19041_x64.json").read_text("utf-8")), "user_types": {}}
    (tmp_path / "new.json").write_text(json.dumps(bare), "utf-8")
    row = {"file": "new.json", "arch": "x64", "build": 19042, "ntos_version": "", "source": ""}
    (tmp_path / "index.json").write_text(json.dumps({"files": [row]}), "utf-8")
    assert ship_layouts.main([str(tmp_path), str(tmp_path / "out")]) == 1
    assert "SOURCES (mocks/supplement.py)" in capsys.readouterr().err


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("la57")])
def test_nothing_was_changed_on_the_way(name: str) -> None:
    source = SHARED / "layouts" / f"{UPDATES[name].file if name in UPDATES else name}.json"
    full = json.loads(source.read_text("utf-8"))["user_types"]
    others = full
    if name in SOURCES:
        more = SHARED / "layouts" / f"{SOURCES[name]}.json"
        others = json.loads(more.read_text("utf-8"))["user_types"]
    layout = load(name)
    for struct in ("_EPROCESS", "_HANDLE_TABLE", "_OBJECT_HEADER", "_OBJECT_TYPE", "_TOKEN"):
        assert layout.has_struct(struct) == (struct in full)
        if struct not in full:
            continue
        found = layout.struct(struct)
        assert found.size == full[struct]["size"]
        for field in found:
            if (name, field.name) != (IN_PART, "SeAuditProcessCreationInfo"):
                there = full if field.name in full[struct]["fields"] else others
                assert field.offset == there[struct]["fields"][field.name]["offset"]


def test_what_servicing_moved() -> None:
    # Offsets of 26 serviced 14393 kernels (4583 to 6343) and of 32 serviced 9600 kernels.
    for name, exit_time, exit_status in (
        ("win10_14393_x64", 0x688, 0x61C),
        ("win10_14393_6343_x64", 0x690, 0x62C),
        ("win81_u1_x64", 0x640, 0x5D4),
        ("win81_21620_x64", 0x640, 0x6FC),
    ):
        process = load(name).struct("_EPROCESS")
        assert process.offset("ExitTime") == exit_time, name
        assert process.offset("ExitStatus") == exit_status, name


@pytest.mark.parametrize(
    ("arch", "build", "pid", "table"),
    [
        # Process ids and handle tables as System Informer and the public headers have them.
        ("x64", 20348, 0x440, 0x570),
        ("x64", 26200, 0x1D0, 0x300),
        ("arm64", 19041, 0x3F8, 0x528),
        ("arm64", 22000, 0x3F8, 0x528),
        ("arm64", 22621, 0x3F8, 0x528),
        ("arm64", 22631, 0x3F8, 0x528),
        ("arm64", 26200, 0x1C0, 0x2F0),
    ],
)
def test_a_build_that_is_laid_out_as_another(arch: str, build: int, pid: int, table: int) -> None:
    first = candidates(arch, build)[0]
    assert first.build == build
    process = load(first.name).struct("_EPROCESS")
    assert (process.offset("UniqueProcessId"), process.offset("ObjectTable")) == (pid, table)
    if arch == "x64":
        assert candidates(arch, build, True)[0].build == build


def test_arm64_between_two_known_places() -> None:
    # Name and list of threads lie 0x48 bytes below those of x64: so does what is between them.
    x64 = load("win11_22000_x64").struct("_EPROCESS")
    arm64 = load(IN_PART).struct("_EPROCESS")
    for field in ("ImageFileName", "SeAuditProcessCreationInfo.ImageFileName"):
        assert x64.offset(field) - arm64.offset(field) == 0x48


def test_the_57_bit_entry_lies_over_the_layout_of_its_build() -> None:
    layout = load("win11_26100_x64_la57")
    bits = layout.struct("_HANDLE_TABLE_ENTRY").field("ObjectPointerBits").type
    assert (bits.position, bits.length) == (11, 53)
    assert layout.struct("_EPROCESS").offset("ObjectTable") == load("win11_26100_x64").struct(
        "_EPROCESS"
    ).offset("ObjectTable")


def test_the_build_itself_comes_first_then_the_nearest_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machines = {"x64": (100, 200, 300, 400), "arm64": (200, 250)}
    plain = {
        f"{arch} {build}": {"arch": arch, "build": build, "five_levels": False}
        for arch, builds in machines.items()
        for build in builds
    }
    rows = {**plain, "large": {"arch": "x64", "build": 350, "five_levels": True}}
    monkeypatch.setattr(module, "_rows", lambda: rows)
    for build, order in (
        (300, [300, 200, 100, 400]),
        (399, [300, 200, 100, 400]),
        (99, [100, 200, 300, 400]),
        (401, [400, 300, 200, 100]),
    ):
        assert [item.build for item in candidates("x64", build)] == order
    assert [item.build for item in candidates("arm64", 240)] == [200, 250]
    assert [item.name for item in candidates("x64", 300, True)] == ["large"]


def test_a_layout_that_is_not_shipped() -> None:
    with pytest.raises(SymbolsError, match="no layout nt4"):
        load("nt4")
