"""The contract of a target: where bytes, symbols and layouts come from.

Everything above this package sees a debugging session or a dump file as one `Target` and cannot
tell which it is.
"""

from __future__ import annotations

from abc import abstractmethod

from ..hints import (
    TYPE_CHECKING,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Optional,
    Sequence,
    Tuple,
)
from ..layout import PdbIdentity, Struct
from ..values import (
    NO_VALUE,
    Maybe,
    MissingSymbol,
    MissingType,
    NamedTuple,
    Sentence,
    TargetError,
    attempt,
)
from .crash import BugCheck
from .memory import Memory
from .span import Span

if TYPE_CHECKING:
    from .symbols.report import Report

__all__ = ("LoadedModule", "Running", "Target")

_ALWAYS = "ObpKernelHandleTable"
# The kernel's half of 64-bit addresses, by four levels of page tables and by five.
_LOWEST, _LOWEST_OF_FIVE = 0xFFFF800000000000, 0xFF00000000000000


class Running(NamedTuple):
    """What a processor runs: the addresses of the ``_ETHREAD`` and of its ``_EPROCESS``."""

    thread: int
    process: int


class LoadedModule(NamedTuple):
    """A module of the kernel: its ``base``, the address behind its ``end``, its file's name."""

    base: int
    end: int
    name: str


