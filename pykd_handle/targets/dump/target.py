"""A kernel dump as a target."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from ...layout import Isf, Struct
from ...layout.shipped import candidates
from ...values import MissingSymbol, PykdHandleError, Reason, Sentence, Unavailable
from ..memory import Memory
from ..processors import Offsets, Running, current_process, offsets_of, running
from ..recoverable import RecoverableTarget
from ..span import Gap, Piece, Span
from ..symbols.report import Looked, Report, report
from ..symbols.search import load_symbols
from ..symbols.verify import KernelFacts, Known, Symbols
from ..symbols.wish import Wish
from .debug_record import read_image_key, read_pdb_identity
from .figures import Figures
from .file import DumpFile
from .modules import base_from_modules

__all__ = ("DumpTarget",)

_NOTHING_GIVEN = Wish()
_NO_ADDRESS = Unavailable(Reason.NOT_A_CANONICAL_ADDRESS)
_USER_ADDRESS = Unavailable(Reason.USER_ADDRESS)


class DumpTarget(RecoverableTarget):
    """A crash dump file; made by `pykd_handle.targets.dump.open_dump`.

    ``memory`` reads virtual addresses, ``figures`` is what is known of the kernel. Raises
    `SymbolsError` where no symbols fit the kernel in the dump, with what is wanted.
    """

    def __init__(
        self,
        file: DumpFile,
        figures: Figures,
        memory: Memory,
        wish: Wish = _NOTHING_GIVEN,
        without_symbols: bool = False,
    ) -> None:
        super().__init__()
        self.name = str(file.path)
        self._wish = wish
        self.figures = figures
        self.pointer_size = figures.pointer_size
        self.architecture = figures.architecture
        self.build = figures.build
        self.five_levels = figures.five_levels
        self.debugger_data = figures.debugger_data
        self._file = file
        self._memory = memory
        self._top = 1 << 8 * self.pointer_size
        self._remarks: List[Sentence] = list(figures.remarks)
        self.facts = _facts(self, figures)
        self._symbols: Symbols
        if without_symbols:
            self.take_layout(Isf({"base_types": {}, "user_types": {}}))
        else:
            self._symbols = load_symbols(wish, file.path.parent, self.facts, file.progress)
        self.base = self._symbols.base
        self._known: Dict[str, int] = {known.symbol: known.address for known in self.facts.known}

    # -- memory ---------------------------------------------------------------------------------

    def fetch(self, address: int, size: int) -> Span:
        """One read, answered from the dump as far as it goes."""
        if size <= 0:
            return Span(address, 0, (Piece(address, b""),))
        if self._in_kernel(address, size):
            return self._memory.fetch(address, size)
        return self._fetch_split(address, size)

    @property
    def _half(self) -> int:
        """The size of either half of the address space; the kernel's ends at the top."""
        if self.pointer_size == 4:
            return 1 << 31
        return 1 << 56 if self.five_levels else 1 << 47

    def _in_kernel(self, address: int, size: int) -> bool:
        return address >= self._top - self._half and address + size <= self._top

    def _fetch_split(self, address: int, size: int) -> Span:
        """A read that begins below the kernel's half or ends above it."""
        top = self._top
        highest_user = self._half
        lowest = top - highest_user
        end = address + size
        gaps: List[Gap] = []
        for start, stop, reason in (
            (-top, 0, _NO_ADDRESS),
            (0, highest_user, _USER_ADDRESS),
            (highest_user, lowest, _NO_ADDRESS),
        ):
            first, last = max(address, start), min(end, stop)
            if first < last:
                gaps.append(Gap(first, last - first, reason))
        inside = Span(address, 0, ())
        first, last = max(address, lowest), min(end, top)
        if first < last:
            inside = self._memory.fetch(first, last - first)
        gaps += inside.gaps
        if end > top:
            first = max(address, top)
            gaps.append(Gap(first, end - first, _NO_ADDRESS))
        return Span(address, size, inside.pieces, gaps)

    def invalid_mask(self) -> int:
        """``MiState.Hardware.InvalidPteMask`` (since Windows 10 1803), 0 where there is none."""
        try:
            state = self.symbol("MiState")
            offset = self.struct("_MI_SYSTEM_INFORMATION").offset("Hardware.InvalidPteMask")
            mask = self.read_number(state + offset, 8)
        except PykdHandleError:
            return 0
        # It covers bits of the frame number; anything else is not this field.
        return mask if not mask & ~0x000FFFFFFFFFF000 else 0

    # -- symbols and layouts --------------------------------------------------------------------

    def symbol(self, name: str) -> int:
        """From the symbol file, else from the header and the debugger data.

        Raises `MissingSymbol`.
        """
        try:
            return self.base + self._symbols.file.symbol(name)
        except MissingSymbol:
            if name in self._known:
                return self._known[name]
            raise

    def struct(self, name: str) -> Struct:
        """From the symbol file. Raises `MissingType`."""
        return self._symbols.file.struct(name)

    def take_layout(self, layout: Isf) -> None:
        """See `RecoverableTarget.take_layout`."""
        self.symbols_recovered = True
        self._symbols = Symbols(layout, self.facts.base or 0, ())

    def lacks_symbol(self, name: str) -> bool:
        """See `Target.lacks_symbol`; a layout that ships may say it of the kernels that have it."""
        if not self.symbols_recovered:
            return super().lacks_symbol(name)
        return name in self._symbols.file.lacks_symbols

    def add_note(self, note: Sentence) -> None:
        """Add a remark for the user to `notes`."""
        self._remarks.append(note)

    # -- the session ----------------------------------------------------------------------------

    def current_process(self) -> int:
        """The process of the thread that the crash's processor ran. Raises `TargetError`."""
        known = self.figures
        if known.crashed is not None and self.is_kernel_address(known.crashed.process):
            return known.crashed.process
        return current_process(self, self._offsets(), known.processors, known.stack_pointer)

    def running(self) -> List[Running]:
        """See `Target.running`; the one that crashed comes first where the dump names it."""
        found = [] if self.figures.crashed is None else [self.figures.crashed]
        found += running(self, self._offsets(), self.figures.processors)
        return list(dict.fromkeys(found))

    def _offsets(self) -> Offsets:
        data = self.debugger_data
        return offsets_of(
            self, data.short("OffsetPrcbCurrentThread"), data.short("OffsetKThreadApcProcess")
        )

    def notes(self) -> List[Sentence]:
        """Where the symbols come from and how they were checked; damage of the file."""
        notes = list(self._remarks)
        trouble = self.debugger_data.trouble
        if trouble is not None:
            notes.append(Sentence("the debugger data block was not used: {}", trouble))
        notes += self._symbols.notes
        return notes

    @property
    def symbol_source(self) -> str:
        """The file that the symbols come from."""
        return self._symbols.file.source

    def look_for_symbols(self) -> Report:
        """See `Target.look_for_symbols`."""
        found = report(self._wish, self._file.path.parent, self.facts, self._file.progress)
        every = candidates(self.architecture, self.build, self.five_levels)
        names = [layout.name for layout in every if layout.build == self.build]
        said = "of this build, used if the memory proves one" if names else "none of this build"
        ships = Looked("this package", ", ".join(names) or "its layouts", said=Sentence(said))
        return found._replace(looked=(*found.looked, ships))

    def symbol_damage(self) -> Sequence[Sentence]:
        """What the symbol file was found to have wrong."""
        return self._symbols.file.damage

    def close(self) -> None:
        """Close the files."""
        self._symbols.file.close()
        self._file.close()


