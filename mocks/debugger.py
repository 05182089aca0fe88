"""What a debugger finds its way by: the list of modules, ``KDDEBUGGER_DATA64``."""

from __future__ import annotations

from . import processor_arm64
from .globals import Globals
from .memory import PAGE, Memory
from .pe import PeImage
from .pool import Pool
from .processor import Processor
from .written import whole, writes

__all__ = ("list_kernel", "write_debugger_data")

whole("_KDDEBUGGER_DATA64")
writes("_KLDR_DATA_TABLE_ENTRY", "InLoadOrderLinks", "DllBase", "EntryPoint", "SizeOfImage")
writes("_KLDR_DATA_TABLE_ENTRY", "FullDllName", "BaseDllName", "Flags", "LoadCount", "CheckSum")
writes("_KLDR_DATA_TABLE_ENTRY", "TimeDateStamp")
writes("_LDR_DATA_TABLE_ENTRY", "LoadCount", "CheckSum")

# What Windows 10 says, and Windows 7 on 32 bits; what the layout does not name of it is zero.
_KDBG_SIZE = {"x64": 0x380, "x86": 0x340, "arm64": 0x380}
_PAE_BIT = 1
_PAE_WORD = 0x36  # of KDDEBUGGER_DATA64


def list_kernel(pool: Pool, kernel: Globals, image: PeImage, base: int) -> None:
    """Make the list of loaded modules, with the kernel alone in it: its file, and where it lies."""
    head = kernel.address("PsLoadedModuleList")
    pool.memory.empty_list(head)
    names = ("_KLDR_DATA_TABLE_ENTRY", "_LDR_DATA_TABLE_ENTRY")
    name = next((name for name in names if pool.memory.build.has_struct(name)), "")
    if not name:
        pool.memory.link(head, processor_arm64.module_entry(pool, base, image))
        return
    entry = pool.new(name, pool.nonpaged, tag=b"MmLd")
    pool.memory.link(head, entry.at("InLoadOrderLinks"))
    entry["DllBase"] = base
    entry["EntryPoint"] = base + image.entry
    entry["SizeOfImage"] = image.size
    entry["TimeDateStamp"] = image.timestamp
    entry.put("CheckSum", image.checksum)
    entry.put("LoadCount", 1)
    root = "\\SystemRoot\\system32\\"
    pool.set_text(entry, "FullDllName", root + "ntoskrnl.exe", pool.nonpaged)
    pool.set_text(entry, "BaseDllName", "ntoskrnl.exe", pool.nonpaged)


def write_debugger_data(memory: Memory, kernel: Globals, processor: Processor, base: int) -> None:
    """Write ``KDDEBUGGER_DATA64``: every field that names a global of ours, and the offsets."""
    address = kernel.address("KdDebuggerDataBlock")
    data = memory.view("_KDDEBUGGER_DATA64", address)
    # Its own list has 64-bit links everywhere.
    for half in (0, 8):
        memory.write(address + half, address.to_bytes(8, "little"))
    data["Header.OwnerTag"] = int.from_bytes(b"KDBG", "little")
    data["Header.Size"] = _KDBG_SIZE[memory.build.arch]
    for field in data.struct:
        if kernel.has(field.name):
            data[field.name] = kernel.address(field.name)
    data["KernBase"] = base
    data["MmPageSize"] = PAGE
    if processor.pae:
        memory.write(address + _PAE_WORD, _PAE_BIT.to_bytes(2, "little"))
    for name, offset in processor.offsets.items():
        data.put(name, offset)
