"""Requests of the debugger (DBGKD_MANIPULATE_STATE64): their numbers, fields and answers.

A request is a head of 56 bytes, then data: ApiNumber, ProcessorLevel, Processor, ReturnStatus,
padding, a union of 40 bytes at 0x10. Source: ``windbgkd.h`` as ReactOS has it.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from .packets import MOST_DATA

__all__ = (
    "HEAD",
    "MOST_BYTES",
    "NO_MORE_ENTRIES",
    "NO_SUCH_DEVICE",
    "SUCCESS",
    "UNSUCCESSFUL",
    "Api",
    "Request",
    "api_name",
)

HEAD = 0x38
MOST_BYTES = MOST_DATA - HEAD
"""How much memory one answer holds: 3944 bytes."""

SUCCESS = 0
UNSUCCESSFUL = 0xC0000001
NO_SUCH_DEVICE = 0xC000000E
NO_MORE_ENTRIES = 0x8000001A

_UNION = 0x10
_FIXED = struct.Struct("<IHHI4x")


class Api(IntEnum):
    """Requests by number (DbgKd...Api)."""

    ReadVirtual = 0x3130
    WriteVirtual = 0x3131
    GetContext = 0x3132
    SetContext = 0x3133
    WriteBreakPoint = 0x3134
    RestoreBreakPoint = 0x3135
    Continue = 0x3136
    ReadControlSpace = 0x3137
    WriteControlSpace = 0x3138
    Reboot = 0x313B
    Continue2 = 0x313C
    ReadPhysical = 0x313D
    SetInternalBreakPoint = 0x3142
    GetVersion = 0x3146
    CauseBugCheck = 0x3149
    SwitchProcessor = 0x3150
    ReadMsr = 0x3152
    SearchMemory = 0x3156
    ClearAllInternalBreakpoints = 0x315A
    QueryMemory = 0x315C
    GetContextEx = 0x315F
    SetContextEx = 0x3160


def api_name(number: int) -> str:
    """The name of a request, for counts and messages."""
    try:
        return Api(number).name
    except ValueError:
        return f"0x{number:x}"


class Request(NamedTuple):
    """One request, or the answer to it: they have the same form."""

    api: int
    level: int
    processor: int
    status: int
    union: bytes
    data: bytes

    @classmethod
    def parse(cls, payload: bytes) -> Request:
        """Take a payload apart. ValueError where it is too short."""
        if len(payload) < HEAD:
            raise ValueError(f"a request of {len(payload)} bytes")
        api, level, processor, status = _FIXED.unpack_from(payload)
        return cls(api, level, processor, status, payload[_UNION:HEAD], payload[HEAD:])

    def pack(self) -> bytes:
        """The payload."""
        head = _FIXED.pack(self.api, self.level, self.processor, self.status)
        return head + self.union.ljust(HEAD - _UNION, b"\0") + self.data

    def number(self, offset: int, size: int) -> int:
        """A field of the union."""
        return int.from_bytes(self.union[offset : offset + size], "little")

    def answer(self, status: int, data: bytes = b"", union: bytes = b"", at: int = 0) -> Request:
        """The answer: the request's own union, with ``union`` written over it from ``at`` on."""
        changed = self.union[:at] + union + self.union[at + len(union) :]
        return self._replace(status=status, data=data, union=changed)

    # The two forms that most requests have.

    @property
    def address(self) -> int:
        """The address of a read or write (also the number of a control space)."""
        return self.number(0, 8)

    @property
    def size(self) -> int:
        """TransferCount of a read or write."""
        return self.number(8, 4)

    def transferred(self, wanted: int, data: bytes) -> Request:
        """The answer to a read: what was there from its begin on, and whether that is all."""
        status = SUCCESS if len(data) == wanted else UNSUCCESSFUL
        return self.answer(status, data, len(data).to_bytes(4, "little"), 12)
