"""The public nouns below a `Kernel`: `Process`, `Table`, `Handle`, `Hole`, `Object`.

One set for kernel and user mode alike; the two modes fill them in beside this module. All are lazy:
a value is read when it is asked for, the objects of a whole table page together, and once. A value
that can't be told is an absent one (`pykd_handle.values`), which says why; an error is raised where
there is nothing at all to give. What only a kernel has raises `KernelOnly` in user mode.
"""

from __future__ import annotations

from datetime import datetime
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
    TypeVar,
    Union,
)

from ..values import (
    NO_VALUE,
    STOPPED,
    Absent,
    Details,
    Maybe,
    PykdHandleError,
    Sentence,
    TargetError,
    applied,
    attempt,
)

if TYPE_CHECKING:
    from ..kernel.handle_trace import HandleTraces
    from ..targets.memory import Memory
    from .user_space import ProcessRegion, UserSpace

__all__ = (
    "Handle",
    "Hole",
    "KernelOnly",
    "NoSuchHandle",
    "Object",
    "Process",
    "Table",
    "ask_each",
)


T = TypeVar("T")
Numbers = Tuple[List[int], List[Optional[int]], List[Any]]
Answers = Tuple[List[T], Callable[[int], "Handle"], Callable[[], Numbers]]

_DOWN = "\\"
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

    def pick(self, *keys: str) -> Details:
        """Of `all_details` those of these keys, without reading the others."""
        every = self.all_details
        return Details({key: every[key] for key in keys if key in every}, every.labels)

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
    def rights_together(self) -> Maybe[Tuple[str, ...]]:
        """What the granted access is in the words of its type: all, or some, of full control, what
        that type takes reading for, writing, executing. NO_VALUE where only a kernel knows it."""
        return NO_VALUE

    @property
    def attributes(self) -> Maybe[Tuple[str, ...]]:
        """``protect``, ``inherit``, ``audit``; other bits are one hexadecimal number."""
        return NO_VALUE

    @property
    def references_kept(self) -> Maybe[int]:
        """How many references to its object it keeps beside the one that any handle is: they stand
        in the object's count. 0 where handles keep none."""
        return 0

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

    def answers(self, ask: Callable[[Handle], T], kept: Dict[int, T]) -> Iterator[Answers[T]]:
        """What ``ask`` says of the object behind each handle, a part of the table at a time, with a
        way to the handles by their places in it, and to the values and access masks of all of them
        (None for one that is not known).

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


def ask_each(handles: Iterable[Handle], ask: Callable[[Handle], T]) -> Iterator[Answers[T]]:
    """What ``ask`` says of each of these, a part at a time, as `Table.answers` gives it.

    Where it is stopped or fails, what it said comes first: nothing found is lost.
    """
    said: List[T] = []
    asked: List[Handle] = []

    def part() -> Answers[T]:
        handles = asked
        return said, handles.__getitem__, lambda: _numbers(handles)

    try:
        for handle in handles:
            said.append(ask(handle))
            asked.append(handle)
            if len(said) == _PART:
                yield part()
                said, asked = [], []
    except STOPPED:
        if asked:
            yield part()
        raise
    if asked:
        yield part()


def _numbers(handles: List[Handle]) -> Numbers:
    masks = (handle.access for handle in handles)
    granted = [mask if isinstance(mask, int) else None for mask in masks]
    return list(map(int, handles)), granted, [handle.attributes for handle in handles]


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
    def created(self) -> Maybe[datetime]:
        """When it was created, in UTC: with its id this tells it from every other process."""
        return NO_VALUE

    @property
    def most_handles(self) -> Maybe[int]:
        """How many handles it had at most; NO_VALUE where nobody counts that."""
        return NO_VALUE

    @property
    def address(self) -> int:
        """The address of its ``_EPROCESS``. Raises `KernelOnly`."""
        raise KernelOnly("the address of a process")

    @property
    def memory(self) -> Memory:
        """Its memory, as it sees it: ``process.memory.read(address, size)``, which raises
        `MemoryUnavailable` for what is not there. Of a live machine: as long as that stands.

        Raises `PykdHandleError` where nothing of it can be read.
        """
        raise TargetError("the memory of a process can't be read here")

    @property
    def object(self) -> Object:
        """The object that it is. Raises `KernelOnly`."""
        raise KernelOnly("the object of a process")

    def traces(self) -> Optional[HandleTraces]:
        """The traces of its handles; None where these are not traced. Raises `KernelOnly`, and
        `PykdHandleError` where that can't be read."""
        raise KernelOnly("traces of handles")

    @property
    def exited(self) -> Maybe[bool]:
        """Whether it has begun to exit."""
        return NO_VALUE

    @property
    def user_space(self) -> UserSpace:
        """Its modules and heaps."""
        raise NotImplementedError

    def regions(self) -> Iterator[Union[ProcessRegion, Sentence]]:
        """The regions of its address space, by address; a line where a part of them can't be
        read. Raises `KernelOnly`, `PykdHandleError`."""
        raise KernelOnly("the regions of a process")

    def region_at(self, address: int) -> Optional[ProcessRegion]:
        """The region in which an address lies. Raises `KernelOnly`, `PykdHandleError`."""
        raise KernelOnly("the regions of a process")

    def image_at(self, address: int) -> Maybe[str]:
        """The module in which an address lies, by the loader's list, or the file that is mapped
        there, with the distance to where that begins; NO_VALUE for neither."""
        for module in self.user_space.modules():
            if not isinstance(module, Sentence) and 0 <= address - module.base < module.size:
                name, begin = module.name, module.base
                break
        else:
            region = attempt(self.region_at, address, default=None)
            if region is None:
                return NO_VALUE
            name, begin = region.file, region.start
        return applied(lambda path: f"{path[path.rfind(_DOWN) + 1 :]}+0x{address - begin:x}", name)

    def in_words(self) -> Sentence:
        """How it is named in a line: ``notepad.exe (pid 0x1514)``."""
        image = self.image if isinstance(self.image, str) else "a process"
        if isinstance(self.pid, Absent):
            return Sentence("{}", image)
        return Sentence("{} (pid 0x{:x})", image, self.pid)


def _shown(text: Maybe[str]) -> str:
    """A name in quotes, with what the target may have put into it escaped; or why there is none."""
    return repr(text) if isinstance(text, str) else str(text)
