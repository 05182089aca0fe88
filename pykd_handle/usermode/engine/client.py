"""What is asked of the debugger engine about a process and its handles, through its own interfaces.

Nothing here runs when the package is imported; `Engine` works on Windows only.
"""

from __future__ import annotations

from ...hints import Any, Optional, Tuple
from ...targets.dbgeng import (
    CONTROL,
    DATA_SPACES,
    S_FALSE,
    S_OK,
    SYMBOLS,
    SYSTEM_OBJECTS,
    check,
    open_interface,
)

__all__ = (
    "BASIC",
    "HANDLE_COUNT",
    "OBJECT_NAME",
    "OPERATIONS",
    "TYPE_NAME",
    "Engine",
)

# DEBUG_HANDLE_DATA_TYPE_*; the names in UTF-16.
BASIC, HANDLE_COUNT, TYPE_NAME, OBJECT_NAME, OPERATIONS = 0, 3, 4, 5, 9

# Places of methods.
_READ_VIRTUAL = 3
_READ_HANDLE_DATA = 25
_GET_DEBUGGEE_TYPE = 34
_IS_POINTER_64_BIT = 42
_EVALUATE = 63
_GET_PROCESS_ID = 27
_GET_PROCESS_HANDLE = 29
_GET_PROCESS_IMAGE = 31
_GET_NAME_BY_OFFSET = 7

_USER_WINDOWS = 2
_LIVE_LOCAL, _LIVE_REMOTE = 0, 1
_INT64 = 4  # DEBUG_VALUE_INT64
_VALUE_SIZE = 32  # DEBUG_VALUE
_ROOM = 0x400
_MOST_ROOM = 0x100000


class Engine:
    """A client of the engine in this process. Raises `TargetError` where there is none."""

    def __init__(self) -> None:
        self._data = open_interface(DATA_SPACES)
        self._control = self._data.query(CONTROL)
        self._system = self._data.query(SYSTEM_OBJECTS)
        self._symbols = self._data.query(SYMBOLS)
        c = self._ctypes = self._data.c
        self._read = self._data.method(
            _READ_HANDLE_DATA,
            c.c_uint64, c.c_uint32, c.c_void_p, c.c_uint32, c.POINTER(c.c_uint32),
        )  # fmt: skip

    def close(self) -> None:
        """Release the client."""
        for interface in (self._data, self._control, self._system, self._symbols):
            interface.close()

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
        get = self._control.method(_GET_DEBUGGEE_TYPE, c.c_void_p, c.c_void_p)
        check(get(c.byref(kind), c.byref(qualifier)))
        return kind.value, qualifier.value

    def pointer_size(self) -> int:
        """4 or 8, of the processor that the debugger shows at the moment."""
        return 8 if self._control.method(_IS_POINTER_64_BIT)() == S_OK else 4

    def process_id(self) -> int:
        """The id of the current process. Raises `EngineError`."""
        return self._number(_GET_PROCESS_ID, self._ctypes.c_uint32())

    def process_handle(self) -> int:
        """The debugger's own handle of the current process. Raises `EngineError`."""
        return self._number(_GET_PROCESS_HANDLE, self._ctypes.c_uint64())

    def _number(self, slot: int, place: Any) -> int:
        get = self._system.method(slot, self._ctypes.c_void_p)
        check(get(self._ctypes.byref(place)))
        return int(place.value)

    def image(self) -> str:
        """The name of the current process's program. Raises `EngineError`."""
        c = self._ctypes
        room = c.create_string_buffer(_ROOM)
        get = self._system.method(_GET_PROCESS_IMAGE, c.c_void_p, c.c_uint32, c.c_void_p)
        check(get(room, _ROOM, None))
        return bytes(room.value).decode("utf-8", "replace").rpartition("\\")[2]

    def symbol(self, address: int) -> str:
        """The symbol at an address, with a displacement where there is one; else empty."""
        c = self._ctypes
        room, far = c.create_string_buffer(_ROOM), c.c_uint64()
        get = self._symbols.method(
            _GET_NAME_BY_OFFSET,
            c.c_uint64, c.c_void_p, c.c_uint32, c.c_void_p, c.c_void_p,
        )  # fmt: skip
        if get(address, room, _ROOM, None, c.byref(far)) not in (S_OK, S_FALSE):
            return ""
        name = bytes(room.value).decode("utf-8", "replace")
        return f"{name}+0x{far.value:x}" if far.value else name

    def evaluate(self, text: str) -> Optional[int]:
        """An expression as the debugger reads it, or None where it can't."""
        c = self._ctypes
        value = c.create_string_buffer(_VALUE_SIZE)
        read = self._control.method(_EVALUATE, c.c_char_p, c.c_uint32, c.c_void_p, c.c_void_p)
        raw = text.encode("utf-8", "replace")
        if read(raw, _INT64, value, None) != S_OK:
            return None
        return int.from_bytes(value.raw[:8], "little")

    def read_memory(self, address: int, size: int) -> bytes:
        """The bytes from ``address`` up to the first one that is missing; none where the first
        is."""
        c = self._ctypes
        buffer, done = c.create_string_buffer(size), c.c_uint32()
        read = self._data.method(
            _READ_VIRTUAL, c.c_uint64, c.c_void_p, c.c_uint32, c.POINTER(c.c_uint32)
        )
        failed = read(address, buffer, size, c.byref(done)) not in (S_OK, S_FALSE)
        return b"" if failed else bytes(buffer.raw[: done.value])

    # -- handles ----------------------------------------------------------------------------------

    def handle_data(self, handle: int, kind: int) -> bytes:
        """What ``ReadHandleData`` has of a kind (a DEBUG_HANDLE_DATA_TYPE) for a handle.

        Raises `EngineError`.
        """
        c = self._ctypes
        room = _ROOM
        while True:
            buffer, size = c.create_string_buffer(room), c.c_uint32()
            code = self._read(handle, kind, buffer, room, c.byref(size))
            # S_FALSE: there was more than room for it.
            if code == S_FALSE and room < size.value <= _MOST_ROOM:
                room = size.value
                continue
            check(code)
            return bytes(buffer.raw[: min(size.value, room)])
