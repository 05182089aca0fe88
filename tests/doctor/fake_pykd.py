"""A pykd with a session of one's choice, for tests of the doctor."""

from __future__ import annotations

from typing import Dict, Sequence

__all__ = ["DbgException", "FakePykd", "Module"]

# As the real engine 10.0.15063 answers, less what is not looked at.
VERSION = """\
Windows 10 Kernel Version 19041 MP (16 procs) Free x64
64-bit Kernel triage dump: C:\\Users\\jane\\secret.dmp

Microsoft (R) Windows Debugger Version 10.0.15063.400 AMD64
command line: 'windbg -z C:\\Users\\jane\\secret.dmp'
dbgeng:  image 10.0.15063.400, built Thu Jan  1 00:00:00 1970
        [path: C:\\Debuggers\\dbgeng.dll]
"""
CHAIN = """\
Extension DLL search Path:
    C:\\Debuggers\\winext;C:\\Users\\jane\\AppData\\Local\\Dbg\\EngineExtensions
Extension DLL chain:
    pykd: API 1.0.0, built Sat Nov 21 02:55:24 2026
        [path: {}]
    dbghelp: image 10.0.15063.400, API 10.0.6
        [path: C:\\Debuggers\\dbghelp.dll]
"""


class DbgException(Exception):
    """pykd's base of all errors."""


class _Type:
    def size(self) -> int:
        return 16


class Module:
    """``nt``, with these symbols."""

    def __init__(
        self, symbols: Sequence[str], types: Sequence[str] = ("_HANDLE_TABLE_ENTRY",)
    ) -> None:
        self._symbols = symbols
        self._types = types

    def begin(self) -> int:
        # pykd gives kernel addresses as they are; some versions sign-extend.
        return 0xFFFFF80478A00000 - (1 << 64)

    def symfile(self) -> str:
        return "C:\\Users\\jane\\sym\\ntkrnlmp.pdb"

    def offset(self, name: str) -> int:
        if name not in self._symbols:
            raise DbgException(f"'{name}' - symbol not found")
        return 0xFFFFF80479000000

    def type(self, name: str) -> _Type:
        if name not in self._types:
            raise DbgException(f"'{name}' - symbol not found")
        return _Type()


class FakePykd:
    """The names of pykd that the doctor uses."""

    __version__ = "0.3.4.15"
    DbgException = DbgException

    def __init__(
        self,
        module: Module | None = None,
        *,
        session: bool = True,
        kernel: bool = True,
        dump: bool = True,
        local: bool = False,
        extension: str = "C:\\Users\\jane\\AppData\\Local\\Dbg\\EngineExtensions\\pykd.dll",
    ) -> None:
        self._module = module
        self._session = session
        self._kernel = kernel
        self._dump = dump
        self._local = local
        self.answers: Dict[str, str] = {
            "version": VERSION,
            "vertarget": VERSION.split("\n", 1)[0] + "\nProduct: WinNt\n",
            ".chain": CHAIN.format(extension),
        }

    def isKernelDebugging(self) -> bool:
        if not self._session:
            raise DbgException("pykd is not initialized")
        return self._kernel

    def isDumpAnalyzing(self) -> bool:
        return self._dump

    def isLocalKernelDebuggerEnabled(self) -> bool:
        return self._local

    def dbgCommand(self, command: str) -> str:
        if command not in self.answers:
            raise DbgException("Call IDebugControl::ExecuteWide failed\nHRESULT 0x80040205")
        return self.answers[command]

    def module(self, name: str) -> Module:
        if self._module is None:
            raise DbgException(f"Failed to find module '{name}'\nsecond line")
        return self._module
