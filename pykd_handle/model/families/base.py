"""What a family of values is: a function that says whether a value is one of its kind, and why.

To add a family: a small module in this room with a function below `family`. Nothing else has to
know of it.
"""

from __future__ import annotations

from enum import Enum

from ...hints import (
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
from ...values import NO_VALUE, Absent, Maybe, NamedTuple, PykdHandleError, Sentence
from ..nouns import Object
from ..tables import Process

if TYPE_CHECKING:
    from ..kernel import Kernel

__all__ = ("KERNEL", "USER", "Certainty", "Family", "Match", "Question", "family", "registered")

KERNEL, USER = "kernel", "user"


class Certainty(Enum):
    """How much speaks for a match, most first."""

    CERTAIN = "certain"
    """A table or list of the system says it, or two independent places agree."""
    LIKELY = "likely"
    """What lies there looks right, and nothing else speaks for it or against it."""
    POSSIBLE = "possible"
    """Nothing speaks against it."""


class Match(NamedTuple):
    """One thing that a value is: of which ``family``, and on what ``ground``.

    ``process`` is the one in which it is so, None where that makes no difference; ``object`` what
    it leads to, or ``name`` and ``address`` of what is no object.
    """

    family: str
    certainty: Certainty
    ground: Sentence
    process: Optional[Process] = None
    object: Optional[Object] = None
    name: Maybe[str] = NO_VALUE
    address: Maybe[int] = NO_VALUE


class Question:
    """A value that is asked about: as it was given, and as an ``address`` of this target.

    ``only`` is the one process that is asked of, None for all of them. `unseen` collects where a
    family could not look, and why; `remarks`, what is worth to be said of a value that it has not.
    """

    def __init__(self, kernel: Kernel, value: int, only: Optional[Process] = None) -> None:
        self.kernel: Any = kernel  # a family asks of its own mode's kernel
        self.value = value
        self.only = only
        self.address = kernel.full_address(value) if kernel.mode == KERNEL else value
        self.remarks: List[Sentence] = []
        self._unseen: Dict[Tuple[str, str], List[Sentence]] = {}
        self._processes: Optional[List[Process]] = None

    @property
    def processes(self) -> Sequence[Process]:
        """The processes that are asked of, the current one first."""
        if self._processes is None:
            self._processes = [self.only] if self.only is not None else self._every()
        return self._processes

    def meant(self) -> Sequence[Process]:
        """Those to look into, where each costs several reads: of a live machine the one that is
        named or current alone, which is told."""
        every = self.processes
        if not self.kernel.live or len(every) < 2:
            return every
        line = "of a live machine 0x{:x} is looked for in {} alone; --process names another one"
        said = Sentence(line, self.address, every[0].in_words())
        if said not in self.remarks:
            self.remarks.append(said)
        return every[:1]

    def is_asked(self, process: Process) -> bool:
        """Whether a process is the one that is meant in the first place: named, or current."""
        return process is self.processes[0]

    def _every(self) -> List[Process]:
        found: List[Process] = []
        try:
            found.append(self.kernel.current_process)
        except PykdHandleError:
            pass  # all of them are looked at
        try:
            for item in self.kernel.every():
                if not isinstance(item, Process):
                    self.remarks.append(item.line)
                elif item not in found:
                    found.append(item)
        except PykdHandleError as error:
            self.cannot("the processes", error)
        return found

    def cannot(
        self, what: str, why: Union[PykdHandleError, Absent, Sentence], who: Any = None
    ) -> None:
        """A family could not look at ``what``, of the process ``who`` where it is one's."""
        reason = why.why if isinstance(why, PykdHandleError) else why
        place = Sentence("{}", reason) if who is None else Sentence("{}: {}", who, reason)
        kind = _kind(reason)
        self._unseen.setdefault((what, kind), []).append(place)

    def unseen(self) -> List[Sentence]:
        """Where a family could not look: a line for each kind of reason."""
        return [
            Sentence("{}: not looked at ({})", what, places[0])
            if len(places) == 1
            else Sentence("{}: not looked at {} times, as ({})", what, len(places), places[0])
            for (what, _), places in self._unseen.items()
        ]


def _kind(reason: Union[Absent, Sentence]) -> str:
    """What reasons have in common that are told together: all but addresses and names."""
    if isinstance(reason, Sentence):
        return reason.template
    inner = getattr(reason, "arguments", ())
    if inner and isinstance(inner[0], Sentence):
        return _kind(inner[0])
    return str(getattr(reason, "reason", reason))


Look = Callable[[Question], Iterator[Match]]


class Family(NamedTuple):
    """A family: its ``look``, the modes that have it, and its ``place`` among equals."""

    what: str
    place: int
    modes: Tuple[str, ...]
    look: Look


_families: List[Family] = []


def family(what: str, place: int, modes: Tuple[str, ...] = (KERNEL,)) -> Callable[[Look], Look]:
    """Declare a function as a family. It yields what the question's value is by it; what it raises
    is told: ``what`` could not be looked at. Of matches that are equally certain those of a lower
    ``place`` come first."""

    def declare(look: Look) -> Look:
        _families.append(Family(what, place, modes, look))
        return look

    return declare


def registered() -> List[Family]:
    """The families of the modules imported so far, in order."""
    return sorted(_families, key=lambda each: each.place)
