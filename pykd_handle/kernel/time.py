"""Times of the kernel: ``FILETIME``, hundreds of nanoseconds since 1601."""

from __future__ import annotations

__all__ = ("is_time",)

_DAY = 864 * 10**9
# Nothing that Windows XP or later writes is before 2000; nor, for some time, behind 2200.
_FIRST = (2000 - 1601) * 365 * _DAY
_LAST = (2200 - 1601) * 366 * _DAY


def is_time(value: int) -> bool:
    """Whether a ``FILETIME`` can be one that a Windows of these years wrote."""
    return _FIRST < value < _LAST