class Target(Memory):
    """A stopped Windows kernel.

    ``name`` names it for messages, ``pointer_size`` is in bytes. Addresses are virtual addresses
    of the kernel, unsigned, zero-extended on a 32-bit target.
    """

    name: str = "target"
    pointer_size: int = 8

    # -- memory ---------------------------------------------------------------------------------

    # Subclasses write `fetch`; callers use what follows.

    def read_partial(self, address: int, size: int) -> Span:
        """What is there of ``size`` bytes at ``address``."""
        return self.fetch(address, size)

    def read_many(self, ranges: Iterable[Tuple[int, int]]) -> List[Span]:
        """Several reads at once, each (address, size), answered in the same order.

        The caller says all that it will need; the target decides how to get it (whole pages of a
        dump file, small ranges over a slow link).
        """
        return self.fetch_many(list(ranges))

    def read_pointer(self, address: int) -> int:
        """The pointer at ``address``. Raises `MemoryUnavailable`."""
        return self.read_number(address, self.pointer_size)

    @abstractmethod
    def address_space(self, root: int) -> Memory:
        """All that a process sees whose page tables are at the physical address ``root``, as its
        ``DirectoryTableBase`` has it: its user pages, its session's, and the kernel's.

        What is read is as it was when this was asked for.
        """

    # -- symbols and layouts --------------------------------------------------------------------

    def identity(self) -> Optional[PdbIdentity]:
        """The PDB of this kernel, by its debug record; None where that can't be read."""
        return None

    @abstractmethod
    def symbol(self, name: str) -> int:
        """The address of a symbol of the kernel, without ``nt!``. Raises `MissingSymbol`."""

    @abstractmethod
    def struct(self, name: str) -> Struct:
        """The layout of a structure of the kernel. Raises `MissingType`."""

    def find_symbol(self, name: str) -> Optional[int]:
        """The address of a symbol, or None where the symbols do not hold it."""
        return attempt(self.symbol, name, default=None, error=MissingSymbol)

    def read_pointer_of(self, name: str) -> int:
        """The pointer that a global of the kernel holds. Raises `MissingSymbol`, and
        `MemoryUnavailable`."""
        return self.read_pointer(self.symbol(name))

    def find_struct(self, name: str) -> Optional[Struct]:
        """The layout of a structure, or None where the symbols do not hold it."""
        return attempt(self.struct, name, default=None, error=MissingType)

    def find_offset(self, struct: str, *fields: str) -> Optional[int]:
        """The offset in bytes of the first of these fields that the layout of a structure has, or
        None where the symbols hold none."""
        # The structure may lack, or that of one in it.
        return attempt(self._first_offset, struct, *fields, default=None, error=MissingType)

    def _first_offset(self, struct: str, *fields: str) -> Optional[int]:
        layout = self.struct(struct)
        found = layout.first(*fields)
        return None if found is None else layout.offset(found)

    def lacks_symbol(self, name: str) -> bool:
        """Whether this kernel has no such symbol for certain.

        Symbols that are not the kernel's own, or hold types alone, say nothing of what they do not
        hold; complete ones have ``ObpKernelHandleTable``, from XP to 11.
        """
        return self.find_symbol(name) is None and self.find_symbol(_ALWAYS) is not None

    def name_at(self, address: int) -> Maybe[str]:
        """The symbol at an address, or the next one below it (``nt!KeBugCheckEx+0x12``); NO_VALUE
        where the symbols are not of what lies there. Raises `PykdHandleError` where there are
        none."""
        del address
        return NO_VALUE

    # -- the session ----------------------------------------------------------------------------

    @abstractmethod
    def current_process(self) -> int:
        """The address of the current process's ``_EPROCESS``.

        Raises `PykdHandleError` where the target does not tell.
        """

    def bug_check(self) -> Maybe[BugCheck]:
        """The bug check that stopped it, by ``KiBugCheckData``; NO_VALUE where it did not stop by
        one. Raises `UnavailableError`."""
        size = self.pointer_size
        data = self.read(self.symbol("KiBugCheckData"), 5 * size)
        code, *parameters = (
            int.from_bytes(data[at : at + size], "little") for at in range(0, 5 * size, size)
        )
        return BugCheck(code & 0xFFFFFFFF, tuple(parameters)) if code else NO_VALUE

    def registers(self) -> Dict[str, int]:
        """The registers of the processor that met it, by their names, the program counter first;
        none where the target does not tell."""
        return {}

    def running(self) -> List[Running]:
        """What the processors run, as far as the target tells: the threads and their processes."""
        return []

    def likely_process(self) -> Optional[int]:
        """What `current_process` most likely answers, where to ask that costs more than a read of
        the ``_EPROCESS`` ahead of it would; else None."""
        return None

    def evaluate(self, expression: str) -> Optional[int]:
        """The value of a debugger expression, or None where the target has no evaluator."""
        del expression
        return None

    def is_kernel_address(self, address: int) -> bool:
        """Whether this can be the address of something in the kernel's half."""
        if self.pointer_size == 4:
            return 1 << 31 <= address < 1 << 32
        return (_LOWEST_OF_FIVE if self.five_levels else _LOWEST) <= address < 1 << 64

    @property
    def user_end(self) -> int:
        """The address behind the half that is each process's own. (32-bit systems can give
        processes three quarters: addresses there may be either's.)"""
        if self.pointer_size == 4:
            return 3 << 30
        return 1 << (56 if self.five_levels else 47)

    def sign_extended(self, address: int) -> int:
        """The address that is meant by a number of all digits, or of those that differ.

        The debugger shows 32-bit addresses sign-extended, Volatility leaves out the upper bits of
        64-bit ones, which all are as the highest one that counts (bit 47, or 56).
        """
        if self.pointer_size == 4:
            return address & 0xFFFFFFFF if address >> 32 == 0xFFFFFFFF else address
        top = 56 if self.five_levels else 47
        return address | 0xFFFFFFFFFFFFFFFF >> top << top if address >> top == 1 else address

    def notes(self) -> List[Sentence]:
        """Remarks for the user, one line each: which symbols were taken, what is cut short."""
        return []

    architecture: str = ""
    """``x86``, ``x64`` or ``arm64``, "" where it is not known."""

    five_levels: bool = False
    """Whether virtual addresses have 57 bits (``CR4.LA57``)."""

    listed_modules: Sequence[LoadedModule] = ()
    """The kernel's modules where the target itself lists them: a triage dump does, and has little
    of ``PsLoadedModuleList``."""

    symbols_recovered: bool = False
    """Whether the symbols are not the kernel's own: a symbol that is missing may exist."""

    unproved: FrozenSet[str] = frozenset()
    """Fields that state hangs on (`pykd_handle.kernel.state_checks.STATE`) of whose places in a
    layout that is not the kernel's own nothing in its memory spoke."""

    round_trips: bool = False
    """Whether each read is a question to a machine that runs (over a cable, it may be): what is
    nice to know is not worth many of them."""

    rows_at_once: int = 1 << 16
    """How many rows to read the objects of together: few where reading takes long, so that rows
    show early, and those before an end by force are not lost."""

    def symbol_damage(self) -> Sequence[Sentence]:
        """What of the symbols was found to be damaged so far, one line each."""
        return ()

    def look_for_symbols(self) -> Report:
        """Which kernel this is, and what of its symbols is where. Raises `TargetError`."""
        raise TargetError("where the symbols of this target come from is not known")

    def progress(self, text: str) -> None:
        """Tell the user how far a long walk is, where there is a place for it."""
        del text

    def alarm(self, tell: Callable[[str], None], aside: Callable[[str], None]) -> None:
        """Have ``tell`` called, from another thread, when the target falls silent, or ``aside``
        where the usual output would wait for the target, too; `close` ends that."""
        del tell, aside

    def close(self) -> None:
        """Let go of files and sessions."""
        return
