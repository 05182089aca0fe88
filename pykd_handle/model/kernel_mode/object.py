"""An object of the kernel: header, type, name, details."""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Optional
from ...kernel import KernelObject
from ...objects import Description, Listed
from ...objects.client import owner_of
from ...objects.trust import Trust
from ...values import NO_VALUE, Absent, Details, Hex, Maybe, Unavailable, in_hex, maybe
from ..nouns import Object

if TYPE_CHECKING:
    from .kernel import KernelMode
    from .process import KernelModeProcess

__all__ = ("KernelModeObject", "LostObject")


class KernelModeObject(Object):
    """The object whose header was read; its description is made when it is asked for, once."""

    __slots__ = ("_description", "_item", "_kernel")

    def __init__(self, kernel: KernelMode, item: KernelObject) -> None:
        self._kernel = kernel
        self._item = item
        self._description: Optional[Description] = None

    @property
    def description(self) -> Description:
        """Its names and details, each of which says why it is absent."""
        if self._description is None:
            self._description = self._kernel.describe(self._item)
        return self._description

    def listed(self, everything: bool) -> Listed:
        """Its `Listed`, with ``everything`` that is known of it."""
        header, kind, _ = self._item
        if header.handle_count == 1 and not everything:
            found = self._kernel.describe_once(self._item)
        else:
            found = self._kernel.describe(self._item, everything)
        return kind.name, in_hex(kind.address), header.handle_count, header.pointer_count, found

    @property
    def type(self) -> Maybe[str]:
        """The name of its type, by its header, or by what the object itself proves."""
        return self._item.type.name

    @property
    def type_address(self) -> Maybe[int]:
        """The address of its ``_OBJECT_TYPE``."""
        return in_hex(self._item.type.address)

    @property
    def name(self) -> Maybe[str]:
        """Its full name, as its type keeps it."""
        return self.description.name

    @property
    def details(self) -> Details:
        """What else is worth showing in a list of handles."""
        return self.description.details

    @property
    def full_description(self) -> Description:
        """Its names, and everything that is known of it."""
        return self._kernel.describe(self._item, True)

    @property
    def all_details(self) -> Details:
        """Everything that is known of it."""
        return self.full_description.details

    def pick(self, *keys: str) -> Details:
        """The details of these keys, without reading the others."""
        return self._kernel.pick(self._item, keys)

    @property
    def handle_count(self) -> Maybe[int]:
        """``_OBJECT_HEADER.HandleCount``."""
        return self._item.header.handle_count

    @property
    def pointer_count(self) -> Maybe[int]:
        """``_OBJECT_HEADER.PointerCount``: from 8.1 on, handles that are used count as many."""
        return self._item.header.pointer_count

    @property
    def process(self) -> Maybe[KernelModeProcess]:
        """The process that it is, or that a thread belongs to; NO_VALUE for other objects."""
        return maybe(self._process)

    def _process(self) -> Maybe[KernelModeProcess]:
        kind = self._item.type_name
        if kind == "Process":
            return self._kernel.process_at(self._item.body)
        if kind == "Thread":
            return self._kernel.process_at(owner_of(self._kernel.raw, self._item.body))
        return NO_VALUE

    @property
    def trust(self) -> Maybe[Trust]:
        """What it is trusted with: a process, a thread as its process, a token."""
        if self._item.type_name == "Token":
            return maybe(lambda: self._kernel.trusts.of_token(self._item.body))
        process = self.process
        return process if isinstance(process, Absent) else process.trust

    @property
    def address(self) -> Maybe[int]:
        """The address of its body."""
        return in_hex(self._item.header.body)

    @property
    def header(self) -> Maybe[int]:
        """The address of its header."""
        return Hex(self._item.header.address)


class LostObject(Object):
    """What an entry leads to that is no address of the kernel: everything says so."""

    __slots__ = ("_body", "_header", "why")

    def __init__(self, header: int, body: Maybe[int], why: Unavailable) -> None:
        self._header = header
        self._body = body
        self.why = why

    @property
    def type(self) -> Maybe[str]:
        """Not known."""
        return self.why

    def listed(self, everything: bool) -> Listed:
        """Nothing of it is known."""
        del everything
        why = self.why
        return why, why, why, why, Description(why, why, why, NO_VALUE, Details())

    def pick(self, *keys: str) -> Details:
        """Each says so."""
        return Details(dict.fromkeys(keys, self.why))

    type_address = name = handle_count = pointer_count = type  # type: ignore[assignment]

    @property
    def address(self) -> Maybe[int]:
        """Where its body would lie."""
        return in_hex(self._body)

    @property
    def header(self) -> Maybe[int]:
        """Where its header would lie."""
        return Hex(self._header)
