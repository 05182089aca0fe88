"""Kernel triage dumps ("small memory dumps", type 4): ranges of virtual memory, most of it missing.

``TRIAGE_DUMP64`` (``ntiodump.h`` of the Windows kits; seen in a real dump of 19041) or, in 32-bit
dumps, ``TRIAGE_DUMP32`` stands behind the header: 32-bit offsets into the file, and a list of
``TRIAGE_DATA_BLOCK`` (address, offset, size; 64-bit addresses in both). Beside these blocks the
dump holds copies of the processor block, of the current process and thread, of the stack and of
the debugger data, whose addresses stand elsewhere.
"""

from __future__ import annotations

import struct

from ...hints import List, Optional, Tuple
from ...values import NamedTuple, Sentence
from ..base import LoadedModule, Running
from .debug_record import image_key
from .figures import Figures, figures_of
from .file import DumpFile
from .header import DumpHeader
from .kdbg import DebuggerData, read_debugger_data
from .pages import CUT_SHORT
from .ranges import FileRanges, Range

__all__ = ("Blob", "TriageDump", "open_triage")

_HEADS = {8: struct.Struct("<18IQ16xQII4I"), 4: struct.Struct("<18I4I4I")}  # 0x80, 0x68 bytes
_BLOCK = struct.Struct("<QII")
_VALID = b"TRGD"
# An element of the list of drivers in 64-bit dumps: where its name stands, then the module's
# KLDR_DATA_TABLE_ENTRY up to its time stamp: DllBase, SizeOfImage, TimeDateStamp. Real dumps of
# 19041, 22000 on ARM64 and 26100 have 0x90 bytes for each.
_DRIVER = struct.Struct("<I4x48xQ8xI60xI4x")
_MOST_NAME = 260
_MOST_DRIVERS = 4096
# The real dump has 1831 blocks; drivers can add more. So many take some 30 MB here.
_MOST_BLOCKS = 200_000
_LOWEST = 1 << 12


class Blob(NamedTuple):
    """A copy of one structure in the file: offset and size in bytes. The size may be 0."""

    offset: int
    size: int


class TriageDump(NamedTuple):
    """What a triage dump says of its kernel, and its memory."""

    figures: Figures
    memory: FileRanges


class _Head(NamedTuple):
    """``TRIAGE_DUMP64`` or ``TRIAGE_DUMP32``, field by field, without reserved bytes."""

    ServicePackBuild: int
    SizeOfDump: int
    ValidOffset: int
    ContextOffset: int
    ExceptionOffset: int
    MmOffset: int
    UnloadedDriversOffset: int
    PrcbOffset: int
    ProcessOffset: int
    ThreadOffset: int
    CallStackOffset: int
    SizeOfCallStack: int
    DriverListOffset: int
    DriverCount: int
    StringPoolOffset: int
    StringPoolSize: int
    BrokenDriverOffset: int
    TriageOptions: int
    TopOfStack: int
    DataPageAddress: int
    DataPageOffset: int
    DataPageSize: int
    DebuggerDataOffset: int
    DebuggerDataSize: int
    DataBlocksOffset: int
    DataBlocksCount: int


def open_triage(file: DumpFile, header: DumpHeader) -> TriageDump:
    """The memory of the triage dump in ``file``; damage is remarked on, the rest stays readable.

    Raises `TargetError` where the file can't be read at all.
    """
    form = _HEADS[header.pointer_size]
    raw = file.read(header.size, form.size)
    memory = FileRanges(file)
    if len(raw) < form.size:
        trouble = DebuggerData({}, {}, CUT_SHORT)
        remark = Sentence("{}: it ends in the triage header", CUT_SHORT)
        return TriageDump(figures_of(header, trouble, [remark]), memory)
    head = _Head(*form.unpack(raw))
    place = _Place(file, header)
    blocks, remarks = _blocks(place, head)
    if head.ValidOffset + len(_VALID) > file.size:
        missing = head.ValidOffset + len(_VALID) - file.size
        line = "{}: 0x{:x} bytes that its header names are missing"
        remarks.append(Sentence(line, CUT_SHORT, missing))
    elif file.read(head.ValidOffset, len(_VALID)) != _VALID:
        remarks.append(Sentence("the mark at the end of the triage data is damaged"))
    twice = memory.add_many(blocks)
    extra: List[Range] = []
    for address, blob in (
        (header.debugger_data, Blob(head.DebuggerDataOffset, head.DebuggerDataSize)),
        (head.TopOfStack, Blob(head.CallStackOffset, head.SizeOfCallStack)),
        (head.DataPageAddress, Blob(head.DataPageOffset, head.DataPageSize)),
    ):
        extra += place.range(address, blob)
    memory.add_many(extra)
    data = read_debugger_data(memory, header.debugger_data, header.pointer_size)
    if twice:
        line = "the dump's data blocks overlap by 0x{:x} bytes; the first one counts"
        remarks.append(Sentence(line, twice))
    crashed = _add_current(place, head, data, memory)
    figures = figures_of(header, data, remarks)
    drivers = _drivers(place, head)
    image = image_key(drivers[0].name, drivers[0].stamp, drivers[0].size) if drivers else ""
    modules = tuple(
        LoadedModule(each.base, each.base + each.size, each.name)
        for each in drivers
        if each.name and each.base >= place.top // 2
    )
    known = figures._replace(crashed=crashed, kernel_image=image, modules=modules)
    return TriageDump(known, memory)


