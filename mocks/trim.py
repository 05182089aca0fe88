"""Make the project's trimmed layout files: ``python -m mocks.trim LAYOUTS_FOLDER [OUTPUT]``.

``LAYOUTS_FOLDER`` holds complete layout files in ISF (JSON). What is kept is what the package's
readers declare, and the mocks themselves (`mocks.written`). The output is an ISF file for each
build, one type a line, with the globals that the build has in ``symbols`` (offsets from the image
base, chosen by us).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, List, Sequence, Set, Tuple

from .readers import nested, read_of
from .supplement import SOURCES, supplement
from .vad_types import add_vad_types
from .wanted import BUILDS, EXTRA_FIELDS, EXTRA_TYPES, OVERLAYS, SYMBOLS
from .written import written

__all__ = ("complete", "dump_text", "main", "merge", "read_layout", "trim")

Json = Dict[str, Any]

# Where the globals begin in the image, and their alignment: the first page behind the headers.
FIRST_SYMBOL = 0x1000
_ALIGN = 16


def _inner(kind: Json) -> List[Json]:
    """The type, and the types inside it (elements, targets, storage)."""
    found = [kind]
    for key in ("subtype", "type"):
        if isinstance(kind.get(key), dict):
            found += _inner(kind[key])
    return found


def trim(full: Json, layout: str) -> Json:
    """The wanted part of the complete layout file of this name."""
    types: Json = {}
    read, own = read_of(full), written()
    pending = [name for name in (*own, *read) if name in full["user_types"]]
    while pending:
        name = pending.pop()
        if name in types:
            continue
        raw = full["user_types"][name]
        # What only the readers name holds what they read; what a kept field has in place, all.
        keep = own.get(name, set() if name in read else None)
        fields = {
            key: value
            for key, value in sorted(raw["fields"].items(), key=lambda item: item[1]["offset"])
            if keep is None or key in keep or key in read.get(name, ())
        }
        types[name] = {"kind": raw["kind"], "size": raw["size"], "fields": fields}
        for value in fields.values():
            inner = nested(value["type"])
            if inner is not None and inner in full["user_types"]:
                pending.append(inner)
    windows = full["metadata"]["windows"]
    _add_extra(types, windows, layout)
    used = [
        part
        for raw in types.values()
        for field in raw["fields"].values()
        for part in _inner(field["type"])
    ]
    base = {part["name"] for part in used if part["kind"] == "base"} | {"pointer", "void"}
    enums = {part["name"] for part in used if part["kind"] == "enum"}
    return {
        "metadata": {
            "format": full["metadata"]["format"],
            "producer": {"name": "mocks.trim", "version": "1"},
            "source": full["metadata"]["source"],
            "windows": windows,
        },
        "base_types": {key: full["base_types"][key] for key in sorted(base)},
        "enums": {key: full["enums"][key] for key in sorted(enums) if key in full["enums"]},
        "user_types": {key: types[key] for key in sorted(types)},
        "symbols": _symbols(int(windows["build"])),
    }


def _add_extra(types: Json, windows: Json, layout: str) -> None:
    for (wanted, name), fields in EXTRA_FIELDS.items():
        if wanted == layout:
            types[name]["fields"].update(_plain(fields))
    for extra in EXTRA_TYPES:
        if windows["arch"] in extra.archs and extra.first <= windows["build"] <= extra.last:
            fields = _plain(extra.fields)
            types[extra.name] = {"kind": "struct", "size": 0x1000, "fields": fields}


def _plain(fields: Dict[str, Tuple[int, str]]) -> Json:
    return {
        key: {"offset": offset, "type": {"kind": "base", "name": base}}
        for key, (offset, base) in fields.items()
    }


def _symbols(build: int) -> Json:
    symbols: Json = {}
    address = FIRST_SYMBOL
    for name, symbol in SYMBOLS.items():
        if symbol.first <= build <= symbol.last:
            symbols[name] = {"address": address}
            address += (symbol.size + _ALIGN - 1) // _ALIGN * _ALIGN
    return symbols


def read_layout(folder: Path, file: str) -> Json:
    """A complete layout file as it is. Of which Windows it is stands in its row of the folder's
    ``index.json``, and where it comes from, if it does not say so itself."""
    full: Json = json.loads((folder / file).read_text("utf-8"))
    for row in json.loads((folder / "index.json").read_text("utf-8"))["files"]:
        if row["file"] == file:
            metadata = full["metadata"]
            metadata["windows"] = {key: row[key] for key in ("ntos_version", "build", "arch")}
            metadata.setdefault("source", [{"types": "all", "source": row["source"]}])
    return full


def complete(folder: Path, file: str) -> Json:
    """A complete layout file, with the structures of the file of the same name in ``more``, which
    holds what the first one lacks, and what `mocks.supplement` knows to have the rest."""
    full = read_layout(folder, file)
    if file.startswith("more/"):
        return full  # whole as it is
    add_vad_types(full)
    beside = folder / "more" / file
    if beside.is_file():
        more: Json = json.loads(beside.read_text("utf-8"))
        if isinstance(more["metadata"]["source"], str):
            more["metadata"]["source"] = [{"types": "more", "source": more["metadata"]["source"]}]
        full = {**full, **merge(more, full), "metadata": merge(full, more)["metadata"]}
    source = SOURCES.get(Path(file).stem)
    if source is not None:
        supplement(full, complete(folder, f"{source}.json"))
    return full


def merge(below: Json, overlay: Json) -> Json:
    """A layout with the types of ``overlay`` in place of its own of the same name."""
    merged = dict(below)
    merged["base_types"] = {**overlay["base_types"], **below["base_types"]}
    merged["enums"] = {**below["enums"], **overlay["enums"]}
    merged["user_types"] = {**below["user_types"], **overlay["user_types"]}
    merged["metadata"] = {
        **below["metadata"],
        "source": below["metadata"]["source"] + overlay["metadata"]["source"],
    }
    return merged


def dump_text(data: Json) -> str:
    """The text of an ISF file: one type, symbol or enumeration a line."""
    parts = []
    for key, value in data.items():
        if key == "metadata":
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
            continue
        rows = [
            f" {json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}"
            for name, row in value.items()
        ]
        inner = ",\n".join(rows)
        parts.append(f"{json.dumps(key)}: {{\n{inner}\n}}" if rows else f"{json.dumps(key)}: {{}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _check_names(layouts: Sequence[Json]) -> None:
    """A name that no build has is a slip where it is declared."""
    slips: List[str] = []
    for name, keep in written().items():
        having = [full["user_types"][name] for full in layouts if name in full["user_types"]]
        if not having:
            slips.append(name)
            continue
        known: Set[str] = set().union(*(set(raw["fields"]) for raw in having))
        unknown = sorted(set(keep or ()) - known)
        slips += [f"{name}.{field}" for field in unknown]
    if slips:
        raise SystemExit(f"no layout has {', '.join(slips)}")


def main(arguments: Sequence[str]) -> int:
    """Write the files; returns the exit code."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    source = Path(arguments[0])
    output = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).parent / "layouts"
    output.mkdir(parents=True, exist_ok=True)
    layouts = {name: complete(source, f"{name}.json") for name in BUILDS}
    _check_names(list(layouts.values()))
    for name, (below, overlay) in OVERLAYS.items():
        replacing = json.loads((source / f"{overlay}.json").read_text("utf-8"))
        layouts[name] = merge(layouts[below], replacing)
    for name, full in layouts.items():
        (output / f"{name}.json").write_bytes(dump_text(trim(full, name)).encode("utf-8"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
