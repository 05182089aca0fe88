"""The handles of many processes, a page at a time, for commands that look through all of them.

What `list` shows in its place (a process that hides, a table that can't be read) comes as a note
here, with the process that it is about.
"""

from __future__ import annotations

from argparse import Namespace

from ..hints import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    FrozenSet,
    Generic,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)
from ..rows import Note
from ..values import MINUS_1, PykdHandleError, Sentence, Unavailable, UsageError
from .many import many
from .registry import Argument, Run
from .words import Evaluator, parse_list, parse_which

if TYPE_CHECKING:
    from ..model import Broken, Handle, Kernel, Numbers, Process
    from .access import Access

__all__ = (
    "ACCESS",
    "DETAILS",
    "FILTERS",
    "PROCESS",
    "TYPE",
    "Filters",
    "Page",
    "Walk",
    "named_processes",
    "prepare",
)

PROCESS = Argument(
    "--process",
    metavar="PROCESS",
    help="only this process: an id, the address of an _EPROCESS, or the name of an image "
    "(default: all)",
)
DETAILS = Argument(
    "--details", action="store_true", help="everything that is known of each handle and its object"
)
TYPE = Argument(
    "--type",
    metavar="TYPE[,TYPE]",
    help="only handles to objects of these types; case does not matter",
)
ACCESS = Argument(
    "--access",
    metavar="RIGHT[,RIGHT]",
    help="only handles with one of these rights, as in VM_WRITE, or with all bits of a hexadecimal "
    "mask",
)
FILTERS = (TYPE, PROCESS, ACCESS)
"""What of the handles is looked at; a command that has them prepares them with `prepare`."""

T = TypeVar("T")

_MOST_KNOWN = 1 << 16  # masks of which it is kept whether they have one of the rights


class Page(Generic[T]):
    """Some handles of a process: what was said of each, a way to them by their places, and the
    numbers of all of them."""

    __slots__ = ("answers", "handle", "numbers", "process")

    def __init__(
        self,
        process: Process,
        answers: List[T],
        handle: Callable[[int], Handle],
        numbers: Callable[[], Numbers],
    ) -> None:
        self.process = process
        self.answers = answers
        self.handle = handle
        self.numbers = numbers


def prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    """The options with the words of `FILTERS` parsed: a process as a number or a name, None for all
    of them, a list of types, and an `Access`. Raises `UsageError`."""
    del mode
    options.process = parse_which(options.process, evaluate)
    if options.type is not None:
        options.type = parse_list(options.type)
        if not options.type:
            raise UsageError("--type is empty: name one or more types, as in --type File,Key")
    if getattr(options, "access", None) is not None:
        from .access import Access

        options.access = Access(options.access)
    return options


def named_processes(kernel: Kernel, which: Union[int, str]) -> List[Process]:
    """The processes that a word names; several may have one image. Raises `PykdHandleError` where
    there is none."""
    if which in MINUS_1:
        return [kernel.current_process]
    return kernel.named(which) if isinstance(which, str) else [kernel.process(which)]


class Walk:
    """One walk through the handles of the processes that ``which`` names (None: of all).

    ``processes`` counts those whose handles were seen; ``lost`` tells whether some could not be.
    """

    def __init__(self, kernel: Kernel, which: Union[int, str, None], run: Run) -> None:
        self._kernel = kernel
        self._which = which
        self._run = run
        self._several = 0
        self.processes = 0
        self.lost = False

    def every(self) -> Iterator[Union[Process, Broken]]:
        """The processes. Raises `PykdHandleError` where the one that is named is not found."""
        which = self._which
        if which is None:
            yield from self._kernel.every()
        else:
            found = named_processes(self._kernel, which)
            self._several = len(found) if len(found) > 1 else 0
            yield from found

    def answers(
        self, ask: Callable[[Handle], T], meet: Optional[Callable[[Process], None]] = None
    ) -> Iterator[Union[Note, Page[T]]]:
        """What ``ask`` says of the object behind each handle, a `Page` at a time, and notes;
        ``meet`` is called with each process before that."""
        kept: Dict[int, T] = {}
        from ..model import Process

        for item in self.every():
            if not isinstance(item, Process):
                self._run.failed = self._run.failed or item.of_processes
                self.lost = True
                yield Note(item.line)
                continue
            if meet is not None:
                meet(item)
            who = item.in_words()
            yield from map(Note, item.notes())
            try:
                for answers, handle, numbers in item.answers(ask, kept):
                    if answers:
                        self._run.place = Sentence("at handle 0x{:x} of {}", int(handle(0)), who)
                        self._kernel.progress(str(self._run.place))
                        yield Page(item, answers, handle, numbers)
            except PykdHandleError as error:
                self._run.failed = self.lost = True
                yield Note(Sentence("the handles of {} can't be read: {}", who, error))
                continue
            self.processes += 1
            self.lost = self.lost or item.has_holes
            for line in item.remarks():
                yield Note(Sentence("{}: {}", who, line))
        if self._which is None:
            yield from map(Note, self._kernel.hiding())
        if self._several:
            yield Note(Sentence("{} processes have the image {}", self._several, self._which))

    def end(self) -> Iterator[Note]:
        """What is to be said in the end: what was recovered, and how."""
        for remark in self._kernel.remarks():
            yield Note(remark, warning=False)


