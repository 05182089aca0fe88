"""Reading memory from the debugger engine itself, past pykd: ``IDebugDataSpaces::ReadVirtual``.

pykd first reads one byte of every page that it is asked for, to see whether it is there, and on a
live target each of these costs a round trip. The engine's own call needs none, and where a part
is missing it gives what comes before. (Measured with engine 10.0.15063 over KD: 0x81 to 0xF68
bytes take one round trip in place of two, a page two in place of three.)

Where the debugger has no symbols of the kernel, the engine still tells what the kernel's debugger
data say (``IDebugDataSpaces::ReadDebuggerData``), a triage dump's and an encoded block's too.
"""

from __future__ import annotations

from ...hints import Optional
from ...values import TargetError, attempt
from ..dbgeng import CONTROL, DATA_SPACES, EngineError, Interface, open_interface

__all__ = ("Engine", "open_engine")

# Places of methods.
_READ_VIRTUAL, _READ_DEBUGGER_DATA = 3, 21
_GET_INTERRUPT = 3
_UNREADABLE = frozenset((0x8007001E, 0x80070017, 0x800701E7, 0x80004005))
"""ERROR_READ_FAULT, ERROR_CRC, ERROR_INVALID_ADDRESS, E_FAIL: nothing is there."""
_INTERRUPTED = 0xD000013A
"""STATUS_CONTROL_C_EXIT as an HRESULT: Ctrl+Break while the engine waited for an answer."""


class Engine:
    """The data spaces of the engine that this process runs in."""

    def __init__(self, data: Interface) -> None:
        self._data = data
        c = self._c = data.c
        self._read = data.method(
            _READ_VIRTUAL, c.c_uint64, c.c_void_p, c.c_uint32, c.POINTER(c.c_uint32)
        )

    def read(self, address: int, size: int) -> bytes:
        """The bytes from ``address`` up to the first one that is missing.

        Raises `OSError` where it is not the memory that fails but the session, and
        `KeyboardInterrupt` where the user has stopped it.
        """
        buffer = self._c.create_string_buffer(size)
        done = self._c.c_uint32()
        result = self._read(address, buffer, size, self._c.byref(done))
        if result == _INTERRUPTED:
            self._take_interrupt()
            raise KeyboardInterrupt
        if result and result not in _UNREADABLE:
            raise OSError(f"ReadVirtual failed with 0x{result:08x}")
        return bytes(buffer.raw[: done.value]) if not result else b""

    def debugger_value(self, index: int, size: int) -> Optional[int]:
        """A field of ``KDDEBUGGER_DATA64``, by its offset there, which is the engine's number for
        it (``DEBUG_DATA_KernBase`` and so on): ``size`` bytes; None where the engine has none."""
        c = self._c
        ask = self._data.method(
            _READ_DEBUGGER_DATA, c.c_uint32, c.c_void_p, c.c_uint32, c.POINTER(c.c_uint32)
        )
        buffer = c.create_string_buffer(size)
        done = c.c_uint32()
        if ask(index, buffer, size, c.byref(done)) or done.value != size:
            return None
        return int.from_bytes(buffer.raw, "little")

    def _take_interrupt(self) -> None:
        """Clear the wish to stop, which is obeyed now: else every later read ends with it, too."""
        control = attempt(self._data.query, CONTROL, default=None, error=EngineError)
        if control is not None:
            control.method(_GET_INTERRUPT)()
            control.close()

    def close(self) -> None:
        """Let go of the interface; nothing may be read after that."""
        self._data.close()


def open_engine() -> Optional[Engine]:
    """The engine of this process, or None where there is none that can be talked to."""
    data = attempt(open_interface, DATA_SPACES, default=None, error=TargetError)
    return None if data is None else Engine(data)
