"""One handle as a source has it: what is known at once, and what is read when it is asked for."""

from __future__ import annotations

from functools import cached_property

from ..hints import Any, Dict, Optional, Tuple
from ..values import NO_VALUE, Maybe, NamedTuple, Sentence
from .operation import HandleOperation

__all__ = ("Basics", "Information", "LostHandle", "SourceHandle")


class Basics(NamedTuple):
    """What comes in one piece: ``attributes`` are OBJ_... bits, ``access`` is the granted mask."""

    attributes: Maybe[int] = NO_VALUE
    access: Maybe[int] = NO_VALUE
    handle_count: Maybe[int] = NO_VALUE
    pointer_count: Maybe[int] = NO_VALUE


_NO_BASICS = Basics()


class Information(NamedTuple):
    """Object-specific information.

    ``kinds`` names what was found (of `information.KINDS`), in its order; ``values`` holds it,
    a kind that could not be read as ``{kind: Unavailable}``.
    """

    kinds: Tuple[str, ...]
    values: Dict[str, Any]


class SourceHandle:
    """One handle. Its ``value``, ``type`` (NO_VALUE where the source names none) and ``basics``,
    which every source meets when it finds a handle, are known at once; everything else is read when
    it is first asked for, and once."""

    error: Optional[Sentence] = None
    """Why there is nothing to tell of it but its operations."""
    exists = True

    def __init__(
        self, value: int, type_name: Maybe[str] = NO_VALUE, basics: Basics = _NO_BASICS
    ) -> None:
        self.value = value
        self.type = type_name
        self.basics = basics

    @cached_property
    def name(self) -> Maybe[str]:
        """The name of its object; NO_VALUE where that has none."""
        return NO_VALUE

    @cached_property
    def information(self) -> Information:
        """What the source has on its object, by the object's type."""
        return Information((), {})

    @cached_property
    def operations(self) -> Tuple[HandleOperation, ...]:
        """Its recorded history, where the target kept one."""
        return ()


class LostHandle(SourceHandle):
    """A handle that can't be had, with the reason; ``exists`` tells whether there is such a one.

    Of one that is gone a history may be left.
    """

    def __init__(
        self,
        value: int,
        error: Sentence,
        operations: Tuple[HandleOperation, ...] = (),
        exists: bool = False,
    ) -> None:
        super().__init__(value)
        self.error = error
        self.exists = exists
        self.operations = operations
