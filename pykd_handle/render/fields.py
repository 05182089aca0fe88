"""Records as flat data: the same keys for JSON lines and for CSV, always all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Mapping, Tuple

from ..record import HandleRecord
from ..values import Absent, Hex, Unavailable

__all__ = ("KEYS", "flatten", "plain")

KEYS: Tuple[str, ...] = (
    "pid",
    "process",
    "eprocess",
    "handle",
    "entry",
    "free",
    "next_free",
    "object",
    "object_header",
    "type",
    "type_address",
    "granted_access",
    "access",
    "attributes",
    "handle_count",
    "pointer_count",
    "name",
    "details",
    "error",
    "unavailable",
)


def flatten(record: HandleRecord) -> Dict[str, Any]:
    """One handle as plain data.

    Addresses, handles and masks are ``"0x..."`` strings, counts and process ids numbers. An
    absent value is None; where it could not be read, ``unavailable`` says why.
    """
    process = record.process
    values: Dict[str, Any] = {
        "pid": process.pid,
        "process": process.image,
        "eprocess": Hex(process.eprocess),
        "handle": record.typed,
        "entry": record.entry,
        "free": record.free,
        "next_free": record.next_free,
        "object": record.object,
        "object_header": record.object_header,
        "type": record.type,
        "type_address": record.type_address,
        "granted_access": record.granted_access,
        "access": record.access,
        "attributes": record.attributes,
        "handle_count": record.handle_count,
        "pointer_count": record.pointer_count,
        "name": record.name,
    }
    flat = plain(values, record.details, record.error)
    # What else there is to say of an object depends on its type, and on where it lies.
    why = record.type if isinstance(record.type, Unavailable) else record.directory
    if isinstance(why, Unavailable) and not record.details:
        flat["unavailable"].setdefault("details", str(why))
    return flat


def plain(values: Mapping[str, Any], details: Mapping[str, Any], error: str) -> Dict[str, Any]:
    """Values as plain data, with ``details``, ``error`` and ``unavailable`` behind them."""
    why: Dict[str, str] = {}
    flat = {key: _plain(key, value, why) for key, value in values.items()}
    flat["details"] = {key: _plain(f"details.{key}", value, why) for key, value in details.items()}
    flat["error"] = error or None
    flat["unavailable"] = why
    return flat


def _plain(key: str, value: Any, why: Dict[str, str]) -> Any:
    if isinstance(value, Absent):
        if isinstance(value, Unavailable):
            why[key] = str(value)
        return None
    if isinstance(value, Hex):
        return f"0x{value:x}"
    if isinstance(value, tuple):
        return [_plain(key, each, why) for each in value]
    if isinstance(value, dict):
        return {name: _plain(f"{key}.{name}", each, why) for name, each in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return value
