"""The second environment block of a 32-bit process on a 64-bit kernel.

``_EPROCESS.Wow64Process`` leads to a ``_WOW64_PROCESS`` up to Vista SP1, and then to the block
itself; ``WoW64Process``, from 1511 on, to an ``_EWOW64PROCESS``.
"""

from __future__ import annotations

from ..layout import fields
from ..targets import Target
from ..values import known
from .fields import read_fields

__all__ = ("peb32_of",)

_NEW = fields("_EPROCESS", "WoW64Process")
_OLD = fields("_EPROCESS", "Wow64Process")
_NEW_WAY = fields("_EWOW64PROCESS", "Peb")
_OLD_WAY = fields("_WOW64_PROCESS", "Wow64")


def peb32_of(target: Target, process: int) -> int:
    """The address of the ``_PEB32`` of the process of a 64-bit kernel whose ``_EPROCESS`` lies at
    an address, 0 for one that has none. Raises `UnavailableError`."""
    struct = target.struct("_EPROCESS")
    way, through = (_NEW, _NEW_WAY) if struct.has(*_NEW.paths) else (_OLD, _OLD_WAY)
    (place,) = read_fields(target, way, process)
    if not known(place) or (way is _OLD and target.find_struct(through.struct) is None):
        return known(place)
    (peb,) = read_fields(target, through, known(place))
    return known(peb)
