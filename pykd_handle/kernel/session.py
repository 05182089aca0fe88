"""The session that a process belongs to.

``_EPROCESS.Session`` leads to a structure with the id: ``_MM_SESSION_SPACE`` up to 23H2, whose
members the symbols have; from 24H2 on ``_PSP_SESSION_SPACE``, whose members they do not have. There
the id is taken from where public readers take it, and held against the one that every Windows
keeps in the process's token: ``_TOKEN.SessionId``.
"""

from __future__ import annotations

from ..hints import Dict, List, Optional, Tuple
from ..layout import fast_reference, fields
from ..targets import Span, Target
from ..values import (
    NO_VALUE,
    Maybe,
    MemoryUnavailable,
    Reason,
    Unavailable,
    UnavailableError,
    known,
)

__all__ = ("Sessions",)

_STRUCTS = ("_PSP_SESSION_SPACE", "_MM_SESSION_SPACE")
_ID = "SessionId"
for _name in (*_STRUCTS, "_TOKEN"):
    fields(_name, _ID)
_ID_SIZE = 4
_ID_WITHOUT_SYMBOLS = 8  # where it lies on 24H2, and from Vista on in the older structure


class Sessions:
    """Session ids of one kernel; each session's structure is read once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._offset = self._find(*_STRUCTS)
        self._token_offset = self._find("_TOKEN")
        self._ids: Dict[int, int] = {}

    def _find(self, *names: str) -> Optional[int]:
        """Where ``SessionId`` lies in the first of these structures that has it."""
        for name in names:
            struct = self._target.find_struct(name)
            if struct is not None and struct.has(_ID):
                return struct.offset(_ID)
        return None

    def of(self, session: Maybe[int], token: Maybe[int]) -> Maybe[int]:
        """The id behind ``_EPROCESS.Session``; NO_VALUE where the pointer is null (System).

        ``token`` is the fast reference in ``_EPROCESS.Token``. One read for each session, or two.
        Raises `UnavailableError`.
        """
        place = known(session)
        if place == 0:
            return NO_VALUE
        found = self._ids.get(place)
        if found is None:
            found = self._ids[place] = self._read(place, token)
        return found

    def _read(self, session: int, token: Maybe[int]) -> int:
        if self._offset is not None:
            try:
                return self._target.read_number(session + self._offset, _ID_SIZE)
            except MemoryUnavailable:
                found = self.by_token(token)
                if found is None:
                    raise
                return found
        own, *others = self._target.read_many(
            [(session + _ID_WITHOUT_SYMBOLS, _ID_SIZE), *self._in_token(token)]
        )
        ids = [_number(span) for span in (own, *others) if span.complete]
        if len(ids) == 2 and ids[0] != ids[1]:
            raise UnavailableError(Unavailable(Reason.SESSIONS_DIFFER, session, *ids))
        return ids[0] if ids else _number(own)

    def _in_token(self, token: Maybe[int]) -> List[Tuple[int, int]]:
        """Where the token keeps the id, as a range; none where there is no token."""
        if self._token_offset is None or not token:
            return []
        address = fast_reference(token, self._target.pointer_size)
        if not self._target.is_kernel_address(address):
            return []
        return [(address + self._token_offset, _ID_SIZE)]

    def by_token(self, token: Maybe[int]) -> Optional[int]:
        """The id in the token that a fast reference leads to, None where none can be read."""
        spans = self._target.read_many(self._in_token(token))
        return next((_number(span) for span in spans if span.complete), None)


def _number(span: Span) -> int:
    return int.from_bytes(span.data(), "little")
