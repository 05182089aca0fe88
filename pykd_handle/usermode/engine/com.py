"""The debugger engine's own interfaces, through ``ctypes``: no extension and no pykd between.

``DebugCreate`` of the ``dbgeng.dll`` that is loaded in this process (WinDbg's, or pykd's) gives a
further client of the same engine, which sees the same target. The slots are those of mingw's
``dbgeng.h``. Nothing here runs when the package is imported; `Engine` works on Windows only.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, List, Optional, Tuple

from ...values import PykdHandleError, TargetError

__all__ = (
    "BASIC",
    "HANDLE_COUNT",
    "OBJECT_NAME",
    "OPERATIONS",
    "TYPE_NAME",
    "Engine",
    "EngineError",
)

# DEBUG_HANDLE_DATA_TYPE_*; the names in UTF-16.
BASIC, HANDLE_COUNT, TYPE_NAME, OBJECT_NAME, OPERATIONS = 0, 3, 4, 5, 9

_Id = Tuple[int, int, int, bytes]
_DATA_SPACES_2: _Id = (0x7A5E852F, 0x96E9, 0x468F, bytes.fromhex("ac1b0b3addc4a049"))
_CONTROL: _Id = (0x5182E668, 0x105E, 0x416E, bytes.fromhex("ad9224ef800424ba"))
_SYSTEM_OBJECTS: _Id = (0x6B86FE2C, 0x2C4F, 0x4F0C, bytes.fromhex("9da2174311acc327"))
_SYMBOLS: _Id = (0x8C31E98C, 0x983A, 0x48A5, bytes.fromhex("90166fe5d667a950"))

_RELEASE = 2
_READ_HANDLE_DATA = 25
_GET_DEBUGGEE_TYPE = 34
_IS_POINTER_64_BIT = 42
_EVALUATE = 63
_GET_PROCESS_ID = 27
_GET_PROCESS_HANDLE = 29
_GET_PROCESS_IMAGE = 31
_GET_NAME_BY_OFFSET = 7

_S_OK, _S_FALSE = 0, 1
_USER_WINDOWS = 2
_LIVE_LOCAL, _LIVE_REMOTE = 0, 1
_INT64 = 4  # DEBUG_VALUE_INT64
_VALUE_SIZE = 32  # DEBUG_VALUE
_ROOM = 0x400
_MOST_ROOM = 0x100000


class EngineError(PykdHandleError):
    """The engine refused; ``code`` is the HRESULT without its sign."""

    def __init__(self, code: int) -> None:
        super().__init__(_in_words(code))
        self.code = code

    @property
    def absent(self) -> bool:
        """Whether the target has no such thing (E_NOINTERFACE is the engine's way to say so)."""
        return self.code == 0x80004002

    @property
    def system_error(self) -> Optional[int]:
        """The Windows error behind the code, if one is."""
        return self.code & 0xFFFF if self.code >> 16 == 0x8007 else None


_WORDS = {
    0x80004001: "not implemented by the engine",
    0x80004002: "not in the target",
    0x80004005: "failed",
    0x80070005: "access denied",
    0x80070006: "no such handle",
    0x80070032: "not supported",
    0x80070057: "not offered by the engine",
    # NTSTATUS values come with FACILITY_NT_BIT.
    0xD0000003: "not offered by the system",
    0xD0000008: "no such handle",
    0xD0000022: "access denied",
    0xD0000024: "not an object of this type",
}


def _in_words(code: int) -> str:
    return _WORDS.get(code, f"error 0x{code:08x} of the engine")


class Engine:
    """A client of the engine in this process. Raises `TargetError` where there is none."""

    def __init__(self) -> None:
        if os.name != "nt":
            raise TargetError("no debugger session: there is no debugger engine on this system")
        # Imported here, and as Any: its Windows half does not exist elsewhere.
        self._ctypes: Any = importlib.import_module("ctypes")
        kernel = self._ctypes.WinDLL("kernel32")
        find = kernel.GetModuleHandleW
        find.restype = self._ctypes.c_void_p
        # The engine of this process. LoadLibrary could find another one on the disk.
        module = find(self._ctypes.c_wchar_p("dbgeng.dll"))
        if not module:
            raise TargetError("no debugger session: no debugger engine is loaded in this process")
        self._library = self._ctypes.WinDLL("dbgeng.dll", handle=module)
        self._interfaces: List[Any] = []
        self._data = self._interface(_DATA_SPACES_2)
        self._control = self._interface(_CONTROL)
        self._system = self._interface(_SYSTEM_OBJECTS)
        self._symbols = self._interface(_SYMBOLS)
        c = self._ctypes
        self._read = self._method(
            self._data,
            _READ_HANDLE_DATA,
            c.c_uint64, c.c_uint32, c.c_void_p, c.c_uint32, c.POINTER(c.c_uint32),
        )  # fmt: skip

    def close(self) -> None:
        """Release the client."""
        for interface in self._interfaces:
            self._method(interface, _RELEASE)(interface)
        self._interfaces = []

    # -- the session ------------------------------------------------------------------------------

    def user_mode(self) -> bool:
        """Whether the session's target is a process, running or in a dump."""
        return self._debuggee()[0] == _USER_WINDOWS

    def live(self) -> bool:
        """Whether the process runs (here or on another machine)."""
        return self._debuggee() in ((_USER_WINDOWS, _LIVE_LOCAL), (_USER_WINDOWS, _LIVE_REMOTE))

    def local(self) -> bool:
        """Whether the process runs on this machine, so that its handles can be duplicated."""
        return self._debuggee() == (_USER_WINDOWS, _LIVE_LOCAL)

    def _debuggee(self) -> Tuple[int, int]:
        c = self._ctypes
        kind, qualifier = c.c_uint32(), c.c_uint32()
        get = self._method(self._control, _GET_DEBUGGEE_TYPE, c.c_void_p, c.c_void_p)
        self._check(get(self._control, c.byref(kind), c.byref(qualifier)))
        return kind.value, qualifier.value

    def pointer_size(self) -> int:
        """4 or 8, of the processor that the debugger shows at the moment."""
        return 8 if self._method(self._control, _IS_POINTER_64_BIT)(self._control) == _S_OK else 4

    def process_id(self) -> int:
        """The id of the current process. Raises `EngineError`."""
        return self._number(_GET_PROCESS_ID, self._ctypes.c_uint32())

    def process_handle(self) -> int:
        """The debugger's own handle of the current process. Raises `EngineError`."""
        return self._number(_GET_PROCESS_HANDLE, self._ctypes.c_uint64())

    def _number(self, slot: int, place: Any) -> int:
        get = self._method(self._system, slot, self._ctypes.c_void_p)
        self._check(get(self._system, self._ctypes.byref(place)))
        return int(place.value)

    def image(self) -> str:
        """The name of the current process's program. Raises `EngineError`."""
        c = self._ctypes
        room = c.create_string_buffer(_ROOM)
        get = self._method(self._system, _GET_PROCESS_IMAGE, c.c_void_p, c.c_uint32, c.c_void_p)
        self._check(get(self._system, room, _ROOM, None))
        return bytes(room.value).decode("utf-8", "replace").rpartition("\\")[2]

    def symbol(self, address: int) -> str:
        """The symbol at an address, with a displacement where there is one; else empty."""
        c = self._ctypes
        room, far = c.create_string_buffer(_ROOM), c.c_uint64()
        get = self._method(
            self._symbols,
            _GET_NAME_BY_OFFSET,
            c.c_uint64, c.c_void_p, c.c_uint32, c.c_void_p, c.c_void_p,
        )  # fmt: skip
        if get(self._symbols, address, room, _ROOM, None, c.byref(far)) not in (_S_OK, _S_FALSE):
            return ""
        name = bytes(room.value).decode("utf-8", "replace")
        return f"{name}+0x{far.value:x}" if far.value else name

    def evaluate(self, text: str) -> Optional[int]:
        """An expression as the debugger reads it, or None where it can't."""
        c = self._ctypes
        value = c.create_string_buffer(_VALUE_SIZE)
        read = self._method(
            self._control, _EVALUATE, c.c_char_p, c.c_uint32, c.c_void_p, c.c_void_p
        )
        raw = text.encode("utf-8", "replace")
        if read(self._control, raw, _INT64, value, None) != _S_OK:
            return None
        return int.from_bytes(value.raw[:8], "little")

    # -- handles ----------------------------------------------------------------------------------

    def handle_data(self, handle: int, kind: int) -> bytes:
        """What ``ReadHandleData`` has of a kind (a DEBUG_HANDLE_DATA_TYPE) for a handle.

        Raises `EngineError`.
        """
        c = self._ctypes
        room = _ROOM
        while True:
            buffer, size = c.create_string_buffer(room), c.c_uint32()
            code = self._read(self._data, handle, kind, buffer, room, c.byref(size))
            # S_FALSE: there was more than room for it.
            if code == _S_FALSE and room < size.value <= _MOST_ROOM:
                room = size.value
                continue
            self._check(code)
            return bytes(buffer.raw[: min(size.value, room)])

    # -- calls ------------------------------------------------------------------------------------

    def _interface(self, name: _Id) -> Any:
        """A client's interface, by its id."""
        c = self._ctypes
        first, second, third, rest = name
        raw = first.to_bytes(4, "little") + second.to_bytes(2, "little")
        raw += third.to_bytes(2, "little") + rest
        found = c.c_void_p()
        code = self._library.DebugCreate(c.c_char_p(raw), c.byref(found))
        if code != _S_OK:
            raise TargetError(f"no debugger session: {_in_words(code & 0xFFFFFFFF)}")
        self._interfaces.append(found)
        return found

    def _method(self, interface: Any, slot: int, *arguments: Any) -> Any:
        """The method in a slot of an interface's table; its first argument is the interface."""
        c = self._ctypes
        table = c.cast(interface, c.POINTER(c.POINTER(c.c_void_p)))[0]
        return c.WINFUNCTYPE(c.c_int32, c.c_void_p, *arguments)(table[slot])

    @staticmethod
    def _check(code: int) -> None:
        if code < 0:
            raise EngineError(code & 0xFFFFFFFF)
