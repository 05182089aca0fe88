"""``DUMP_HEADER32``: the first 0x1000 bytes of every 32-bit kernel dump.

Offsets are those of ``_DUMP_HEADER32`` (the ``ntiodump.h`` of the Windows kits; the ``crash``
layout of Volatility 3). The rules are those of `.header`.
"""

from __future__ import annotations

import struct

from .header import DumpHeader, HeaderForm, parse_form, pointer_at

__all__ = ("HEADER32_SIZE", "parse_header32")

HEADER32_SIZE = 0x1000

# PHYSICAL_MEMORY_DESCRIPTOR32 in a buffer of 700 bytes: 8 of head, 8 for each run.
_RUNS = 0x64
_CONTEXT_ESP = 0x320 + 0xC4  # CONTEXT.Esp of x86
_PAE_ENABLED = 0x5C
_FORM32 = HeaderForm(HEADER32_SIZE, 4, struct.Struct("<5I"), 0x20, 0x60, 0xF88, _RUNS, 0x28, 0x320)


def parse_header32(data: bytes, file_size: int, name: str) -> DumpHeader:
    """The header out of the first `HEADER32_SIZE` bytes of a file of ``file_size`` bytes.

    ``name`` names the file for messages. Raises `TargetError` where nothing can be done with the
    dump: too short, of an unknown type, without page tables.
    """
    header = parse_form(data, _FORM32, file_size, name)
    stack_pointer = pointer_at(data, _CONTEXT_ESP, _FORM32)
    return header._replace(stack_pointer=stack_pointer, pae=bool(data[_PAE_ENABLED]))
