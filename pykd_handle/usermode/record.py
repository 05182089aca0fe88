"""Records of user-mode handles: what a source finds, a view orders, and a renderer shows.

A view yields a `UserProcess`, then its `UserHandle` records, then `UserTotals`, and what is to be
said about them as `Note`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Tuple, Union

from ..record import Note
from ..values import NO_VALUE, NOT_REQUESTED, Maybe
from .operation import HandleOperation

__all__ = ("UserHandle", "UserProcess", "UserRecord", "UserTotals")


@dataclass
class UserProcess:
    """The process whose handles are listed.

    ``live`` tells a running process from a dump (the classic text words them differently),
    ``pointer_size`` is 4 or 8, ``handle_count`` the number of handles that the source announces.
    """

    pid: Maybe[int]
    image: Maybe[str]
    pointer_size: int
    live: bool
    handle_count: Maybe[int]


class UserHandle:
    """One handle.

    ``type`` is NO_VALUE where the dump names none. ``information`` names the kinds of
    object-specific information that were found (`kinds <.information.KINDS>`), in their order;
    ``details`` holds the values, a kind that could not be read as ``{kind: Unavailable}``.
    ``operations`` is the history of the handle, where the target kept one. With ``error`` set
    nothing but ``handle`` (and ``operations``) is known.
    """

    __slots__ = (
        "attributes",
        "details",
        "error",
        "granted_access",
        "handle",
        "handle_count",
        "information",
        "name",
        "operations",
        "pointer_count",
        "process",
        "type",
    )

    def __init__(self, process: UserProcess, handle: int) -> None:
        self.process = process
        self.handle = handle
        self.type: Maybe[str] = NO_VALUE
        self.attributes: Maybe[int] = NOT_REQUESTED
        self.granted_access: Maybe[int] = NOT_REQUESTED
        self.handle_count: Maybe[int] = NOT_REQUESTED
        self.pointer_count: Maybe[int] = NOT_REQUESTED
        self.name: Maybe[str] = NOT_REQUESTED
        self.information: Tuple[str, ...] = ()
        self.details: Dict[str, Any] = {}
        self.operations: Tuple[HandleOperation, ...] = ()
        self.error = ""


@dataclass
class UserTotals:
    """What was counted: ``count`` handles in all, or of the type that was asked for.

    ``type_name`` is that type in its usual spelling, empty where all types were listed;
    ``by_type`` then holds each type that was found and its number, in the order of the classic
    table.
    """

    count: int
    type_name: str
    by_type: Tuple[Tuple[str, int], ...]


UserRecord = Union[UserProcess, UserHandle, UserTotals, Note]