class Filters:
    """The types that ``--type`` names, as the target spells them, and the rights of ``--access``.

    ``notes`` say which type is meant by a name. ``unknown_types`` counts the handles that may be of
    one of the types, ``unknown_access`` those that may have one of the rights; who asks `accept` or
    `has_access` for many counts them there.
    """

    def __init__(
        self, kernel: Kernel, types: Optional[Sequence[str]], access: Optional[Access]
    ) -> None:
        self.notes: List[Note] = []
        self.unknown_types = 0
        self.unknown_access = 0
        self._known: Dict[Tuple[Any, Optional[int]], Optional[bool]] = {}
        self._access = access
        self._names: Optional[FrozenSet[str]] = None  # in small letters
        if types is not None:
            self._names = frozenset(name.lower() for name in self._spelled(kernel, types))

    def _spelled(self, kernel: Kernel, words: Sequence[str]) -> Iterator[str]:
        """Raises `PykdHandleError` for a type that the target does not have."""
        by_case = {name.lower(): name for name in kernel.types()}
        for word in words:
            name = by_case.get(word.lower())
            if name is None and kernel.knows_all_types():
                raise PykdHandleError(
                    f"there is no object type {word!r} here; --types lists those that there are"
                )
            if name is not None and name != word:
                self.notes.append(Note(Sentence("type {}: {} is meant", word, name), False))
            yield name or word

    @property
    def choose(self) -> bool:
        """Whether there is any."""
        return self._names is not None or self._access is not None

    def accept(self, handle: Handle) -> Optional[bool]:
        """Whether the object behind a handle is of one of the types; None where its type can't be
        read, so that it may be."""
        if self._names is None:
            return True
        kind = handle.type
        if isinstance(kind, str):
            return kind.lower() in self._names
        # In user mode a handle may have no type.
        return None if isinstance(kind, Unavailable) else False

    def granted(self, page: Page[Any], places: List[int], typed: bool = False) -> List[int]:
        """Those of these places in a page whose handles have one of the rights. Where what was said
        of an object is ``typed``, so that it is the same for those of one type alone, handles with
        the same mask need one look."""
        if self._access is None:
            return places
        if not typed:
            return [at for at in places if self._counted(self.has_access(page.handle(at)))]
        masks = page.numbers()[1]
        found = []
        for at in places:
            key = page.answers[at], masks[at]
            if key not in self._known:
                if len(self._known) == _MOST_KNOWN:
                    self._known.clear()
                self._known[key] = self.has_access(page.handle(at))
            if self._counted(self._known[key]):
                found.append(at)
        return found

    def accept_handle(self, handle: Handle) -> bool:
        """Whether both filters take a handle; it is counted where that can't be told."""
        accepted = self.accept(handle)
        if accepted is None:
            self.unknown_types += 1
        return bool(accepted) and self._counted(self.has_access(handle))

    def has_access(self, handle: Handle) -> Optional[bool]:
        """Whether a handle has one of the rights; None where that can't be told."""
        return True if self._access is None else self._access.accept(handle)

    def _counted(self, accepted: Optional[bool]) -> bool:
        if accepted is None:
            self.unknown_access += 1
        return bool(accepted)

    @property
    def left_out(self) -> int:
        """How many handles were left out that may be meant."""
        return self.unknown_types + self.unknown_access

    def end(self) -> Iterator[Note]:
        """What is to be said of those."""
        if self.unknown_types:
            line = "{} left out, since the type can't be read"
            yield Note(Sentence(line, many(self.unknown_types, "handle")))
        if self.unknown_access:
            line = "{} left out, since whether it has one of the rights can't be told"
            yield Note(Sentence(line, many(self.unknown_access, "handle")))
