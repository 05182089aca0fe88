"""Crash dump files of a synthetic kernel: full, bitmap, triage."""

from .complete import write_bitmap_dump, write_full_dump, write_raw_image
from .triage import write_triage_dump

__all__ = ("write_bitmap_dump", "write_full_dump", "write_raw_image", "write_triage_dump")
