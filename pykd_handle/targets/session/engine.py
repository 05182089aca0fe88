"""Reading memory from the debugger engine itself, past pykd: ``IDebugDataSpaces::ReadVirtual``.

pykd first reads one byte of every page that it is asked for, to see whether it is there, and on a
live target each of these costs a round trip. The engine's own call needs none, and where a part
is missing it gives what comes before. (Measured with engine 10.0.15063 over KD: 0x81 to 0xF68
bytes take one round trip in place of two, a page two in place of three.)

Where the debugger has no symbols of the kernel, the engine still tells what the kernel's debugger
data say (``IDebugDataSpaces::ReadDebuggerData``), a triage dump's and an encoded block's too.

Only an engine that is loaded already is used, never a second one. Source: ``dbgeng.h``.
"""

from __future__ import annotations

import sys
from typing import Any, Optional

__all__ = ("Engine", "open_engine")

# IID_IDebugDataSpaces, as it lies in memory.
_DATA_SPACES = bytes.fromhex("abdff788a73e3a4caefbc4e8106173aa")
_CONTROL = bytes.fromhex("68e682515e106e41ad9224ef800424ba")  # IID_IDebugControl
# Places in their tables of methods.
_QUERY_INTERFACE, _RELEASE, _READ_VIRTUAL, _GET_INTERRUPT = 0, 2, 3, 3
_READ_DEBUGGER_DATA = 21
_UNREADABLE = frozenset((0x8007001E, 0x80070017, 0x800701E7, 0x80004005))
"""ERROR_READ_FAULT, ERROR_CRC, ERROR_INVALID_ADDRESS, E_FAIL: nothing is there."""
_INTERRUPTED = 0xD000013A
"""STATUS_CONTROL_C_EXIT as an HRESULT: Ctrl+Break while the engine waited for an answer."""


class Engine:
    """The data spaces of the engine that this process runs in."""

    def __init__(self, ctypes: Any, interface: Any) -> None:
        self._ctypes = ctypes
        self._interface = interface
        pointer = ctypes.POINTER(ctypes.c_void_p)
        table = ctypes.cast(ctypes.cast(interface, pointer)[0], pointer)
        self._query = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_char_p, pointer)(
            table[_QUERY_INTERFACE]
        )
        self._release = ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(table[_RELEASE])
        self._read = ctypes.WINFUNCTYPE(
            ctypes.c_long,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.POINTER(ctypes.c_uint32),
        )(table[_READ_VIRTUAL])

    def read(self, address: int, size: int) -> bytes:
        """The bytes from ``address`` up to the first one that is missing.

        Raises `OSError` where it is not the memory that fails but the session, and
        `KeyboardInterrupt` where the user has stopped it.
        """
        buffer = self._ctypes.create_string_buffer(size)
        done = self._ctypes.c_uint32()
        result = self._read(self._interface, address, buffer, size, self._ctypes.byref(done))
        result &= 0xFFFFFFFF
        if result == _INTERRUPTED:
            self._take_interrupt()
            raise KeyboardInterrupt
        if result and result not in _UNREADABLE:
            raise OSError(f"ReadVirtual failed with 0x{result:08x}")
        return bytes(buffer.raw[: done.value]) if not result else b""

    def debugger_value(self, index: int, size: int) -> Optional[int]:
        """A field of ``KDDEBUGGER_DATA64``, by its offset there, which is the engine's number for
        it (``DEBUG_DATA_KernBase`` and so on): ``size`` bytes; None where the engine has none."""
        ctypes = self._ctypes
        pointer = ctypes.POINTER(ctypes.c_void_p)
        table = ctypes.cast(ctypes.cast(self._interface, pointer)[0], pointer)
        ask = ctypes.WINFUNCTYPE(
            ctypes.c_long,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.POINTER(ctypes.c_uint32),
        )(table[_READ_DEBUGGER_DATA])
        buffer = ctypes.create_string_buffer(size)
        done = ctypes.c_uint32()
        if ask(self._interface, index, buffer, size, ctypes.byref(done)) or done.value != size:
            return None
        return int.from_bytes(buffer.raw, "little")

    def _take_interrupt(self) -> None:
        """Clear the wish to stop, which is obeyed now: else every later read ends with it, too."""
        ctypes = self._ctypes
        control = ctypes.c_void_p()
        if self._query(self._interface, _CONTROL, ctypes.byref(control)):
            return
        pointer = ctypes.POINTER(ctypes.c_void_p)
        table = ctypes.cast(ctypes.cast(control, pointer)[0], pointer)
        # Each interface has a table of its own, with its own Release.
        ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(table[_GET_INTERRUPT])(control)
        ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(table[_RELEASE])(control)

    def close(self) -> None:
        """Let go of the interface; nothing may be read after that."""
        interface, self._interface = self._interface, None
        if interface is not None:
            self._release(interface)


def open_engine() -> Optional[Engine]:
    """The engine of this process, or None where there is none that can be talked to."""
    if sys.platform != "win32":
        return None
    try:
        import ctypes
    except ImportError:  # a Python that was embedded without it
        return None
    kernel32 = ctypes.WinDLL("kernel32")
    kernel32.GetModuleHandleW.restype = ctypes.c_void_p
    kernel32.GetModuleHandleW.argtypes = [ctypes.c_wchar_p]
    kernel32.GetProcAddress.restype = ctypes.c_void_p
    kernel32.GetProcAddress.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    module = kernel32.GetModuleHandleW("dbgeng.dll")
    place = kernel32.GetProcAddress(module, b"DebugCreate") if module else None
    if not place:
        return None
    create = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p))(
        place
    )
    interface = ctypes.c_void_p()
    if create(_DATA_SPACES, ctypes.byref(interface)) or not interface.value:
        return None
    return Engine(ctypes, interface)