class _Driver(NamedTuple):
    name: str
    base: int
    size: int
    stamp: int


def _drivers(place: _Place, head: _Head) -> List[_Driver]:
    """The list of drivers, the kernel first; of 32-bit dumps it is not read."""
    if place.width != 8 or head.DriverListOffset < place.first:
        return []
    count = min(head.DriverCount, _MOST_DRIVERS)
    raw = place.file.read(head.DriverListOffset, count * _DRIVER.size)
    return [
        _Driver(_driver_name(place, at), base, size, stamp)
        for at, base, size, stamp in _DRIVER.iter_unpack(
            raw[: len(raw) // _DRIVER.size * _DRIVER.size]
        )
    ]


def _driver_name(place: _Place, at: int) -> str:
    """A name without its path: its length in characters stands before it."""
    length = int.from_bytes(place.file.read(at, 4), "little")
    if at < place.first or length > _MOST_NAME:
        return ""
    text = place.file.read(at + 4, 2 * length).decode("utf-16-le", "replace")
    name = text.rsplit("\\", 1)[-1]
    return name if name.isprintable() else ""


class _Place:
    """Copies of structures in the file, and where in the kernel's half they belong."""

    def __init__(self, file: DumpFile, header: DumpHeader) -> None:
        self.file = file
        self.first = header.size  # no copy stands before the end of the header
        self.width = header.pointer_size
        self.top = 1 << 8 * self.width

    def range(self, address: Optional[int], blob: Blob) -> List[Range]:
        """The range for a structure's copy; none where its address or its place is not known."""
        if address is None or address < self.top // 2 or address + blob.size > self.top:
            return []
        if blob.size == 0 or blob.offset < self.first < self.file.size:
            return []
        return [Range(address, blob.size, blob.offset)]

    def pointer(self, blob: Blob, offset: Optional[int]) -> Optional[int]:
        """A kernel pointer in a structure's copy, or None where there is none."""
        width = self.width
        if offset is None or offset + width > blob.size or blob.offset < self.first:
            return None
        raw = self.file.read(blob.offset + offset, width)
        value = int.from_bytes(raw, "little")
        return value if len(raw) == width and value >= self.top // 2 else None


def _blocks(place: _Place, head: _Head) -> Tuple[List[Range], List[Sentence]]:
    """The data blocks that lie inside the file, and lines about those that do not."""
    file = place.file
    remarks: List[Sentence] = []
    count = head.DataBlocksCount
    fitting = max(file.size - head.DataBlocksOffset, 0) // _BLOCK.size
    if head.DataBlocksOffset < place.first:
        fitting = 0
    most = min(count, fitting, _MOST_BLOCKS)
    if most < count:
        remarks.append(Sentence("the dump claims {} data blocks; {} can be read", count, most))
    raw = file.read(head.DataBlocksOffset, most * _BLOCK.size)
    found: List[Range] = []
    wrong = 0
    for address, offset, size in _BLOCK.iter_unpack(raw[: len(raw) // _BLOCK.size * _BLOCK.size]):
        if place.width == 4 and address >> 31 == 0x1FFFFFFFF:
            address &= 0xFFFFFFFF  # a 32-bit address, sign-extended
        if address < _LOWEST or address + size > place.top or offset < place.first:
            wrong += 1
        elif offset + size > file.size:
            # What is behind the end of the file stays in the map, so that its reason is right.
            wrong += 1
            found.append(Range(address, size, offset))
        elif size:
            found.append(Range(address, size, offset))
    if wrong:
        line = "{} of the dump's {} data blocks can't be right or are cut short"
        remarks.append(Sentence(line, wrong, most))
    return found, remarks


def _add_current(
    place: _Place, head: _Head, data: DebuggerData, memory: FileRanges
) -> Optional[Running]:
    """Place the copies of the processor block, the thread and the process in memory; what the
    processor ran, where both are known.

    Their addresses follow from each other: the processor block names the thread, the thread the
    process, and the kernel's array of processor blocks the first one.
    """
    process = Blob(head.ProcessOffset, data.short("SizeEProcess") or 0)
    thread = Blob(head.ThreadOffset, data.short("SizeEThread") or 0)
    prcb = Blob(head.PrcbOffset, data.short("SizePrcb") or 0)
    thread_at = place.pointer(prcb, data.short("OffsetPrcbCurrentThread"))
    process_at = place.pointer(thread, data.short("OffsetKThreadApcProcess"))
    memory.add_many(place.range(thread_at, thread) + place.range(process_at, process))
    memory.add_many(place.range(_processor_block(place, prcb, data, memory), prcb))
    if thread_at is None or process_at is None:
        return None
    return Running(thread_at, process_at)


def _processor_block(
    place: _Place, prcb: Blob, data: DebuggerData, memory: FileRanges
) -> Optional[int]:
    """The address of the processor block: the element of KiProcessorBlock of its number."""
    array = data.symbols.get("KiProcessorBlock")
    offset = data.short("OffsetPrcbNumber")
    if array is None or offset is None or offset + 4 > prcb.size:
        return None
    raw = place.file.read(prcb.offset + offset, 4)
    if len(raw) < 4 or prcb.offset < place.first:
        return None
    return memory.find_number(array + place.width * int.from_bytes(raw, "little"), place.width)
