"""The public nouns: `Kernel`, `Process`, `Table`, `Handle`, `Hole`, `Object`.

One set for kernel and user mode alike; the two modes fill them in beside this module. All are lazy:
a value is read when it is asked for, the objects of a whole table page together, and once. A value
that can't be told is an absent one (`pykd_handle.values`), which says why; an error is raised where
there is nothing at all to give. What only a kernel has raises `KernelOnly` in user mode.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from ..values import (
    NO_VALUE,
    Absent,
    Details,
    Maybe,
    PykdHandleError,
    Sentence,
    TargetError,
    Unavailable,
    join,
)

if TYPE_CHECKING:
    from ..targets.symbols.report import Report

__all__ = (
    "Broken",
    "Handle",
    "Hole",
    "Kernel",
    "KernelOnly",
    "NoSuchHandle",
    "Object",
    "Process",
    "Table",
    "ask_each",
)


T = TypeVar("T")

_PART = 512  # as many as the largest page of a kernel's table has


class KernelOnly(PykdHandleError):
    """Only a kernel has what was asked for, and the target is one process in user mode."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: only a kernel has it, and this is user mode")


class NoSuchHandle(PykdHandleError):
    """A table has no handle of the value asked for; the line says where the table ends."""


class Object:
    """What a handle leads to. Absent values say why they are absent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<Object {_shown(self.type)} {_shown(self.name)}>"

    @property
    def type(self) -> Maybe[str]:
        """The name of its type (``Event``)."""
        return NO_VALUE

    @property
    def name(self) -> Maybe[str]:
        """Its full name; NO_VALUE where it has none."""
        return NO_VALUE

    @property
    def details(self) -> Details:
        """What else is worth showing in a list of handles, by key."""
        return Details()

    @property
    def all_details(self) -> Details:
        """Everything that is known of it, by key; takes more reads, of other structures too."""
        return self.details

    @property
    def handle_count(self) -> Maybe[int]:
        """How many handles lead to it."""
        return NO_VALUE

    @property
    def pointer_count(self) -> Maybe[int]:
        """How many references hold it, as stored: handles may count as several."""
        return NO_VALUE

    @property
    def address(self) -> Maybe[int]:
        """The address of the object, behind its header. Raises `KernelOnly`."""
        raise KernelOnly("the address of an object")

    @property
    def header(self) -> Maybe[int]:
        """The address of its ``_OBJECT_HEADER``. Raises `KernelOnly`."""
        raise KernelOnly("the header of an object")

    @property
    def type_address(self) -> Maybe[int]:
        """The address of its ``_OBJECT_TYPE``. Raises `KernelOnly`."""
        raise KernelOnly("the address of a type")


class Handle:
    """One handle: a value in the table of a process, with rights, to an object.

    ``f"{handle:x}"`` formats its value; `int` gives it.
    """

    __slots__ = ()

    @property
    def value(self) -> int:
        """The handle's value in its table."""
        raise NotImplementedError

    @property
    def process(self) -> Process:
        """The process whose table it stands in."""
        raise NotImplementedError

    @property
    def error(self) -> Optional[Sentence]:
        """Why there is nothing to tell of it, None as a rule."""
        return None

    @property
    def free(self) -> bool:
        """Whether its entry holds no object."""
        return False

    @property
    def access(self) -> Maybe[int]:
        """The granted access mask."""
        return NO_VALUE

    @property
    def rights(self) -> Maybe[Tuple[str, ...]]:
        """The granted access in words; bits without a name are one hexadecimal number."""
        return NO_VALUE

    @property
    def attributes(self) -> Maybe[Tuple[str, ...]]:
        """``protect``, ``inherit``, ``audit``; other bits are one hexadecimal number."""
        return NO_VALUE

    @property
    def details(self) -> Details:
        """What is known of the handle by itself: its rights, what is stored of it."""
        return Details()

    @property
    def object(self) -> Object:
        """What it leads to."""
        return Object()

    @property
    def address(self) -> Maybe[int]:
        """The address of the object that it leads to, without a look at it. Raises `KernelOnly`."""
        raise KernelOnly("the address of an object")

    @property
    def type(self) -> Maybe[str]:
        """The name of its object's type."""
        return self.object.type

    @property
    def name(self) -> Maybe[str]:
        """The full name of its object; NO_VALUE where that has none."""
        return self.object.name

    @property
    def entry(self) -> Maybe[int]:
        """The address of its entry in the table. Raises `KernelOnly`."""
        raise KernelOnly("the entry of a handle")

    def __int__(self) -> int:
        return int(self.value)

    __index__ = __int__

    def __format__(self, form: str) -> str:
        return format(int(self.value), form)

    def __repr__(self) -> str:
        what = "free" if self.free else f"{_shown(self.type)} {_shown(self.name)}"
        return f"<Handle 0x{self:x} {what}>"


class Hole(Handle):
    """A stretch of handles that can't be read, in their place: ``error`` says why and how many.

    All its values are absent, with that reason; ``value`` is the first one's, ``hidden`` how many
    handle values may be in use there.
    """

    __slots__ = ()

    @property
    def hidden(self) -> int:
        """How many handle values are hidden."""
        return 0

    def __repr__(self) -> str:
        return f"<Hole 0x{self:x} {self.hidden} hidden>"


