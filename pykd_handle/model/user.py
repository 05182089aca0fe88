"""The nouns in user mode: one process, whose handles come from a minidump or from the engine.

What a handle has is read when it is asked for, one handle at a time: what a walk yields is asked
before it goes on, or a live process may have closed it.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property, partial
from itertools import islice

from ..hints import TYPE_CHECKING, Iterator, List, Optional, Tuple, Union
from ..kernel.access_rights import access_names
from ..kernel.handle_entry import describe_attributes
from ..kernel.protections import page_protection
from ..usermode import HandleOperation, SourceHandle, UserSource
from ..usermode.region import UserRegion
from ..values import NO_VALUE, Details, Hex, Maybe, Sentence, TargetError, applied, in_hex
from .kernel import Kernel
from .nouns import Handle, NoSuchHandle, Object
from .tables import Process
from .user_space import ProcessRegion, UserSpace

if TYPE_CHECKING:
    from ..targets.memory import Memory

__all__ = ("UserHandle", "UserKernel", "UserObject", "UserProcess")

_HANDLES_IN_A_PART = 256
_KINDS = {0x20000: "private", 0x40000: "mapped", 0x1000000: "image"}  # MEM_... of winnt.h


def _region(found: UserRegion) -> ProcessRegion:
    return ProcessRegion(
        Hex(found.start),
        Hex(found.start + found.size),
        _KINDS.get(found.kind, f"0x{found.kind:x}"),
        page_protection(found.protection) if found.committed else "reserved",
        NO_VALUE,
        NO_VALUE,
        NO_VALUE,
    )


class UserObject(Object):
    """What a user-mode handle leads to."""

    __slots__ = ("_source",)

    def __init__(self, source: SourceHandle) -> None:
        self._source = source

    @property
    def type(self) -> Maybe[str]:
        """The name of its type; NO_VALUE where the source names none."""
        return self._source.type

    @property
    def name(self) -> Maybe[str]:
        """Its full name; of a live file it is never asked for, since that may not return."""
        return self._source.name

    @property
    def details(self) -> Details:
        """Its object-specific information, by key."""
        return Details(self._source.information.values)

    @property
    def kinds(self) -> Tuple[str, ...]:
        """The kinds of object-specific information that were found, in their order."""
        return self._source.information.kinds

    @property
    def handle_count(self) -> Maybe[int]:
        """How many handles lead to it."""
        return self._source.basics.handle_count

    @property
    def pointer_count(self) -> Maybe[int]:
        """How many references hold it, as stored."""
        return self._source.basics.pointer_count


class UserHandle(Handle):
    """A handle of a process in user mode."""

    __slots__ = ("_process", "_source")

    def __init__(self, process: UserProcess, source: SourceHandle) -> None:
        self._process = process
        self._source = source

    @property
    def value(self) -> int:
        """The handle's value."""
        return Hex(self._source.value)

    @property
    def process(self) -> UserProcess:
        """The one process."""
        return self._process

    @property
    def error(self) -> Optional[Sentence]:
        """Why there is nothing to tell of it but its operations, None as a rule."""
        return self._source.error

    @property
    def access(self) -> Maybe[int]:
        """The granted access mask."""
        return in_hex(self._source.basics.access)

    @property
    def rights(self) -> Maybe[Tuple[str, ...]]:
        """The granted access in words; bits without a name are one hexadecimal number."""
        names = partial(access_names, self._source.type or "")
        return applied(names, self._source.basics.access)

    @property
    def attributes(self) -> Maybe[Tuple[str, ...]]:
        """``protect``, ``inherit``, ``audit``; other bits are one hexadecimal number."""
        return applied(describe_attributes, self._source.basics.attributes)

    @property
    def attribute_bits(self) -> Maybe[int]:
        """The attributes as a sum of OBJ_... bits (``ntdef.h``)."""
        return in_hex(self._source.basics.attributes)

    @property
    def type(self) -> Maybe[str]:
        """The name of its object's type."""
        return self._source.type

    @property
    def object(self) -> UserObject:
        """What it leads to."""
        return UserObject(self._source)

    @property
    def operations(self) -> Tuple[HandleOperation, ...]:
        """Its recorded history, where the target kept one (``AVRF_HANDLE_OPERATION``).

        In a walk over handles that stand more than once in a dump, the first one asked has it.
        """
        return self._source.operations


