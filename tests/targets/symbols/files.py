"""Symbol files of one kernel, and of others."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any, Dict

from ..dump import build

__all__ = ("GUID", "OFFSETS", "OTHER", "isf", "write")

GUID = "5278AFF86C341677D7D7835C85B7B844"
OTHER = "00000000000000000000000000000007"
OFFSETS = {
    "PsLoadedModuleList": 0xC2A390,
    "PsActiveProcessHead": 0xC1E200,
    "KdDebuggerDataBlock": 0xC00B20,
    "PspCidTable": 0xCFC5C8,
}


def isf(guid: str = GUID, age: int = 1, **moved: int) -> Dict[str, Any]:
    return build.isf({**OFFSETS, **moved}, guid, age)


def write(path: Path, data: Dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(data, indent=2).encode()
    path.write_bytes(lzma.compress(raw) if path.suffix == ".xz" else raw)
    return path
