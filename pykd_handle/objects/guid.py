"""GUIDs in the usual form."""

from __future__ import annotations

import struct

from ..hints import Tuple
from .view import View

__all__ = ("guid_fields", "guid_text")

_FORM = struct.Struct(">IHH8B")


def guid_fields(path: str) -> Tuple[str, ...]:
    """The fields of the ``_GUID`` at a path."""
    bytes_ = (f"Data4[{number}]" for number in range(8))
    return tuple(f"{path}.{name}" for name in ("Data1", "Data2", "Data3", *bytes_))


def guid_text(view: View, path: str) -> str:
    """``{00000000-0000-0000-0000-000000000000}``."""
    digits = _FORM.pack(*(view[name] for name in guid_fields(path))).hex()
    ends = (0, 8, 12, 16, 20, 32)
    return "{" + "-".join(digits[a:b] for a, b in zip(ends, ends[1:])) + "}"