def _facts(target: DumpTarget, figures: Figures) -> KernelFacts:
    """What the dump says about its kernel; nothing here needs symbols."""
    known = [
        Known(name, address, "header")
        for name, address in (
            ("PsLoadedModuleList", figures.module_list),
            ("PsActiveProcessHead", figures.process_head),
            ("KdDebuggerDataBlock", figures.debugger_block),
        )
        if target.is_kernel_address(address)
    ]
    known += [
        Known(name, address, "debugger data block")
        for name, address in figures.debugger_data.symbols.items()
        if target.is_kernel_address(address)
    ]
    base = figures.base
    if base is None:
        base = figures.debugger_data.base
    if base is None or not target.is_kernel_address(base):
        base = base_from_modules(target.read, figures.module_list, figures.pointer_size)
    identity = None
    no_identity = Sentence("")
    if base is None:
        no_identity = Sentence("where its image lies is not known")
    else:
        try:
            identity = read_pdb_identity(target.read, base)
        except PykdHandleError as error:
            no_identity = Sentence("its debug record at {}", error)
    return KernelFacts(
        base,
        identity,
        no_identity,
        tuple(known),
        figures.build,
        figures.pointer_size,
        "" if identity is not None else figures.kernel_image or _image_key(target, base),
    )


def _image_key(target: DumpTarget, base: Optional[int]) -> str:
    try:
        return "" if base is None else read_image_key(target.read, base)
    except PykdHandleError:
        return ""
