"""Bounds on the memory and the files of a test, which cost nothing while they hold."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

__all__ = ("memory_bound", "room_for")

_STATM = Path("/proc/self/statm")


@contextmanager
def memory_bound(size: int) -> Iterator[None]:
    """Have the system refuse (MemoryError) what would take ``size`` bytes more than are taken now.

    Where a system counts otherwise, as Windows does, there is no bound.
    """
    if not _STATM.exists():
        yield
        return
    import resource

    taken = int(_STATM.read_text("ascii").split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Have the system refuse files of more than ``size`` bytes: the way out of a full disk."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
