"""Crash dump files of a synthetic kernel: full, bitmap, triage."""

from .complete import write_bitmap_dump, write_full_dump
from .triage import write_triage_dump

__all__ = ("write_bitmap_dump", "write_full_dump", "write_triage_dump")
