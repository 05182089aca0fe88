"""What a `Table` gives: `Handle`, `Hole` and the `Object` that a handle leads to.

One set for kernel and user mode alike; the two modes fill them in beside this module. All are lazy:
a value is read when it is asked for, the objects of a whole table page together, and once. A value
that can't be told is an absent one (`pykd_handle.values`), which says why; an error is raised where
there is nothing at all to give. What only a kernel has raises `KernelOnly` in user mode.
"""

from __future__ import annotations

from ..hints import TYPE_CHECKING, Optional, Tuple
from ..values import NO_VALUE, Details, Maybe, PykdHandleError, Sentence

if TYPE_CHECKING:
    from .tables import Process

__all__ = ("Handle", "Hole", "KernelOnly", "NoSuchHandle", "Object", "shown")


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
        return f"<Object {shown(self.type)} {shown(self.name)}>"

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
        what = "free" if self.free else f"{shown(self.type)} {shown(self.name)}"
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


def shown(text: Maybe[str]) -> str:
    """A name in quotes, with what the target may have put into it escaped; or why there is none."""
    return repr(text) if isinstance(text, str) else str(text)
