"""The debugger engine's COM interfaces through ``ctypes``: the one place that calls them.

``DebugCreate`` of the ``dbgeng.dll`` that is loaded in this process (WinDbg's, or pykd's) gives a
further client of the same engine, which sees the same target; no extension and no pykd is between.
Only an engine that is loaded already is used, never a second one. Ids of interfaces and places of
methods are those of ``dbgeng.h``. Nothing here runs when the package is imported.
"""

from __future__ import annotations

import importlib
import os
from functools import partial
from uuid import UUID

from ..hints import Any, Callable, Optional
from ..values import Reason, TargetError, Unavailable, UnavailableError

__all__ = (
    "CONTROL",
    "DATA_SPACES",
    "SYMBOLS",
    "SYSTEM_OBJECTS",
    "S_FALSE",
    "S_OK",
    "EngineError",
    "Interface",
    "check",
    "open_interface",
)

CONTROL = UUID("5182e668-105e-416e-ad92-24ef800424ba")  # IDebugControl
DATA_SPACES = UUID("7a5e852f-96e9-468f-ac1b-0b3addc4a049")  # IDebugDataSpaces2
SYMBOLS = UUID("8c31e98c-983a-48a5-9016-6fe5d667a950")  # IDebugSymbols
SYSTEM_OBJECTS = UUID("6b86fe2c-2c4f-4f0c-9da2-174311acc327")  # IDebugSystemObjects

S_OK, S_FALSE = 0, 1
_FAILED = 0x80000000
_QUERY_INTERFACE, _RELEASE = 0, 2


class EngineError(UnavailableError):
    """The engine refused; ``code`` is the HRESULT without its sign."""

    def __init__(self, code: int) -> None:
        known = _REASONS.get(code)
        super().__init__(
            Unavailable(Reason.ENGINE_ERROR, None, code) if known is None else Unavailable(known)
        )
        self.code = code

    @property
    def absent(self) -> bool:
        """Whether the target has no such thing (E_NOINTERFACE is the engine's way to say so)."""
        return self.code == 0x80004002

    @property
    def system_error(self) -> Optional[int]:
        """The Windows error behind the code, if one is."""
        return self.code & 0xFFFF if self.code >> 16 == 0x8007 else None


_REASONS = {
    0x80004001: Reason.NOT_IMPLEMENTED_BY_THE_ENGINE,
    0x80004002: Reason.NOT_IN_THE_TARGET,
    0x80004005: Reason.FAILED,
    0x80070005: Reason.ACCESS_DENIED,
    0x80070006: Reason.NO_SUCH_HANDLE,
    0x80070032: Reason.NOT_SUPPORTED,
    0x80070057: Reason.NOT_OFFERED_BY_THE_ENGINE,
    # NTSTATUS values come with FACILITY_NT_BIT.
    0xD0000003: Reason.NOT_OFFERED_BY_THE_SYSTEM,
    0xD0000008: Reason.NO_SUCH_HANDLE,
    0xD0000022: Reason.ACCESS_DENIED,
    0xD0000024: Reason.NOT_AN_OBJECT_OF_THIS_TYPE,
}


def check(code: int) -> None:
    """Raise `EngineError` where the HRESULT is that of a failure."""
    if code & _FAILED:
        raise EngineError(code)


class Interface:
    """An interface of the engine's; ``c`` is the module ``ctypes``, for arguments."""

    def __init__(self, ctypes: Any, pointer: Any) -> None:
        # As Any: its Windows half does not exist elsewhere.
        self.c = ctypes
        self._pointer = pointer

    def method(self, place: int, *arguments: Any) -> Callable[..., int]:
        """The method at a place of the interface's table, ready to be called with ``arguments`` of
        these types. It returns the HRESULT without its sign."""
        c = self.c
        table = c.cast(self._pointer, c.POINTER(c.POINTER(c.c_void_p)))[0]
        function = c.WINFUNCTYPE(c.c_uint32, c.c_void_p, *arguments)(table[place])
        return partial(function, self._pointer)

    def query(self, name: UUID) -> Interface:
        """Another interface of the same client. Raises `EngineError`."""
        c = self.c
        found = c.c_void_p()
        ask = self.method(_QUERY_INTERFACE, c.c_char_p, c.c_void_p)
        check(ask(name.bytes_le, c.byref(found)))
        return Interface(c, found)

    def close(self) -> None:
        """Let go of it, once; nothing may be asked after that."""
        if self._pointer is not None:
            self.method(_RELEASE)()
            self._pointer = None


def open_interface(name: UUID) -> Interface:
    """An interface of a new client of the engine in this process. Raises `TargetError` where there
    is no engine that can be talked to."""
    if os.name != "nt":
        raise TargetError("no debugger session: there is no debugger engine on this system")
    try:
        c: Any = importlib.import_module("ctypes")
    except ImportError:  # a Python that was embedded without it
        raise TargetError("no debugger session: this Python has no ctypes") from None
    find = c.WinDLL("kernel32").GetModuleHandleW
    find.restype = c.c_void_p
    # The engine of this process. LoadLibrary could find another one on the disk.
    module = find(c.c_wchar_p("dbgeng.dll"))
    if not module:
        raise TargetError("no debugger session: no debugger engine is loaded in this process")
    library = c.WinDLL("dbgeng.dll", handle=module)
    create = c.WINFUNCTYPE(c.c_uint32, c.c_char_p, c.c_void_p)(("DebugCreate", library))
    found = c.c_void_p()
    try:
        check(create(name.bytes_le, c.byref(found)))
    except EngineError as error:
        raise TargetError("no debugger session: {}", error) from None
    return Interface(c, found)
