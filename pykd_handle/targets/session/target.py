"""The session as a target: memory, symbols and layouts from the debugger that pykd runs in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from ...layout import BitField, Isf, Struct
from ...values import (
    MemoryUnavailable,
    MissingSymbol,
    MissingType,
    NoSymbols,
    PykdHandleError,
    SymbolsError,
    TargetError,
)
from ..base import Running
from ..dump.debug_record import read_pdb_identity
from ..dump.kdbg import ask_debugger_data
from ..processors import offsets_of, running
from ..recoverable import RecoverableTarget
from ..span import Span
from .engine import Engine, open_engine
from .layout import struct_of
from .live import LiveMemory
from .memory import SessionMemory
from .watch import Watch

__all__ = ("SessionTarget",)

_ROWS_AT_ONCE = 32  # so much is lost at most when the wire is cut
_PROCESSORS = 32  # looked at; the slots of those that are not there are null
_PROGRESS_EVERY = 0.5  # seconds
_ARCHITECTURES = {"AMD64": "x64", "I386": "x86", "ARM64": "arm64"}
_LA57 = 1 << 12  # CR4: addresses of 57 bits


class SessionTarget(RecoverableTarget):
    """A kernel session of the debugger, live or a dump that it has opened.

    ``pykd`` is the module (or a stand-in with its names). With ``symbols``, an ISF file, layouts
    and symbols come from there: for a dump whose PDB can't be had. With ``without_symbols`` the
    caller gives it a layout (`take_layout`). Raises `TargetError` where there is no kernel session,
    `NoSymbols` where the debugger has none, and `SymbolsError` where the symbols can't serve.
    """

    def __init__(
        self, pykd: Any, symbols: Optional[Path] = None, without_symbols: bool = False
    ) -> None:
        super().__init__()
        self._pykd = pykd
        try:
            kernel = bool(pykd.isKernelDebugging())
        except pykd.DbgException as error:
            raise TargetError(f"no debugger session: {_first_line(error)}") from None
        if not kernel:
            raise TargetError("the debugger's session is no kernel session")
        self.pointer_size = int(pykd.ptrSize())
        self._mask = (1 << (8 * self.pointer_size)) - 1
        self._on_dump = bool(pykd.isDumpAnalyzing())
        self.memory: Union[SessionMemory, LiveMemory]
        self._engine: Optional[Engine] = None
        if self._on_dump:
            self.memory = SessionMemory(pykd, self.pointer_size)
        else:
            self._engine = open_engine()
            self.memory = LiveMemory(pykd, self.pointer_size, self._engine)
            self.rows_at_once = _ROWS_AT_ONCE
            self.round_trips = True
        self._last_progress = time.monotonic()
        self._told = False
        self.name = "the debugger's session"
        try:
            self._module = pykd.module("nt")
            self.base = int(self._module.begin()) & self._mask
        except pykd.DbgException as error:
            raise TargetError(f"the kernel, nt, is not found: {_first_line(error)}") from None
        self._symbols: Dict[str, int] = {}
        self._structs: Dict[str, Struct] = {}
        self._isf: Optional[Isf] = None
        self._remarks: List[str] = []
        if symbols is not None:
            self._isf = self._take(symbols)
        elif without_symbols:
            self._ask_engine()
        elif self.find_struct("_HANDLE_TABLE_ENTRY") is None:
            self.close()
            raise NoSymbols(
                "the debugger has no symbols of nt: set the symbol path (.symfix; .reload /f nt), "
                "or give --symbols FILE (ISF)"
            )
        if not without_symbols:
            self.five_levels = self._has_wide_pointers()

    def _ask_engine(self) -> None:
        """What is known of the kernel without symbols."""
        engine = self._engine or open_engine()
        if engine is None:
            raise SymbolsError("the debugger's engine can't be asked for its debugger data")
        self.debugger_data = ask_debugger_data(engine.debugger_value, self.pointer_size)
        if engine is not self._engine:
            engine.close()
        self._known = self.debugger_data.symbols
        try:
            self.build = int(self._pykd.getSystemVersion().buildNumber)
            kind = self._pykd.getCPUType()
        except self._pykd.DbgException as error:
            raise SymbolsError(
                f"which Windows this is, is not known: {_first_line(error)}"
            ) from None
        self.architecture = _ARCHITECTURES.get(str(kind), "")
        self.five_levels = bool((self.evaluate("@cr4") or 0) & _LA57)

    def take_layout(self, layout: Isf) -> None:
        """See `RecoverableTarget.take_layout`."""
        self.symbols_recovered = True
        self._isf = layout

    def add_note(self, note: str) -> None:
        """Add a remark for the user to `notes`."""
        self._remarks.append(note)

    def _has_wide_pointers(self) -> bool:
        """Whether this is a kernel of 57-bit addresses (``ntkrla57.exe``).

        Its handle table entries say so; the processor's CR4 a triage dump may not hold.
        """
        entry = self.find_struct("_HANDLE_TABLE_ENTRY")
        if entry is None or not entry.has("ObjectPointerBits"):
            return False
        bits = entry.field("ObjectPointerBits").type
        return isinstance(bits, BitField) and bits.length + 4 > 48

    def _take(self, path: Path) -> Isf:
        """An ISF file in place of the PDB, after it proved to be of this kernel.

        The file says where the debugger data block and its list head should lie; the block that
        lies there, or the list, must say the same.
        """
        isf = Isf.load(path)
        self._check_pdb(isf, path)
        checks = 0
        for symbol, other in (("PsLoadedModuleList", 0x48), ("PsActiveProcessHead", 0x50)):
            try:
                block = self.base + isf.symbol("KdDebuggerDataBlock")
                wanted = self.base + isf.symbol(symbol)
            except MissingSymbol as error:
                raise SymbolsError(f"{path}: {error}") from None
            try:
                stored = int.from_bytes(self.read(block + other, 8), "little") & self._mask
            except MemoryUnavailable:
                continue
            checks += 1
            if stored != wanted:
                raise SymbolsError(
                    f"{path} is of another kernel: nt!{symbol} would be at 0x{wanted:x}, the "
                    f"debugger data block says 0x{stored:x}"
                )
        checks += self._check_list(isf, path)
        if not checks:
            raise SymbolsError(
                f"{path} can't be checked: nothing that it names is readable in this session"
            )
        self.add_note(f"symbols: {path} ({checks} addresses agree with this kernel)")
        return isf

    def _check_pdb(self, isf: Isf, path: Path) -> None:
        """The PDB that the kernel's image names, where it does, must be the file's."""
        try:
            wanted = read_pdb_identity(self.read, self.base)
        except PykdHandleError:
            return
        if isf.identity is not None and isf.identity.guid != wanted.guid:
            raise SymbolsError(
                f"{path} is of another kernel: it was made from PDB {isf.identity}, this kernel "
                f"has {wanted}"
            )

    def _check_list(self, isf: Isf, path: Path) -> int:
        """PsActiveProcessHead must lead to an entry that leads back to it."""
        head = self.base + isf.symbol("PsActiveProcessHead")
        try:
            first = self.read_pointer(head)
            back = self.read_pointer(first + self.pointer_size)
        except MemoryUnavailable:
            return 0
        if back != head:
            raise SymbolsError(
                f"{path} is of another kernel: no list begins at nt!PsActiveProcessHead"
            )
        return 1

    def symbol_damage(self) -> Sequence[str]:
        """What the ISF file, where one is used, was found to have wrong."""
        return () if self._isf is None else self._isf.damage

    def notes(self) -> List[str]:
        """Where the symbols come from, if not from the debugger."""
        return list(self._remarks)

    # -- memory ---------------------------------------------------------------------------------

    def fetch(self, address: int, size: int) -> Span:
        """Read through the engine."""
        return self.memory.read(address, size)

    def fetch_many(self, ranges: Sequence[Tuple[int, int]]) -> List[Span]:
        """On a live target, ranges that lie close together come in one round trip."""
        if isinstance(self.memory, LiveMemory):
            return self.memory.read_many(ranges)
        return super().fetch_many(ranges)

    def refresh(self) -> None:
        """Drop what was read from a live machine, if it has run since."""
        if isinstance(self.memory, LiveMemory):
            self.memory.refresh()

    # -- symbols and layouts --------------------------------------------------------------------

    def symbol(self, name: str) -> int:
        """The address of a symbol of ``nt``; each is asked for once."""
        found = self._symbols.get(name)
        if found is None:
            found = self._symbols[name] = self._find(name)
        return found

    def _find(self, name: str) -> int:
        if self.symbols_recovered and name in self._known:
            return self._known[name]
        if self._isf is not None and not self.symbols_recovered:
            return self.base + self._isf.symbol(name)
        try:
            return int(self._module.offset(name)) & self._mask
        except self._pykd.DbgException:
            raise MissingSymbol(name, self.symbols_recovered) from None

    def struct(self, name: str) -> Struct:
        """The layout of a structure of ``nt``; each is asked for once."""
        if self._isf is not None:
            return self._isf.struct(name)
        found = self._structs.get(name)
        if found is None:
            try:
                info = self._module.type(name)
            except self._pykd.DbgException:
                raise MissingType(name) from None
            found = struct_of(name, info, self._pykd.DbgException)
            if not found.size:  # named in the symbols, and described nowhere
                raise MissingType(name)
            self._structs[name] = found
        return found

    # -- the session ----------------------------------------------------------------------------

    def current_process(self) -> int:
        """The debugger's implicit process, what ``.process`` shows (asking it by that command
        would empty the engine's cache)."""
        try:
            return int(self._pykd.getImplicitProcess()) & self._mask
        except self._pykd.DbgException as error:
            raise TargetError(f"no current process: {_first_line(error)}") from None

    def running(self) -> List[Running]:
        """See `Target.running`."""
        return running(self, offsets_of(self), _PROCESSORS)

    def likely_process(self) -> Optional[int]:
        """On a live target, the process of the implicit thread.

        The engine finds the implicit process by this very field, and then reads a part of the
        ``_EPROCESS``: who has read all of that before saves its round trip.
        """
        if not isinstance(self.memory, LiveMemory):
            return None
        try:
            thread = int(self._pykd.getImplicitThread()) & self._mask
            field = self.struct("_ETHREAD").offset("Tcb.ApcState.Process")
            found = self.read_pointer(thread + field)
        except (self._pykd.DbgException, PykdHandleError):
            return None
        return found if self.is_kernel_address(found) else None

    def progress(self, text: str) -> None:
        """Show in the debugger's status line, from the second half second on, how far it is."""
        now = time.monotonic()
        if now - self._last_progress >= _PROGRESS_EVERY:
            self._last_progress = now
            self._status(text)

    def alarm(self, tell: Callable[[str], None], aside: Callable[[str], None]) -> None:
        """See `Target.alarm`. In the debugger itself all output goes through the engine, which is
        locked while it waits for an answer."""
        if isinstance(self.memory, LiveMemory):
            self.memory.watch = Watch(aside if self._pykd.isWindbgExt() else tell)

    def _status(self, text: str) -> None:
        self._told = bool(text)
        try:
            self._pykd.setStatusMessage(text)
        except self._pykd.DbgException:
            pass  # a host without a status line

    def close(self) -> None:
        """Let go of the engine, and clear the status line."""
        if self._told:
            self._status("")
        if isinstance(self.memory, LiveMemory) and self.memory.watch is not None:
            self.memory.watch.close()
            self.memory.watch = None
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def evaluate(self, expression: str) -> Optional[int]:
        """The value of a MASM expression (``@$proc``, ``poi(...)``), None where it has none."""
        # Behind a complete expression the engine ignores everything ("14 13" would be 14), but not
        # in parentheses.
        if not _balanced(expression):
            return None
        try:
            value = int(self._pykd.expr(f"({expression})"))
        except self._pykd.DbgException:
            return None
        # On a 32-bit target addresses come with their sign extended to 64 bits.
        return value & self._mask


def _balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]