class UserProcess(Process):
    """The process; ``live`` tells whether it runs or is in a dump."""

    def __init__(self, source: UserSource) -> None:
        self._source = source
        self.live = source.live

    @property
    def pid(self) -> Maybe[int]:
        """The process id."""
        return self._source.pid

    @property
    def image(self) -> Maybe[str]:
        """The name of its image."""
        return self._source.image

    @property
    def created(self) -> Maybe[datetime]:
        """When it was created, as a minidump says."""
        return self._source.created

    @property
    def handle_count(self) -> Maybe[int]:
        """How many handles the dump announces, or the engine counts."""
        return self._source.handle_count

    @property
    def memory(self) -> Memory:
        """Its memory, as far as it is there."""
        return self._source.memory

    @cached_property
    def user_space(self) -> UserSpace:
        """Its modules and heaps, and where it has GDI handles."""
        source = self._source
        pebs = [(source.peb, source.pointer_size)]
        # A 32-bit process does not tell which kernel it runs on.
        kernels = (8,) if source.pointer_size == 8 else (8, 4)
        return UserSpace(lambda: source.memory, pebs, kernels, source.modules)

    def regions(self) -> Iterator[Union[ProcessRegion, Sentence]]:
        """The regions that the dump lists. Raises `TargetError` for a session."""
        for found in self._source.regions():
            yield found if isinstance(found, Sentence) else _region(found)

    def region_at(self, address: int) -> Optional[ProcessRegion]:
        """The region in which an address lies. Raises as `regions` does, and `TargetError` where it
        lies in none that the list has, and the list is not whole."""
        wrong: Optional[Sentence] = None
        for found in self._source.regions():
            if isinstance(found, Sentence):
                wrong = found
            elif found.start <= address < found.start + found.size:
                return _region(found)
        if wrong is not None:
            raise TargetError("{}", wrong)
        return None

    def handles(self, free: bool = False) -> Iterator[UserHandle]:
        """All handles in the order of the dump, or of their values. There are no free ones."""
        del free
        return (UserHandle(self, source) for source in self._source.handles())

    def pages(self, free: bool = False) -> Iterator[List[Handle]]:
        """The same, some at a time."""
        handles = self.handles(free)
        while True:
            part: List[Handle] = list(islice(handles, _HANDLES_IN_A_PART))
            if not part:
                return
            yield part

    def handle(self, value: int) -> UserHandle:
        """The handle of this value; its lowest two bits do not count.

        Its ``error`` is set where it exists and can't be looked into. Raises `NoSuchHandle`.
        """
        source = self._source.one(value)
        if not source.exists:
            raise NoSuchHandle("no handle 0x{:x}: {}", value, source.error)
        return UserHandle(self, source)

    def look_up(self, value: int) -> UserHandle:
        """As `handle`; one that is not there comes with an ``error``, and what operations on it
        were recorded."""
        return UserHandle(self, self._source.one(value))

    def remarks(self) -> List[Sentence]:
        """What was found missing or wrong on the way."""
        return self._source.remarks()


class UserKernel(Kernel):
    """A minidump or a user-mode session; it takes over the source and closes it."""

    mode = "user"

    def __init__(self, source: UserSource) -> None:
        self._source = source
        self._process = UserProcess(source)
        self.name = source.name
        self.pointer_size = source.pointer_size

    def every(self) -> Iterator[Process]:
        """Its one process."""
        yield self._process

    def process(self, which: Union[int, str]) -> Process:
        """The process, if this is its id or the name of its image. Raises `TargetError`."""
        if isinstance(which, str):
            return self.one_named(which)
        if self._process.pid != which:
            raise TargetError(f"no process has the id 0x{which:x}: {self._process.in_words()}")
        return self._process

    @property
    def time(self) -> Maybe[datetime]:
        """When it was dumped."""
        return self._source.time

    @property
    def current_process(self) -> UserProcess:
        """Its one process."""
        return self._process

    def thread_ids(self) -> List[int]:
        """The ids of its threads. Raises `PykdHandleError` where they are not known."""
        return self._source.thread_ids()

    def types(self) -> List[str]:
        """The names of the types of its handles, sorted."""
        found = {source.type for source in self._source.handles()}
        return sorted(name for name in found if isinstance(name, str))

    def knows_all_types(self) -> bool:
        """No: only those that it has handles of."""
        return False

    def notes(self) -> List[Sentence]:
        """What is to be known of the source beforehand."""
        return self._source.notes()

    def evaluate(self, expression: str) -> Optional[int]:
        """The value of a debugger expression, or None where there is no debugger."""
        return self._source.evaluate(expression)

    def close(self) -> None:
        """Close the file or release the engine."""
        self._source.close()
