"""What a published layout lacks, out of complete symbols of the same kernel or of an update of it.

The published layouts hold a choice of structures and fields. Where others have all of them, what is
missing is taken from there: a structure that is not there at all, and the fields of one whose size
and whose other fields are the same in both. A structure that an update has changed is left alone.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List

from .readers import nested

__all__ = ("SOURCES", "supplement")

Json = Dict[str, Any]

# 18363 and 19045 are 18362 and 19041 with features switched on: their kernels are the same.
SOURCES: Dict[str, str] = {
    "win7_sp1_24000_x64": "more/isf_7601_24540_x64",
    "win10_1507_x64": "win10_1507_17770_x64",
    "win10_1507_x86": "win10_1507_17770_x86",
    "win10_17763_x64": "more/isf_17763_5933_x64",
    "win10_18362_x64": "more/isf_18362_836_x64",
    "win10_18363_x64": "more/isf_18362_836_x64",
    "win10_18363_x86": "win10_18362_x86",
    "win10_19041_x64": "more/isf_19041_3570_x64",
    "win10_19045_x64": "more/isf_19041_3570_x64",
    "win10_19045_x86": "win10_19041_x86",
    "win11_22000_x64": "more/isf_22000_2538_x64",
}
"""Layouts, and the file beside them that may have what they lack."""

_UNNAMED = ("__unnamed", "__anonymous")


def supplement(full: Json, other: Json) -> None:
    """Give a layout what it lacks and another one has."""
    # Structures without names are numbered: by each file in its own way.
    text = json.dumps(other)
    for prefix in _UNNAMED:
        text = text.replace(f'"{prefix}', f'"_of_other{prefix}')
    other = json.loads(text)
    types, others = full["user_types"], other["user_types"]
    before = set(types)
    pending: List[str] = []
    for name, raw in others.items():
        if name not in before:
            pending.append(name)
        elif _same(types[name], raw):
            for field, value in raw["fields"].items():
                if field not in types[name]["fields"]:
                    types[name]["fields"][field] = value
                    inner = nested(value["type"])
                    pending += [] if inner is None else [inner]
    types.update((name, others[name]) for name in pending if name not in types and name in others)
    for part in ("base_types", "enums"):
        full[part] = {**other[part], **full[part]}
    full["metadata"]["source"] = [*full["metadata"]["source"], *_told(other["metadata"]["source"])]


def _same(one: Json, other: Json) -> bool:
    """Whether what both have of a structure lies at the same places."""
    both = one["fields"].keys() & other["fields"].keys()
    if one["size"] != other["size"] or not both:
        return False
    return all(
        one["fields"][name]["offset"] == other["fields"][name]["offset"]
        and _bits(one["fields"][name]) == _bits(other["fields"][name])
        for name in both
    )


def _bits(field: Json) -> Any:
    kind = field["type"]
    return (kind["bit_position"], kind["bit_length"]) if kind["kind"] == "bitfield" else None


def _told(source: Any) -> List[Any]:
    return [{"types": "what the others lack", "source": source}]
