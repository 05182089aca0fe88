"""Make the layouts that the package ships.

``python -m tools.ship_layouts LAYOUTS_FOLDER [OUTPUT]`` writes them to their place, or to OUTPUT.

``LAYOUTS_FOLDER`` holds complete layout files in ISF (JSON), made from public symbols. Only what
the package's readers declare is kept (`pykd_handle.layout.declared`). The files serve where the
symbols of a kernel can't be had; the ones for tests, with everything that a synthetic kernel is
built from, are made by `mocks.trim`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from mocks.readers import nested, read_of
from mocks.trim import complete, dump_text, merge
from mocks.vad_types import add_vad_types

__all__ = ("DATA", "UPDATES", "Update", "main", "shrink")

Json = Dict[str, Any]


class Update(NamedTuple):
    """A kernel whose symbols are of its own, beside the complete layout that it is nearest to."""

    below: str
    file: str
    build: int
    version: str


# Updates that moved what the package reads, and kernels with sizes of their own. Each file stands
# alone but for the structures that no kernel changes (those of dumps and of the debugger data).
UPDATES: Dict[str, Update] = {
    "win10_14393_6343_x64": Update(
        "win10_14393_x64", "more/isf_14393_6343_x64", 14393, "10.0.14393.6343"
    ),
    "win2022_20348_x64": Update(
        "win11_22000_x64", "more/isf_20348_2529_x64", 20348, "10.0.20348.2529"
    ),
    "win81_21620_x64": Update("win81_u1_x64", "more/isf_9600_21620_x64", 9600, "6.3.9600.21620"),
}

# Builds whose kernels are laid out as another's: the name, the layout that serves, the build.
# 26200: System Informer's data of every kernel image equal those of 26100. ARM64: the handle
# tables' structures are those of 26100, _EPROCESS is the same from 19041 to 22631.
SAME: Tuple[Tuple[str, str, int], ...] = (
    ("win10_19041_arm64", "win11_22000_arm64", 19041),
    ("win11_22621_arm64", "win11_22000_arm64", 22621),
    ("win11_22631_arm64", "win11_22000_arm64", 22631),
    ("win11_26200_arm64", "win11_26100_arm64", 26200),
    ("win11_26200_x64", "win11_26100_x64", 26200),
    ("win11_26200_x64_la57", "win11_26100_x64_la57", 26200),
)

DATA = Path(__file__).parent.parent / "pykd_handle" / "layout" / "data"
"""Where they are."""

_NOT_THE_KERNELS = "_KDDEBUGGER_DATA64"

# Globals that came late, and the newest build whose public symbols were looked through and do not
# have them (names of SymStore's lists). What is not known to be missing may be there.
_LATE_SYMBOLS = {"ExpFreeListCount": 14393, "ObHeaderCookie": 9600}


def _session(arch: str, build: int) -> Optional[Json]:
    """Where ``_EPROCESS.Session`` leads, up to 23H2; the public extractions leave it out.

    ``SessionId`` at 8 was read in the complete symbols of a 19041 kernel; published dumps of the
    structure have it there from XP on, but for 2003, where a pointer comes first. 24H2 has
    another structure.
    """
    if arch not in ("x86", "x64") or build >= 26100:
        return None
    offset = (16 if arch == "x64" else 12) if build == 3790 else 8
    field = {"offset": offset, "type": {"kind": "base", "name": "unsigned long"}}
    return {"kind": "struct", "size": 0x1000, "fields": {"SessionId": field}}


def _complete(name: str, full: Json, layouts: Dict[str, Json]) -> Json:
    """A published layout with what it lacks and another one tells.

    ``SeAuditProcessCreationInfo`` of ARM64 lies, as the name before it and the list of threads
    behind it, 0x48 bytes below that of x64. What ``_EPROCESS`` points at is the same everywhere.
    """
    if name != "win11_22000_arm64":
        return full
    audit = {"kind": "struct", "name": "_SE_AUDIT_PROCESS_CREATION_INFO"}
    full["user_types"]["_EPROCESS"]["fields"]["SeAuditProcessCreationInfo"] = {
        "offset": 0x5C0 - 0x48, "type": audit
    }  # fmt: skip
    full["metadata"]["windows"]["ntos_version"] = "10.0.22000"
    return {**merge(layouts["win11_26100_arm64"], full), "metadata": full["metadata"]}


def _plain(kind: Json) -> Json:
    """A pointer needs no target here: nothing is followed by its type."""
    if kind["kind"] == "pointer":
        return {"kind": "pointer", "subtype": {"kind": "base", "name": "void"}}
    if kind["kind"] == "array":
        return {**kind, "subtype": _plain(kind["subtype"])}
    return kind


def shrink(full: Json) -> Json:
    """The part of a complete layout file that the package reads."""
    wanted = read_of(full)
    types: Json = {}
    pending: List[str] = list(wanted)
    while pending:
        name = pending.pop()
        if name in types:
            continue
        raw, keep = full["user_types"][name], wanted.get(name)
        fields = {
            key: {"offset": value["offset"], "type": _plain(value["type"])}
            for key, value in sorted(raw["fields"].items(), key=lambda item: item[1]["offset"])
            if keep is None or key in keep
        }
        types[name] = {"kind": raw["kind"], "size": raw["size"], "fields": fields}
        for value in fields.values():
            inner = nested(value["type"])
            if inner is not None and inner in full["user_types"]:
                # A structure in place into which no path leads is kept whole.
                pending.append(inner)
    windows = full["metadata"]["windows"]
    session = _session(str(windows["arch"]), int(windows["build"]))
    if session is not None and "Session" in types["_EPROCESS"]["fields"]:
        types.setdefault("_MM_SESSION_SPACE", session)
    return {
        "metadata": {
            "format": full["metadata"]["format"],
            "producer": {"name": "tools.ship_layouts", "version": "1"},
            "source": full["metadata"]["source"],
            "windows": windows,
            "lacks_symbols": [
                name for name, last in _LATE_SYMBOLS.items() if int(windows["build"]) <= last
            ],
        },
        "base_types": full["base_types"],
        "enums": {},
        "user_types": {key: types[key] for key in sorted(types)},
        "symbols": {},
    }


def main(arguments: Sequence[str]) -> int:
    """Write the files; returns the exit code."""
    if len(arguments) not in (1, 2):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    source = Path(arguments[0])
    output = Path(arguments[1]) if len(arguments) == 2 else DATA
    output.mkdir(parents=True, exist_ok=True)
    index = json.loads((source / "index.json").read_text("utf-8"))
    layouts: Dict[str, Json] = {}
    overlay: Optional[Json] = None
    for row in index["files"]:
        full = complete(source, row["file"])
        if row.get("overlay"):
            overlay = full
        else:
            layouts[Path(row["file"]).stem] = full
    for name, full in list(layouts.items()):
        layouts[name] = _complete(name, full, layouts)
        if _NOT_THE_KERNELS not in layouts[name]["user_types"]:
            sys.stderr.write(
                f"{name}: no {_NOT_THE_KERNELS}, which no PDB of a kernel has: name a layout of a "
                "neighbour in SOURCES (mocks/supplement.py)\n"
            )
            return 1
    for name, update in UPDATES.items():
        full = json.loads((source / f"{update.file}.json").read_text("utf-8"))
        windows = layouts[update.below]["metadata"]["windows"]
        full["metadata"]["source"] = [{"types": "all", "source": full["metadata"]["source"]}]
        full["metadata"]["windows"] = {
            **windows, "build": update.build, "ntos_version": update.version
        }  # fmt: skip
        add_vad_types(full)
        layouts[name] = full
    if overlay is not None:
        first = int(overlay["metadata"]["windows"]["build"])
        for name, full in list(layouts.items()):
            windows = full["metadata"]["windows"]
            if windows["arch"] == "x64" and int(windows["build"]) >= first:
                merged = merge(full, overlay)
                merged["metadata"]["windows"] = {**windows, "five_levels": True}
                layouts[f"{name}_la57"] = merged
    rows: Json = {}
    for name, full in sorted(layouts.items()):
        (output / f"{name}.json").write_bytes(dump_text(shrink(full)).encode("utf-8"))
        windows = full["metadata"]["windows"]
        rows[name] = {"five_levels": False, **windows}
    for name, serving, build in SAME:
        version = f"10.0.{build}"
        rows[name] = {**rows[serving], "build": build, "ntos_version": version, "file": serving}
    (output / "index.json").write_bytes(dump_text({"layouts": rows}).encode("utf-8"))
    sys.stdout.write(f"{len(layouts)} layouts\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
