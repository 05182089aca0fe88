"""Dump files of a synthetic kernel: full, bitmap, triage, raw, ELF core."""

from .complete import write_bitmap_dump, write_full_dump, write_raw_image
from .elf_core import write_elf_core
from .triage import write_triage_dump

__all__ = (
    "write_bitmap_dump",
    "write_elf_core",
    "write_full_dump",
    "write_raw_image",
    "write_triage_dump",
)
