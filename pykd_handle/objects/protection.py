"""The protection of a process: ``_PS_PROTECTION``, a byte of type and signer, since 8.1.

Before, from Vista on, a process was protected or not: a bit of its flags. Who may open whom with
full access is in "Do You Really Know About LSA Protection (RunAsPPL)?" (itm4n, 2021).
"""

from __future__ import annotations

from ..hints import Optional
from ..layout import fields
from ..values import CorruptedError, MissingField, NamedTuple, Reason
from .view import View

__all__ = ("PROTECTION_FIELDS", "WINTCB_LIGHT", "Protection", "has_levels", "read_protection")

_LEVEL, _FLAG = "Protection.Level", "ProtectedProcess"
PROTECTION_FIELDS = (_LEVEL, _FLAG)
"""The fields of ``_EPROCESS`` that tell it."""


_SINCE_VISTA = fields("_TOKEN", "IntegrityLevelIndex")  # as the flag is; XP and 2003 have neither
_PROTECTED = 2
# PS_PROTECTED_TYPE, PS_PROTECTED_SIGNER.
_KINDS = ("none", "light", "protected")
_SIGNERS = (
    "none", "Authenticode", "CodeGen", "Antimalware", "Lsa", "Windows", "WinTcb", "WinSystem", "App"
)  # fmt: skip
_APP = 8  # the highest number, and no signer that the others rank below


class Protection(NamedTuple):
    """How a process is protected: ``kind`` 0 not at all, 1 light, 2 fully; the ``signer``."""

    kind: int
    signer: int

    @property
    def by(self) -> str:
        """The signer's name."""
        return _SIGNERS[self.signer]

    @property
    def words(self) -> str:
        """As ``light (Lsa)``."""
        return f"{_KINDS[self.kind]} ({self.by})"

    def covers(self, other: Protection) -> Optional[bool]:
        """Whether one that is protected so may open the ``other`` with full access; None where no
        source ranks the two signers."""
        if not other.kind:
            return True
        if self.kind < other.kind:
            return False
        if self.signer != other.signer and _APP in (self.signer, other.signer):
            return None
        return self.signer >= other.signer


WINTCB_LIGHT = Protection(1, 6)
"""``PS_PROTECTED_WINTCB_LIGHT``: csrss.exe, smss.exe, wininit.exe."""


def has_levels(process: View) -> bool:
    """Whether this kernel grades protection, and does not only have it or not."""
    return process.has(_LEVEL)


def read_protection(process: View) -> Protection:
    """The protection of a process, of which the fields above were declared.

    Raises `CorruptedError` for a byte that says nothing, `MissingField` where symbols of Vista or
    later do not have the flag.
    """
    if process.has(_LEVEL):
        level = process[_LEVEL]
        found = Protection(level & 7, level >> 4)
        if found.kind > _PROTECTED or found.signer > _APP or (found.signer and not found.kind):
            place = process.address + process.struct.offset(_LEVEL)
            raise CorruptedError(place, Reason.FIELD_OF_NO_MEANING, "_EPROCESS", _LEVEL, level)
        return found
    if process.has(_FLAG):
        return Protection(_PROTECTED if process[_FLAG] else 0, 0)
    if process.target.find_offset(_SINCE_VISTA.struct, *_SINCE_VISTA.paths) is None:
        return Protection(0, 0)
    raise MissingField("_EPROCESS", _FLAG)
