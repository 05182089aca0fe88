"""Operations on handles that a verifier recorded: who opened, closed or misused which, and when.

The structure is ``AVRF_HANDLE_OPERATION`` of ``avrfsdk.h``. It lies in a minidump's
HandleOperationListStream, and the debugger engine hands out the same bytes.
"""

from __future__ import annotations

import struct

from ..hints import Iterator, Tuple
from ..values import NamedTuple

__all__ = ("OPERATION_SIZE", "HandleOperation", "decode_operations")

# ULONG64 Handle; ULONG ProcessId, ThreadId, OperationType, Spare0; then the back trace:
# ULONG Depth, Index; ULONG64 ReturnAddresses[32].
_FORM = struct.Struct("<QIIIIII32Q")
_MOST_ADDRESSES = 32
OPERATION_SIZE = _FORM.size
"""288 bytes."""

# eHANDLE_TRACE_OPERATIONS of avrfsdk.h.
_KINDS = {1: "open", 2: "close", 3: "bad reference"}


class HandleOperation(NamedTuple):
    """One operation; ``trace`` are the return addresses, innermost first."""

    handle: int
    kind: str
    process_id: int
    thread_id: int
    trace: Tuple[int, ...]


def decode_operations(data: bytes, stride: int = OPERATION_SIZE) -> Iterator[HandleOperation]:
    """The operations in ``data``, one every ``stride`` bytes (at least OPERATION_SIZE).

    A rest that is too short for one more is left out.
    """
    for at in range(0, len(data) - OPERATION_SIZE + 1, stride):
        handle, process, thread, kind, _, depth, _, *trace = _FORM.unpack_from(data, at)
        yield HandleOperation(
            handle,
            _KINDS.get(kind, f"operation {kind}"),
            process,
            thread,
            tuple(trace[: min(depth, _MOST_ADDRESSES)]),
        )
