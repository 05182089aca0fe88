"""The session as a target: memory, symbols and layouts from the debugger that pykd runs in."""

from __future__ import annotations

import re
from pathlib import Path

from ...hints import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple
from ...layout import Isf, PdbIdentity, Struct, SymbolFile
from ...values import (
    NO_VALUE,
    ClosedOnError,
    Maybe,
    MissingSymbol,
    MissingType,
    NoSymbols,
    PykdHandleError,
    Sentence,
    SymbolsError,
    TargetError,
    attempt,
)
from ..address_space import AddressSpace, Spaces
from ..base import Running
from ..crash import BugCheck
from ..dump.debug_record import read_pdb_identity
from ..memory import Memory
from ..processors import offsets_of, running
from ..recoverable import RecoverableTarget
from ..span import Span
from .connect import architecture_of, first_line, is_kernel_session
from .crash import asked_bug_check, asked_registers
from .duties import Duties
from .expressions import balanced
from .layout import has_wide_pointers, struct_of
from .memory import SessionMemory

if TYPE_CHECKING:
    from ..symbols.nearest import KernelNames
    from ..symbols.report import Report
    from .engine import Engine

__all__ = ("SessionTarget",)

_ROWS_AT_ONCE = 32  # so much is lost at most when the wire is cut
_PROCESSORS = 32  # looked at; the slots of those that are not there are null
_LA57 = 1 << 12  # CR4: addresses of 57 bits


