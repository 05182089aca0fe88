"""A kernel dump as a target."""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple
from ...layout import Isf, PdbIdentity, Struct
from ...values import (
    Maybe,
    MissingSymbol,
    NoSymbols,
    Reason,
    Sentence,
    Unavailable,
    attempt,
    maybe,
)
from ..address_space import AddressSpace, Spaces
from ..crash import BugCheck, parse_context
from ..memory import Memory
from ..processors import Offsets, Running, current_process, offsets_of, running
from ..recoverable import RecoverableTarget
from ..span import Span
from ..symbols.nearest import KernelNames
from ..symbols.search import load_symbols
from ..symbols.verify import KernelFacts, Known, Symbols
from ..symbols.wish import Wish
from .debug_record import read_image_key, read_pdb_identity
from .figures import Figures
from .file import DumpFile
from .modules import base_from_modules

if TYPE_CHECKING:
    from ..symbols.report import Report

__all__ = ("DumpTarget",)

_NOTHING_GIVEN = Wish()
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
        self.listed_modules = figures.modules
        self._file = file
        self._memory = memory
        self._kernel = AddressSpace(memory, self.pointer_size, self.five_levels, _USER_ADDRESS)
        self._spaces = Spaces(self._space)
        self._names: Optional[KernelNames] = None
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
        return self._kernel.fetch(address, size)

    def read(self, address: int, size: int) -> bytes:
        """See `Memory.read`."""
        return self._kernel.read(address, size)

    def page(self, number: int) -> Optional[bytes]:
        """See `Memory.page`."""
        return self._kernel.page(number)

    def fetch_many(self, ranges: Sequence[Tuple[int, int]]) -> List[Span]:
        """See `Memory.fetch_many`."""
        return self._kernel.fetch_many(ranges)

    def address_space(self, root: int) -> Memory:
        """See `Target.address_space`."""
        return self._spaces.of(root)

    def _space(self, root: int) -> Memory:
        return AddressSpace(self._memory.of_root(root), self.pointer_size, self.five_levels)

    # -- symbols and layouts --------------------------------------------------------------------

    def symbol(self, name: str) -> int:
        """From the symbol file, else from the header and the debugger data.

        Raises `MissingSymbol`.
        """
        file = self._symbols.file
        if name in self._known:
            offset = attempt(file.symbol, name, default=None, error=MissingSymbol)
            return self._known[name] if offset is None else self.base + offset
        return self.base + file.symbol(name)

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

    def identity(self) -> Optional[PdbIdentity]:
        """See `Target.identity`."""
        return self.facts.identity

    @property
    def cut_short(self) -> Optional[Sentence]:
        """A line that the file ends too early; None where it does not."""
        for remark in self._remarks:
            for part in remark.parts:
                if getattr(part, "reason", part) is Reason.THE_DUMP_FILE_IS_CUT_SHORT:
                    return remark
        return None

    def add_note(self, note: Sentence) -> None:
        """Add a remark for the user to `notes`."""
        self._remarks.append(note)

    def name_at(self, address: int) -> Maybe[str]:
        """See `Target.name_at`: of the kernel's image, by the symbol file."""
        if self.symbols_recovered:
            raise NoSymbols("without symbols of nt no address in it has a name")
        if self._names is None:
            self._names = KernelNames(self._symbols.file, self._kernel, self.base)
        return self._names.at(address)

    # -- the session ----------------------------------------------------------------------------

    def current_process(self) -> int:
        """The process of the thread that the crash's processor ran. Raises `TargetError`."""
        known = self.figures
        if known.crashed is not None and self.is_kernel_address(known.crashed.process):
            return known.crashed.process
        return current_process(
            self,
            self._offsets(),
            known.processors,
            known.stack_pointer,
            known.processor_blocks,
        )

    def running(self) -> List[Running]:
        """See `Target.running`; the one that crashed comes first where the dump names it."""
        found = [] if self.figures.crashed is None else [self.figures.crashed]
        known = self.figures
        found += running(self, self._offsets(), known.processors, known.processor_blocks)
        return list(dict.fromkeys(found))

    def bug_check(self) -> Maybe[BugCheck]:
        """See `Target.bug_check`; as the header has it."""
        found = self.figures.bug_check
        return super().bug_check() if found is None else found

    def registers(self) -> Dict[str, int]:
        """See `Target.registers`: those of the header's context record."""
        return parse_context(self.figures.context, self.architecture)

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
        from ...layout.shipped import candidates
        from ..symbols.report import Looked, report

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
    identity: Optional[Maybe[PdbIdentity]] = None
    no_identity, image = Sentence("where its image lies is not known"), figures.kernel_image
    if base is not None:
        identity = maybe(read_pdb_identity, target.read, base)
        no_identity = Sentence("its debug record at {}", identity)
        if not identity:
            image = image or attempt(read_image_key, target.read, base, default="")
    return KernelFacts(
        base,
        identity or None,
        Sentence("") if identity else no_identity,
        tuple(known),
        figures.build,
        figures.pointer_size,
        "" if identity else image,
    )
