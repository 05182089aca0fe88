"""A user-mode minidump with handle data, made from a list of handles.

The container is that of ``minidumpapiset.h``; what lies behind a
``MINIDUMP_HANDLE_OBJECT_INFORMATION`` is what the native query of the object returns (see
`mocks.minidump_objects`). The file is complete enough for the debugger engine to open it.

Every piece has a name (`MadeMinidump.at`), by which a test finds the field that it wants to spoil.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .memory import PAGE, Memory

__all__ = ("AMD64", "ARM64", "X86", "MadeMinidump", "MockHandle", "MockOperation", "make_minidump")

X86, AMD64, ARM64 = 0, 9, 12
"""PROCESSOR_ARCHITECTURE of the SystemInfoStream."""

_THREADS, _MODULES, _MEMORY, _SYSTEM, _HANDLES, _MISC, _OPERATIONS = 3, 4, 5, 7, 12, 15, 18
# Of each processor: size of CONTEXT, where its flags are, and what they must say at least.
_CONTEXTS = {X86: (0x2CC, 0, 0x10001), AMD64: (0x4D0, 0x30, 0x100001), ARM64: (0x390, 0, 0x400001)}
_IMAGE_BASE = 0x400000


@dataclass
class MockHandle:
    """One ``MINIDUMP_HANDLE_DESCRIPTOR``; ``information`` are (InfoType, bytes) in chain order."""

    handle: int
    type: Optional[str] = None
    granted_access: int = 0
    name: Optional[str] = None
    attributes: int = 0
    handle_count: int = 0
    pointer_count: int = 0
    information: Sequence[Tuple[int, bytes]] = ()


@dataclass
class MockOperation:
    """One ``AVRF_HANDLE_OPERATION``; ``kind``: 1 open, 2 close, 3 bad reference."""

    handle: int
    process_id: int
    thread_id: int
    kind: int
    trace: Sequence[int] = ()


@dataclass
class MadeMinidump:
    """The file, and the offset of each of its pieces by name.

    Names: ``directory:12`` and ``stream:12`` (a stream's entry and its bytes, by stream type),
    ``descriptor:0``, ``info:0:1`` (second element of the first handle's chain), ``name:0``,
    ``type:Event``, ``operation:0``.
    """

    data: bytes
    at: Dict[str, int] = field(default_factory=dict)

    def spoiled(self, name: str, offset: int, form: str, *values: int) -> MadeMinidump:
        """The same file with other values (in `struct`'s terms) at an offset from a piece."""
        data = bytearray(self.data)
        struct.pack_into("<" + form, data, self.at[name] + offset, *values)
        return MadeMinidump(bytes(data), self.at)

    def cut(self, size: int) -> MadeMinidump:
        """The first ``size`` bytes."""
        return MadeMinidump(self.data[:size], self.at)


def make_minidump(
    handles: Optional[Sequence[MockHandle]],
    *,
    descriptor_size: int = 40,
    architecture: int = AMD64,
    process_id: int = 0x1234,
    image: str = "C:\\mock.exe",
    operations: Optional[Sequence[MockOperation]] = None,
    created: int = 0,
    memory: Optional[Memory] = None,
    teb: int = 0,
) -> MadeMinidump:
    """Write a minidump; without ``handles`` it has no handle data at all.

    ``created`` is the time at which its process was, in seconds since 1970; 0 for none.

    ``memory`` is that of the process, page by page; ``teb`` is where that of its thread lies.

    ``descriptor_size`` 32 writes no object information, more than 40 pads each descriptor.
    """
    kinds = [_SYSTEM, _MISC, _THREADS, _MODULES, _MEMORY]
    kinds += [_HANDLES] if handles is not None else []
    kinds += [_OPERATIONS] if operations is not None else []
    writer = _Writer(32 + 12 * len(kinds))
    misc = struct.pack("<IIIIII", 24, 3 if created else 1, process_id, created, 0, 0)
    streams = {
        _SYSTEM: writer.put("stream:7", _system(writer, architecture)),
        _MISC: writer.put("stream:15", misc),
        _THREADS: writer.put("stream:3", _threads(writer, architecture, teb)),
        _MODULES: writer.put("stream:4", _modules(writer, image)),
        _MEMORY: writer.put("stream:5", _memory(writer, memory)),
    }
    if handles is not None:
        streams[_HANDLES] = _handles(writer, handles, descriptor_size)
    if operations is not None:
        streams[_OPERATIONS] = _operations(writer, operations)
    head = bytearray(struct.pack("<4sIIIIIQ", b"MDMP", 0xA793, len(kinds), 32, 0, 0x60000000, 4))
    for kind in kinds:
        writer.at[f"directory:{kind}"] = len(head)
        at, size = streams[kind]
        head += struct.pack("<III", kind, size, at)
    return MadeMinidump(bytes(head + writer.data), writer.at)


class _Writer:
    """Pieces behind one another, each at a multiple of 8, and their places by name."""

    def __init__(self, start: int) -> None:
        self.data = bytearray(-start % 8)
        self._start = start
        self.at: Dict[str, int] = {}

    def put(self, name: str, data: bytes) -> Tuple[int, int]:
        """Add a piece; (its offset in the file, its size)."""
        at = self._start + len(self.data)
        self.data += data + bytes(-len(data) % 8)
        if name:
            self.at[name] = at
        return at, len(data)

    def string(self, name: str, text: str) -> int:
        """Add a MINIDUMP_STRING: length in bytes, UTF-16, a terminator that does not count."""
        raw = text.encode("utf-16-le", "surrogatepass")
        return self.put(name, struct.pack("<I", len(raw)) + raw + b"\0\0")[0]


def _system(writer: _Writer, architecture: int) -> bytes:
    service_pack = writer.string("", "")
    return struct.pack(
        "<HHHBBIIIIIHH24x", architecture, 6, 0, 1, 1, 10, 0, 19041, 2, service_pack, 0, 0
    )


def _memory(writer: _Writer, memory: Optional[Memory]) -> bytes:
    rows: List[Tuple[int, int, int]] = []
    if memory is not None:
        rows = [(at, PAGE, writer.put("", memory.page(at))[0]) for at in memory.pages()]
    return struct.pack("<I", len(rows)) + b"".join(struct.pack("<QII", *row) for row in rows)


def _threads(writer: _Writer, architecture: int, teb: int) -> bytes:
    size, flags_at, flags = _CONTEXTS.get(architecture, _CONTEXTS[AMD64])
    context = bytearray(size)
    struct.pack_into("<I", context, flags_at, flags)
    at, _ = writer.put("", bytes(context))
    return struct.pack("<IIIIIQQIIII", 1, 0x10, 0, 0, 0, teb, 0, 0, 0, size, at)


def _modules(writer: _Writer, image: str) -> bytes:
    name = writer.string("module:0", image)
    module = struct.pack("<QIIII", _IMAGE_BASE, 0x1000, 0, 0x60000000, name)
    return struct.pack("<I", 1) + module + bytes(108 - len(module))


def _handles(
    writer: _Writer, handles: Sequence[MockHandle], descriptor_size: int
) -> Tuple[int, int]:
    types: Dict[str, int] = {}
    rows: List[bytes] = []
    for index, each in enumerate(handles):
        if each.type is not None and each.type not in types:
            types[each.type] = writer.string(f"type:{each.type}", each.type)
        values: List[Any] = [
            each.handle,
            types[each.type] if each.type is not None else 0,
            writer.string(f"name:{index}", each.name) if each.name is not None else 0,
            each.attributes,
            each.granted_access,
            each.handle_count,
            each.pointer_count,
        ]
        row = struct.pack("<QIIIIII", *values)
        if descriptor_size >= 40:
            row += struct.pack("<II", _chain(writer, index, each.information), 0)
        rows.append(row.ljust(descriptor_size, b"\0"))
    header = struct.pack("<IIII", 16, descriptor_size, len(rows), 0)
    at, size = writer.put("stream:12", header + b"".join(rows))
    for index in range(len(rows)):
        writer.at[f"descriptor:{index}"] = at + 16 + index * descriptor_size
    return at, size


def _chain(writer: _Writer, index: int, information: Sequence[Tuple[int, bytes]]) -> int:
    """The chain of one handle; written from its end, since each element names the next."""
    following = 0
    for place in reversed(range(len(information))):
        kind, data = information[place]
        head = struct.pack("<III", following, kind, len(data))
        following, _ = writer.put(f"info:{index}:{place}", head + data)
    return following


def _operations(writer: _Writer, operations: Sequence[MockOperation]) -> Tuple[int, int]:
    rows = [
        struct.pack("<QIIII", each.handle, each.process_id, each.thread_id, each.kind, 0)
        + struct.pack("<II32Q", len(each.trace), 0, *[*each.trace, *[0] * 32][:32])
        for each in operations
    ]
    header = struct.pack("<IIII", 16, 288, len(rows), 0)
    at, size = writer.put("stream:18", header + b"".join(rows))
    for index in range(len(rows)):
        writer.at[f"operation:{index}"] = at + 16 + index * 288
    return at, size
