"""The public nouns that have handles: `Table`, and `Process`, which is one, too.

As of those in `nouns`, a value is read when it is asked for, and what only a kernel has raises
`KernelOnly` in user mode.
"""

from __future__ import annotations

from datetime import datetime

from ..hints import (
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
    Maybe,
    Sentence,
    TargetError,
    applied,
    attempt,
)
from .nouns import Handle, KernelOnly, Object, shown

if TYPE_CHECKING:
    from ..kernel.handle_trace import HandleTraces
    from ..targets.memory import Memory
    from .user_space import ProcessRegion, UserSpace

__all__ = ("Answers", "Numbers", "Process", "Table", "ask_each")


T = TypeVar("T")
Numbers = Tuple[List[int], List[Optional[int]], List[Any]]
Answers = Tuple[List[T], Callable[[int], Handle], Callable[[], Numbers]]

_DOWN = "\\"
_PART = 512  # as many as the largest page of a kernel's table has


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
        return f"<Process {pid} {shown(self.image)}>"

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
    def session(self) -> Maybe[int]:
        """The id of its session; NO_VALUE for one of none, and in user mode."""
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
