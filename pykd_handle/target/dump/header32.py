"""``DUMP_HEADER32``: the first 0x1000 bytes of every 32-bit kernel dump.

Offsets are those of ``_DUMP_HEADER32`` (the ``ntiodump.h`` of the Windows kits; the ``crash``
layout of Volatility 3). The rules are those of `.header`.
"""

from __future__ import annotations

import struct

from ...errors import TargetError
from .header import DumpHeader, DumpType, RunTable, parse_type

__all__ = ("HEADER32_SIZE", "parse_header32")

HEADER32_SIZE = 0x1000

# PHYSICAL_MEMORY_DESCRIPTOR32 in a buffer of 700 bytes: 8 of head, 8 for each run.
_RUNS = 0x64
_CONTEXT_ESP = 0x320 + 0xC4  # CONTEXT.Esp of x86


def parse_header32(data: bytes, file_size: int, name: str) -> DumpHeader:
    """The header out of the first `HEADER32_SIZE` bytes of a file of ``file_size`` bytes.

    ``name`` names the file for messages. Raises `TargetError` where nothing can be done with the
    dump: too short, of an unknown type, without page tables.
    """
    if len(data) < HEADER32_SIZE:
        raise TargetError(
            f"{name}: the dump file is cut short: its header alone has 0x{HEADER32_SIZE:x} bytes, "
            f"the file has 0x{file_size:x}"
        )
    build, directory_table, _, module_list, process_head = struct.unpack_from("<5I", data, 0xC)
    machine, processors, bug_check = struct.unpack_from("<3I", data, 0x20)
    (debugger_data,) = struct.unpack_from("<I", data, 0x60)
    (stack_pointer,) = struct.unpack_from("<I", data, _CONTEXT_ESP)
    dump_type = parse_type(data, 0xF88, name)
    runs = RunTable()
    if dump_type is DumpType.FULL:
        runs.parse(data, _RUNS, 4, HEADER32_SIZE, file_size, name)
    return DumpHeader(
        build=build,
        directory_table=directory_table,
        module_list=module_list,
        process_head=process_head,
        machine=machine,
        processors=processors,
        bug_check=bug_check,
        debugger_data=debugger_data,
        stack_pointer=stack_pointer,
        dump_type=dump_type,
        runs=runs.runs,
        pages_named=runs.named,
        remarks=tuple(runs.remarks),
        size=HEADER32_SIZE,
        pointer_size=4,
        pae=bool(data[0x5C]),
    )
