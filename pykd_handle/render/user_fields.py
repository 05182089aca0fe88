"""User-mode handles as flat data: the same keys for JSON lines and for CSV, always all of them."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from ..kernel.access_rights import access_names
from ..kernel.handle_entry import AUDIT, INHERIT, PROTECT, describe_attributes
from ..usermode.operation import HandleOperation
from ..usermode.record import UserHandle
from ..values import Hex, Maybe
from .fields import plain

__all__ = ("USER_KEYS", "flatten_user")

USER_KEYS: Tuple[str, ...] = (
    "pid",
    "process",
    "handle",
    "type",
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
"""Keys of the kernel's handles, where a user-mode handle has such a value."""


def flatten_user(row: UserHandle) -> Dict[str, Any]:
    """One handle as plain data, in the forms of `fields.flatten`."""
    type_name = row.type if isinstance(row.type, str) else ""
    access: Maybe[Tuple[str, ...]]
    if isinstance(row.granted_access, int):
        access = access_names(type_name, row.granted_access)
    else:
        access = row.granted_access
    attributes: Maybe[Tuple[str, ...]]
    if isinstance(row.attributes, int):
        attributes = _attributes(row.attributes)
    else:
        attributes = row.attributes
    details = dict(row.details)
    if row.operations:
        details["operations"] = tuple(_operation(each) for each in row.operations)
    values = {
        "pid": row.process.pid,
        "process": row.process.image,
        "handle": Hex(row.handle),
        "type": row.type,
        "granted_access": row.granted_access,
        "access": access,
        "attributes": attributes,
        "handle_count": row.handle_count,
        "pointer_count": row.pointer_count,
        "name": row.name,
    }
    return plain(values, details, row.error)


def _attributes(value: int) -> Tuple[str, ...]:
    """The OBJ_... attributes of a handle by name; those without one together as a number."""
    rest = value & ~(PROTECT | INHERIT | AUDIT)
    return describe_attributes(value) + ((f"0x{rest:x}",) if rest else ())


def _operation(operation: HandleOperation) -> Dict[str, Any]:
    return {
        "kind": operation.kind,
        "pid": operation.process_id,
        "tid": operation.thread_id,
        "trace": tuple(Hex(address) for address in operation.trace),
    }
