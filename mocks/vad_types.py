"""The structures of virtual address descriptors, which the public extractions leave out.

Figures of the PDBs up to 19041, as Volatility's overlays and the ISFs of public kernels have them;
the forms of a VAD are four. Builds from 22000 on are taken to have the last one: who reads a VAD
holds the link between its control area and the segment against each other.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

__all__ = ("add_vad_types",)

Json = Dict[str, Any]
_Fields = List[Tuple[str, int, Json]]

_LAST_OF_XP, _SERVER_2003, _LAST_OF_7, _WINDOWS_8 = 2600, 3790, 7601, 9200
# _MMVAD_FLAGS was read in the complete symbols of that kernel; 19045 is the same code.
_WITH_FLAGS = (19041, 19045)
_FLAGS = {"VadType": (4, 3), "Protection": (7, 5), "PrivateMemory": (20, 1)}


def add_vad_types(full: Json) -> None:
    """Put ``_MMVAD`` and what is in it into a raw layout that lacks it."""
    windows = full["metadata"]["windows"]
    types = full["user_types"]
    build, wide = int(windows["build"]), windows["arch"] != "x86"
    if "_MMVAD" in types or "_EPROCESS" not in types:
        return
    pointer = {"kind": "pointer", "subtype": {"kind": "base", "name": "void"}}
    long = {"kind": "base", "name": "unsigned long"}
    page = {"kind": "base", "name": "unsigned long long"} if wide else long
    step = 8 if wide else 4
    if build <= _LAST_OF_XP:
        fields: _Fields = [
            ("StartingVpn", 0, long), ("EndingVpn", 4, long),
            ("LeftChild", 0xC, pointer), ("RightChild", 0x10, pointer),
            ("ControlArea", 0x18, pointer),
        ]  # fmt: skip
        types["_MMVAD"] = _struct(0x28, fields)
        return
    if build <= _LAST_OF_7:
        fields = [
            ("LeftChild", step, pointer), ("RightChild", 2 * step, pointer),
            ("StartingVpn", 3 * step, page), ("EndingVpn", 4 * step, page),
        ]  # fmt: skip
        if build <= _SERVER_2003:
            types["_MMVAD"] = _struct(10 * step, [*fields, ("ControlArea", 6 * step, pointer)])
        else:
            size = (0x78 if wide else 0x3C) if build >= 7600 else (0x60 if wide else 0x30)
            types["_MMVAD"] = _struct(size, [*fields, ("Subsection", 9 * step, pointer)])
        return
    node = "_MM_AVL_NODE" if build == _WINDOWS_8 else "_RTL_BALANCED_NODE"
    if node not in types:
        children = [("Left", 0, pointer), ("Right", step, pointer)]
        types[node] = _struct(3 * step, children)
    fields = [
        ("VadNode", 0, {"kind": "struct", "name": node}),
        ("StartingVpn", 3 * step, long), ("EndingVpn", 3 * step + 4, long),
    ]  # fmt: skip
    if wide and build > _WINDOWS_8:
        small = {"kind": "base", "name": "unsigned char"}
        fields += [("StartingVpnHigh", 0x20, small), ("EndingVpnHigh", 0x21, small)]
    if _WITH_FLAGS[0] <= build <= _WITH_FLAGS[1]:
        flags = {"kind": "struct", "name": "_MMVAD_FLAGS"}
        union = {"kind": "union", "name": "_MMVAD_SHORT_U"}
        types["_MMVAD_FLAGS"] = _struct(4, [(name, 0, _bits(*at)) for name, at in _FLAGS.items()])
        types["_MMVAD_SHORT_U"] = {**_struct(4, [("VadFlags", 0, flags)]), "kind": "union"}
        fields.append(("u", 0x30 if wide else 0x1C, union))
    types["_MMVAD_SHORT"] = _struct(0x40 if wide else 0x28, fields)
    core = {"kind": "struct", "name": "_MMVAD_SHORT"}
    whole = [("Core", 0, core), ("Subsection", 0x48 if wide else 0x2C, pointer)]
    newer = build >= 10240  # a pointer to the file came in
    types["_MMVAD"] = _struct((0x80 if wide else 0x48) + step * newer, whole)


def _struct(size: int, fields: _Fields) -> Json:
    return {
        "kind": "struct",
        "size": size,
        "fields": {name: {"offset": offset, "type": kind} for name, offset, kind in fields},
    }


def _bits(position: int, length: int) -> Json:
    long = {"kind": "base", "name": "unsigned long"}
    return {"kind": "bitfield", "bit_position": position, "bit_length": length, "type": long}