class Table:
    """Handles by value: a process's, the kernel's, or that of process and thread ids."""

    def pages(self, free: bool = False) -> Iterator[List[Handle]]:
        """All handles in the order of the table, one part of it at a time; holes in their place,
        ``free`` entries where they are asked for."""
        raise NotImplementedError

    def handles(self, free: bool = False) -> Iterator[Handle]:
        """All handles in the order of the table, one by one."""
        for page in self.pages(free):
            yield from page

    def answers(
        self, ask: Callable[[Handle], T], kept: Dict[int, T]
    ) -> Iterator[Tuple[List[T], Callable[[int], Handle]]]:
        """What ``ask`` says of the object behind each handle, a part of the table at a time, with a
        way to the handles by their places in it.

        What it says must hang on the object alone (and be the same for each `Hole`): of a kernel's
        table it is asked once for each object, and ``kept`` is what it said, for the next table.
        """
        del kept
        return ask_each(self.handles(), ask)

    def handle(self, value: int) -> Handle:
        """The handle of this value; its lowest two bits do not count.

        Raises `NoSuchHandle`, and `PykdHandleError` where its entry can't be read.
        """
        raise NotImplementedError

    def __getitem__(self, value: int) -> Handle:
        return self.handle(value)

    def __iter__(self) -> Iterator[Handle]:
        return self.handles()

    @property
    def has_holes(self) -> bool:
        """Behind a walk: whether a part of it could not be read."""
        return False

    def notes(self) -> List[Sentence]:
        """What is to be said of it beforehand: where a process was found, if not in its list."""
        return []

    def remarks(self) -> List[Sentence]:
        """What is to be said of the table behind a walk: what was hidden, a count that differs."""
        return []


def ask_each(
    handles: Iterable[Handle], ask: Callable[[Handle], T]
) -> Iterator[Tuple[List[T], Callable[[int], Handle]]]:
    """What ``ask`` says of each of these, a part at a time, as `Table.answers` gives it.

    Where it is stopped (Ctrl+Break comes as one of these two exceptions) or fails, what it said
    comes first: nothing found is lost.
    """
    said: List[T] = []
    asked: List[Handle] = []
    try:
        for handle in handles:
            said.append(ask(handle))
            asked.append(handle)
            if len(said) == _PART:
                yield said, asked.__getitem__
                said, asked = [], []
    except (KeyboardInterrupt, SystemExit, Exception):
        if asked:
            yield said, asked.__getitem__
        raise
    if asked:
        yield said, asked.__getitem__


class Process(Table):
    """One process, and its handle table.

    The handles of one that has exited are none; ``pages`` raises `PykdHandleError` where the table
    can't be read.
    """

    def __repr__(self) -> str:
        pid = hex(self.pid) if isinstance(self.pid, int) else self.pid
        return f"<Process {pid} {_shown(self.image)}>"

    @property
    def pid(self) -> Maybe[int]:
        """The process id."""
        return NO_VALUE

    @property
    def image(self) -> Maybe[str]:
        """The name of its image (``notepad.exe``), as whole as it can be told."""
        return NO_VALUE

    @property
    def handle_count(self) -> Maybe[int]:
        """How many handles it has, as the target counts them."""
        return NO_VALUE

    @property
    def address(self) -> int:
        """The address of its ``_EPROCESS``. Raises `KernelOnly`."""
        raise KernelOnly("the address of a process")

    def in_words(self) -> Sentence:
        """How it is named in a line: ``notepad.exe (pid 0x1514)``."""
        image = self.image if isinstance(self.image, str) else "a process"
        if isinstance(self.pid, Absent):
            return Sentence("{}", image)
        return Sentence("{} (pid 0x{:x})", image, self.pid)


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

    def find_object(self, which: Union[int, str]) -> Object:
        """The object at this address, of itself or of its header, or with this path from the root
        (``\\BaseNamedObjects\\Name``). Raises `KernelOnly`, and `PykdHandleError` where there is
        none."""
        raise KernelOnly("an object without a handle")

    def contents(self, directory: Object) -> Tuple[List[Tuple[str, Object]], List[Unavailable]]:
        """The objects in a directory, each with its own name; why others can't be told. Raises
        `KernelOnly`, `PykdHandleError`."""
        raise KernelOnly("the contents of a directory")

    @property
    def live(self) -> bool:
        """Whether each read is a question to a machine, so that looking through all tables costs
        too much to do it unasked."""
        return False

    def types(self) -> List[str]:
        """The names of the object types that it has, sorted, as far as they can be read."""
        raise NotImplementedError

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


def _shown(text: Maybe[str]) -> str:
    """A name in quotes, with what the target may have put into it escaped; or why there is none."""
    return repr(text) if isinstance(text, str) else str(text)


_SHORT = 14  # characters of _EPROCESS.ImageFileName; from Vista on 15 bytes, the last one is NUL


def _is_short_for(word: str, image: str) -> bool:
    """Whether one of two names is no more than the begin of the other that the kernel keeps."""
    shorter, longer = sorted((word, image), key=len)
    return len(shorter) in (_SHORT, _SHORT + 1) and longer.startswith(shorter)
