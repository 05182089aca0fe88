"""The public noun that gives all others: `Kernel`, which in user mode has its one process."""

from __future__ import annotations

from datetime import datetime

from ..hints import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
)
from ..values import NO_VALUE, Maybe, NamedTuple, Sentence, TargetError, Unavailable, join
from .nouns import KernelOnly, Object
from .tables import Process, Table

if TYPE_CHECKING:
    from ..kernel.reference_trace import ReferenceTable
    from ..targets.crash import BugCheck
    from ..targets.symbols.report import Report
    from .families import Explanation

__all__ = ("Broken", "Kernel")


class Broken(NamedTuple):
    """A place where a list of the target breaks off, or names what is none: the ``line`` says it.

    ``of_processes`` tells whether it is the list of processes itself, so that some may be missing.
    """

    line: Sentence
    of_processes: bool = True


class Kernel:
    """What is looked at: a kernel, or in user mode one process. A context manager: `close` ends it.

    ``mode`` is ``"kernel"`` or ``"user"``, ``name`` names the dump or session in messages,
    ``pointer_size`` is in bytes.
    """

    mode = "kernel"
    name = ""
    pointer_size = 8
    _broken: Sequence[Sentence] = ()

    def every(self) -> Iterator[Union[Process, Broken]]:
        """Every process, and in its place what is to be said where a list of them breaks off."""
        raise NotImplementedError

    def processes(self) -> Iterator[Process]:
        """Every process that could be found; `doubts` then says what may be missing."""
        broken = self._broken = []
        for item in self.every():
            if isinstance(item, Process):
                yield item
            else:
                broken.append(item.line)

    def doubts(self) -> List[Sentence]:
        """Behind a walk through `processes`: where a list of them breaks off, and what hides from
        one of the lists."""
        return [*self._broken, *self.hiding()]

    def hiding(self) -> List[Sentence]:
        """Behind a walk through `every` process: what hides from one of the lists."""
        return []

    def process(self, which: Union[int, str]) -> Process:
        """The process of this id, at this address of its ``_EPROCESS``, or with this image name.

        Raises `PykdHandleError` where there is none, or of an image more than one.
        """
        raise NotImplementedError

    def full_address(self, number: int) -> int:
        """The address that is meant by a number: the debugger shows those of 32-bit kernels with
        32 bits more, Volatility others with 16 bits less. Raises `KernelOnly`."""
        raise KernelOnly("an address")

    def named(self, image: str) -> List[Process]:
        """Every process whose image has this name, without regard to case: the full name, else the
        14 characters that the kernel keeps at hand. Raises `TargetError` where there is none."""
        found: List[Process] = []
        short: List[Process] = []
        doubts: List[Sentence] = []
        unnamed = 0
        for item in self.every():
            if isinstance(item, Broken):
                doubts.append(item.line)
            elif not isinstance(item.image, str):
                unnamed += isinstance(item.image, Unavailable)
            elif item.image.lower() == image.lower():
                found.append(item)
            elif _is_short_for(image.lower(), item.image.lower()):
                short.append(item)
        if found or short:
            return found or short
        if unnamed:
            doubts.append(Sentence("{} processes have no name that can be read", unnamed))
        because = Sentence(" ({})", join("; ", doubts)) if doubts else ""
        raise TargetError("no process has the image {!r}{}", image, because)

    def one_named(self, image: str) -> Process:
        """The one process of this image. Raises `TargetError` where there are none or several."""
        found = self.named(image)
        if len(found) > 1:
            every = join(", ", (process.in_words() for process in found))
            raise TargetError("{} processes have the image {!r}: {}", len(found), image, every)
        return found[0]

    @property
    def current_process(self) -> Process:
        """The process that is current. Raises `PykdHandleError` where the target does not tell."""
        raise NotImplementedError

    @property
    def kernel_table(self) -> Table:
        """The kernel handle table. Raises `KernelOnly`, `PykdHandleError`."""
        raise KernelOnly("the kernel handle table")

    @property
    def cid_table(self) -> Table:
        """The table of process and thread ids. Raises `KernelOnly`, `PykdHandleError`."""
        raise KernelOnly("the table of process and thread ids")

    def bug_check(self) -> Maybe[BugCheck]:
        """The bug check that stopped it, NO_VALUE where none did."""
        return NO_VALUE

    def registers(self) -> Dict[str, int]:
        """The registers of the processor that met it, the program counter first; none where they
        are not told."""
        return {}

    def registers_at(self, context: int) -> Dict[str, int]:
        """Those in the ``CONTEXT`` at an address; none where that can't be read."""
        del context
        return {}

    def explain(self, value: int, process: Optional[Process] = None) -> Explanation:
        """What a value is, by everything that knows of it, in ``process`` or in all of them: its
        ``matches``, most certain first, and what is ``unseen``."""
        return self.question(value, process).look()

    def question(self, value: int, process: Optional[Process] = None) -> Explanation:
        """The same, before anything is looked at (`Explanation.look`)."""
        from .families import Explanation

        return Explanation(self, value, process)

    def find_object(self, which: Union[int, str]) -> Object:
        """The object at this address, of itself or of its header, or with this path from the root
        (``\\BaseNamedObjects\\Name``); symbolic links on the way are followed. Raises `KernelOnly`,
        and `PykdHandleError` where there is none."""
        raise KernelOnly("an object without a handle")

    def contents(self, directory: Object) -> Tuple[List[Tuple[str, Object]], List[Unavailable]]:
        """The objects in a directory, each with its own name; why others can't be told. Raises
        `KernelOnly`, `PykdHandleError`."""
        raise KernelOnly("the contents of a directory")

    @property
    def system(self) -> str:
        """Which Windows it is: the PDB of its kernel by name, GUID and age, as far as known."""
        return ""

    @property
    def time(self) -> Maybe[datetime]:
        """What its own clock showed when it was stopped, in UTC."""
        return NO_VALUE

    @property
    def live(self) -> bool:
        """Whether each read is a question to a machine, so that looking through all tables costs
        too much to do it unasked."""
        return False

    def code_at(self, address: int, process: Optional[Process] = None) -> Maybe[str]:
        """Whose code lies at an address, in the eyes of a process: a symbol and the distance to it,
        else a module and the distance; NO_VALUE where neither is known, as of a program's code
        without its process. Raises `KernelOnly`."""
        raise KernelOnly("the symbols of code")

    def reference_traces(self) -> Optional[ReferenceTable]:
        """The references to objects that were traced; None where none are. Raises `KernelOnly`, and
        `UnavailableError` where that can't be read."""
        raise KernelOnly("traces of references")

    def types(self) -> List[str]:
        """The names of the object types that it has, sorted, as far as they can be read."""
        raise NotImplementedError

    def types_unread(self) -> Maybe[None]:
        """Why `types` lacks some that can't be read; None where there are none."""
        return None

    def knows_all_types(self) -> bool:
        """Whether `types` has every type that there is."""
        return True

    def symbols(self) -> Report:
        """Which kernel it is, and what of its symbols is where. Raises `KernelOnly`."""
        raise KernelOnly("symbols")

    def notes(self) -> List[Sentence]:
        """What is to be known of the target beforehand: which symbols were taken, what is cut."""
        return []

    def remarks(self) -> List[Sentence]:
        """What was recovered on the way, and how."""
        return []

    def will_describe(self, everything: bool = False) -> None:
        """Say that names and details of objects will be asked for, or with ``everything`` all of
        their details, so that what they need is read along with each object."""

    def damage(self) -> List[Sentence]:
        """What of the symbols was found to be damaged so far."""
        return []

    def alarm(self, tell: Callable[[str], None], aside: Callable[[str], None]) -> None:
        """Have ``tell`` called, from another thread, when the target falls silent, or ``aside``
        where the usual output would wait for the target, too; `close` ends that."""
        del tell, aside

    def progress(self, text: str) -> None:
        """Tell the user how far a long walk is, where there is a place for it."""
        del text

    def evaluate(self, expression: str) -> Optional[int]:
        """The value of a debugger expression, or None where there is no evaluator."""
        del expression
        return None

    def close(self) -> None:
        """Let go of files and sessions."""

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Kernel {self.name!r}>"


_SHORT = 14  # characters of _EPROCESS.ImageFileName; from Vista on 15 bytes, the last one is NUL


def _is_short_for(word: str, image: str) -> bool:
    """Whether one of two names is no more than the begin of the other that the kernel keeps."""
    shorter, longer = sorted((word, image), key=len)
    return len(shorter) in (_SHORT, _SHORT + 1) and longer.startswith(shorter)
