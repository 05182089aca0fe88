"""What the engine does not tell of a live process's objects, asked of the system itself.

A session on this machine can duplicate a handle into its own process and query the object, as a
debugger's extension does. Structures: PROCESS_BASIC_INFORMATION, KEY_BASIC_INFORMATION (``wdm.h``),
TIMER_BASIC_INFORMATION. No query here can block, unlike that of a file's name.
"""

from __future__ import annotations

import importlib
import struct
from datetime import datetime, timedelta, timezone

from ...hints import Any, Callable, Dict, Tuple
from ...kernel.strings import wide_text
from ...targets.dbgeng import EngineError
from ...values import Hex, maybe
from ..information import PROCESS_1, decode_information

__all__ = ("DESCRIBED", "LocalObjects")

Details = Dict[str, Any]

DESCRIBED = frozenset(("Process", "Thread", "Key", "Timer"))
"""The types of which something is told here."""

_SAME_ACCESS = 2
_PROCESS_BASIC, _THREAD_START, _KEY_BASIC, _TIMER_BASIC = 0, 9, 0, 0
_NT_BIT = 0x10000000
_EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)
_ROOM = 0x1000


class LocalObjects:
    """Queries objects through duplicates of the handles of a process (``process`` is ours of it).

    Works on Windows only.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._ctypes: Any = importlib.import_module("ctypes")
        self._kernel = self._ctypes.WinDLL("kernel32", use_last_error=True)
        self._ntdll = self._ctypes.WinDLL("ntdll")
        self._kernel.GetCurrentProcess.restype = self._ctypes.c_void_p

    def describe(self, type_name: str, handle: int) -> Tuple[str, Details]:
        """The kind of information for a handle of one of the types DESCRIBED, and its values."""
        queries: Dict[str, Callable[[Any], Details]] = {
            "Process": self._process_basics,
            "Thread": self._thread_start,
            "Key": self._key,
            "Timer": self._timer,
        }
        kind = type_name.lower()
        details = maybe(self._ask, handle, queries[type_name])
        return kind, details if isinstance(details, dict) else {kind: details}

    def _ask(self, handle: int, query: Callable[[Any], Dict[str, Any]]) -> Dict[str, Any]:
        copy = self._duplicate(handle)
        try:
            return query(copy)
        finally:
            self._kernel.CloseHandle(copy)

    def _duplicate(self, handle: int) -> Any:
        c = self._ctypes
        copy = c.c_void_p()
        here = c.c_void_p(self._kernel.GetCurrentProcess())
        if not self._kernel.DuplicateHandle(
            c.c_void_p(self._process), c.c_void_p(handle), here, c.byref(copy), 0, 0, _SAME_ACCESS
        ):
            raise EngineError(0x80070000 | c.get_last_error() & 0xFFFF)
        return copy

    def _query(self, function: Any, handle: Any, information_class: int, size: int) -> bytes:
        """One ``NtQuery...`` call into a buffer of a size. Raises `EngineError`."""
        c = self._ctypes
        buffer, used = c.create_string_buffer(size), c.c_uint32()
        status = function(handle, information_class, buffer, size, c.byref(used)) & 0xFFFFFFFF
        if status & 0x80000000:
            raise EngineError(status | _NT_BIT)
        return bytes(buffer.raw)

    def _process_basics(self, handle: Any) -> Details:
        size = 24 if self._ctypes.sizeof(self._ctypes.c_void_p) == 4 else 48
        data = self._query(self._ntdll.NtQueryInformationProcess, handle, _PROCESS_BASIC, size)
        return decode_information(PROCESS_1, data)[1]

    def _thread_start(self, handle: Any) -> Details:
        size = self._ctypes.sizeof(self._ctypes.c_void_p)
        ask = self._ntdll.NtQueryInformationThread
        data = maybe(self._query, ask, handle, _THREAD_START, size)
        return {"start_address": Hex(int.from_bytes(data, "little")) if data else data}

    def _key(self, handle: Any) -> Details:
        """LARGE_INTEGER LastWriteTime; ULONG TitleIndex, NameLength; WCHAR Name[]."""
        data = self._query(self._ntdll.NtQueryKey, handle, _KEY_BASIC, _ROOM)
        written, _, length = struct.unpack_from("<QII", data)
        return {
            "last_write": _EPOCH + timedelta(microseconds=written // 10),
            "key_name": wide_text(data[16 : 16 + length]),
        }

    def _timer(self, handle: Any) -> Details:
        """LARGE_INTEGER RemainingTime (in 100 ns; negative when it is over); BOOLEAN TimerState."""
        data = self._query(self._ntdll.NtQueryTimer, handle, _TIMER_BASIC, 16)
        remaining, state = struct.unpack_from("<q?", data)
        return {"set": state, "remaining_ms": max(0, remaining) // 10000}
