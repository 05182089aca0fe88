"""Times of the kernel: ``FILETIME``, hundreds of nanoseconds since 1601.

What the system's clocks showed when it was stopped stands in ``KUSER_SHARED_DATA``, a page at an
address that every Windows has (``ntddk.h``): the time since the start, without the time asleep, at
8, the time of day at 0x14. Each is a ``KSYSTEM_TIME``, a low part and a high one.
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta, timezone

from ..targets import Target
from ..values import NamedTuple

__all__ = ("Clocks", "filetime", "is_time", "read_clocks")

_DAY = 864 * 10**9
# Nothing that Windows XP or later writes is before 2000; nor, for some time, behind 2200.
_FIRST = (2000 - 1601) * 365 * _DAY
_LAST = (2200 - 1601) * 366 * _DAY
_EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)
_SHARED = {4: 0xFFDF0000, 8: 0xFFFFF78000000000}
_FORM = struct.Struct("<8xIi4xIi")


class Clocks(NamedTuple):
    """What the clocks of the kernel showed, in units of 100 ns."""

    interrupt_time: int
    system_time: int


def is_time(value: int) -> bool:
    """Whether a ``FILETIME`` can be one that a Windows of these years wrote."""
    return _FIRST < value < _LAST


def filetime(value: int) -> datetime:
    """A ``FILETIME`` that `is_time`, as a time in UTC, to the microsecond."""
    return _EPOCH + timedelta(microseconds=value // 10)


def read_clocks(target: Target) -> Clocks:
    """The clocks of a stopped kernel. Raises `MemoryUnavailable`."""
    data = target.read(_SHARED[target.pointer_size], _FORM.size)
    low, high, system_low, system_high = _FORM.unpack(data)
    return Clocks(high << 32 | low, system_high << 32 | system_low)