class SessionTarget(RecoverableTarget):
    """A kernel session of the debugger, live or a dump that it has opened.

    ``pykd`` is the module (or a stand-in with its names). With ``symbols``, a PDB or ISF file,
    layouts and symbols come from there: for a dump whose PDB the debugger lacks; ``keep`` as for
    `pykd_handle.layout.open_symbol_file`. With ``without_symbols`` the
    caller gives it a layout (`take_layout`). Raises `TargetError` where there is no kernel session,
    `NoSymbols` where the debugger has none, and `SymbolsError` where the symbols can't serve.
    """

    def __init__(
        self,
        pykd: Any,
        symbols: Optional[Path] = None,
        without_symbols: bool = False,
        keep: bool = False,
    ) -> None:
        super().__init__()
        self._pykd = pykd
        if not is_kernel_session(pykd):
            raise TargetError("the debugger's session is no kernel session")
        self.pointer_size = int(pykd.ptrSize())
        self._mask = (1 << (8 * self.pointer_size)) - 1
        self._on_dump = bool(pykd.isDumpAnalyzing())
        self._duties = Duties(pykd, live=not self._on_dump)
        self.architecture = architecture_of(pykd)
        self._memory: Memory
        self._engine: Optional[Engine] = None
        self._file: Optional[SymbolFile] = None
        self._loaded: Optional[SymbolFile] = None
        self._looked_for_loaded = False
        if self._on_dump:
            self._memory = SessionMemory(pykd, self.pointer_size)
        else:
            from .engine import open_engine
            from .live import LiveMemory

            self._engine = open_engine()
            self._memory = LiveMemory(pykd, self.pointer_size, self._engine, self._duties)
            self.rows_at_once = _ROWS_AT_ONCE
            self.round_trips = True
        self._spaces = Spaces(self._space)
        self._names: Optional[KernelNames] = None
        self._spaces_of = self._memory.age
        self.name = "the debugger's session"
        try:
            self._module = pykd.module("nt")
            self.base = int(self._module.begin()) & self._mask
        except pykd.DbgException as error:
            self.close()
            raise TargetError(f"the kernel, nt, is not found: {first_line(error)}") from None
        self._given = symbols
        self._symbols: Dict[str, int] = {}
        self._structs: Dict[str, Struct] = {}
        self._remarks: List[Sentence] = []
        with ClosedOnError(self):
            if without_symbols:
                self._ask_engine()
            else:
                if symbols is not None or self.find_struct("_HANDLE_TABLE_ENTRY") is None:
                    from .given import find_symbols

                    self._file, self._remarks = find_symbols(self, pykd, self.base, symbols, keep)
                self.five_levels = has_wide_pointers(self)

    def _ask_engine(self) -> None:
        """What is known of the kernel without symbols."""
        from ..dump.kdbg import ask_debugger_data
        from .engine import open_engine

        engine = self._engine or open_engine()
        if engine is None:
            raise SymbolsError("the debugger's engine can't be asked for its debugger data")
        self.debugger_data = ask_debugger_data(engine.debugger_value, self.pointer_size)
        if engine is not self._engine:
            engine.close()
        self._known = self.debugger_data.symbols
        try:
            self.build = int(self._pykd.getSystemVersion().buildNumber)
        except self._pykd.DbgException as error:
            raise SymbolsError(
                f"which Windows this is, is not known: {first_line(error)}"
            ) from None
        self.five_levels = bool((self.evaluate("@cr4") or 0) & _LA57)

    def take_layout(self, layout: Isf) -> None:
        """See `RecoverableTarget.take_layout`."""
        self.symbols_recovered = True
        self._file = layout

    def identity(self) -> Optional[PdbIdentity]:
        """See `Target.identity`."""
        return attempt(read_pdb_identity, self.read, self.base, default=None)

    def add_note(self, note: Sentence) -> None:
        """Add a remark for the user to `notes`."""
        self._remarks.append(note)

    def symbol_damage(self) -> Sequence[Sentence]:
        """What the ISF file, where one is used, was found to have wrong."""
        files = [file for file in (self._file, self._loaded) if file is not None]
        return [line for file in files for line in file.damage]

    def notes(self) -> List[Sentence]:
        """Where the symbols come from, if not from the debugger."""
        return list(self._remarks)

    # -- memory ---------------------------------------------------------------------------------

    def fetch(self, address: int, size: int) -> Span:
        """Read through the engine."""
        return self._memory.fetch(address, size)

    def read(self, address: int, size: int) -> bytes:
        """See `Target.read`."""
        return self._memory.read(address, size)

    def page(self, number: int) -> Optional[bytes]:
        """See `Memory.page`."""
        return self._memory.page(number) if self.is_kernel_address(number << 12) else None

    def fetch_many(self, ranges: Sequence[Tuple[int, int]]) -> List[Span]:
        """On a live target, ranges that lie close together come in one round trip."""
        return self._memory.fetch_many(ranges)

    def refresh(self) -> None:
        """Drop what was read from a live machine, if it has run since."""
        self._memory.refresh()

    def address_space(self, root: int) -> Memory:
        """See `Target.address_space`; the session's current process stays what it is."""
        self.refresh()
        if self._memory.age != self._spaces_of:
            self._spaces = Spaces(self._space)
            self._spaces_of = self._memory.age
        return self._spaces.of(root)

    def _space(self, root: int) -> Memory:
        memory = self._memory
        if not memory.in_parts:
            from .physical import SessionPages
            from .spaces import paged_space

            pages = SessionPages(self._pykd, not self._on_dump, self._duties)
            memory = paged_space(self, pages, self.base, root)
        return AddressSpace(memory, self.pointer_size, self.five_levels)

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
        if self._file is not None and not self.symbols_recovered:
            return self.base + self._file.symbol(name)
        try:
            return int(self._module.offset(name)) & self._mask
        except self._pykd.DbgException:
            raise MissingSymbol(name, self.symbols_recovered) from None

    def struct(self, name: str) -> Struct:
        """The layout of a structure of ``nt``; each is asked for once."""
        if self._file is not None:
            return self._file.struct(name)
        found = self._structs.get(name)
        if found is None:
            found = self._structs[name] = self._struct(name)
        return found

    def _struct(self, name: str) -> Struct:
        failures = self._pykd.DbgException
        try:
            found = struct_of(name, self._module.type(name), failures)
        except failures:
            found = None
        if found is None or not found.size:  # or named in the symbols, and described nowhere
            if not self._looked_for_loaded:
                from .loaded import open_loaded

                self._looked_for_loaded = True
                self._loaded = open_loaded(self, self._module, failures, self.base)
            if self._loaded is None:
                raise MissingType(name)
            found = self._loaded.struct(name)
        return found

    def name_at(self, address: int) -> Maybe[str]:
        """See `Target.name_at`: as the debugger calls it, of every module that it has symbols of;
        by a file in place of its own, of the kernel."""
        if self._file is not None:
            if self.symbols_recovered:
                raise NoSymbols("without symbols of nt no address in it has a name")
            if self._names is None:
                from ..symbols.nearest import KernelNames

                self._names = KernelNames(self._file, self._memory, self.base)
            return self._names.at(address)
        if self.pointer_size == 4 and address >> 31:
            address |= 0xFFFFFFFF00000000  # as the engine has the kernel's addresses there
        name = str(self._pykd.findSymbol(address))
        # pykd writes distances in bare hexadecimal.
        name = re.sub(r"(?<=\w)([+-])([0-9a-f]+)$", r"\g<1>0x\2", name)
        return name if "!" in name else NO_VALUE

    # -- the session ----------------------------------------------------------------------------

    def current_process(self) -> int:
        """The debugger's implicit process, what ``.process`` shows (asking it by that command
        would empty the engine's cache)."""
        try:
            return int(self._pykd.getImplicitProcess()) & self._mask
        except self._pykd.DbgException as error:
            raise TargetError(f"no current process: {first_line(error)}") from None

    def bug_check(self) -> Maybe[BugCheck]:
        """See `Target.bug_check`; as the debugger has it, else by the symbol."""
        found = asked_bug_check(self.evaluate)
        return super().bug_check() if found is None else found

    def registers(self) -> Dict[str, int]:
        """See `Target.registers`: those that the debugger shows now."""
        return asked_registers(self.evaluate, self.architecture)

    def running(self) -> List[Running]:
        """See `Target.running`."""
        return running(self, offsets_of(self), _PROCESSORS)

    def likely_process(self) -> Optional[int]:
        """On a live target, the process of the implicit thread.

        The engine finds the implicit process by this very field, and then reads a part of the
        ``_EPROCESS``: who has read all of that before saves its round trip.
        """
        if self._on_dump:
            return None
        try:
            thread = int(self._pykd.getImplicitThread()) & self._mask
            field = self.struct("_ETHREAD").offset("Tcb.ApcState.Process")
            found = self.read_pointer(thread + field)
        except (self._pykd.DbgException, PykdHandleError):
            return None
        return found if self.is_kernel_address(found) else None

    def look_for_symbols(self) -> Report:
        """See `Target.look_for_symbols`."""
        from .symbols import look_for_symbols

        return look_for_symbols(self, self._pykd, self.base, self.build, self._given)

    def progress(self, text: str) -> None:
        """See `Target.progress`."""
        self._duties.progress(text)

    def alarm(self, tell: Callable[[str], None], aside: Callable[[str], None]) -> None:
        """See `Target.alarm`."""
        self._duties.alarm(tell, aside)

    def close(self) -> None:
        """Let go of the engine, and of the user's attention."""
        self._duties.close()
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        for file in (self._file, self._loaded):
            if file is not None:
                file.close()

    def evaluate(self, expression: str) -> Optional[int]:
        """The value of a MASM expression (``@$proc``, ``poi(...)``), None where it has none."""
        # Behind a complete expression the engine ignores everything ("14 13" would be 14), but not
        # in parentheses.
        if not balanced(expression):
            return None
        try:
            value = int(self._pykd.expr(f"({expression})"))
        except self._pykd.DbgException:
            return None
        # On a 32-bit target addresses come with their sign extended to 64 bits.
        return value & self._mask
