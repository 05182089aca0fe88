"""What the user asked for: ``[Handle [Flags [Process [TypeName]]]]``, as the debugger reads it.

The meaning of every parameter and flag is that of Microsoft's documentation of ``!handle``.
"""

from __future__ import annotations

from ...hints import Optional, Sequence, Union
from ...values import MINUS_1, NamedTuple, as_typed, split_kernel_handle
from ..words import (
    Evaluator,
    parse_flags,
    parse_handle,
    parse_process,
    refuse_pseudo_handle,
)

__all__ = (
    "BASIC",
    "CURRENT_PROCESS",
    "EVERY_PROCESS",
    "FREE",
    "HELP",
    "ID",
    "KERNEL_TABLE",
    "OBJECT",
    "Request",
    "parse_request",
)

HELP = """\
Shows handles of a Windows kernel, as WinDbg's !handle does. In user mode (a
minidump made with .dump /mh, or a user-mode session) the arguments are
[Handle [Flags [TypeName]]]; see below.

Handle    the handle; 0, -1 or nothing: all handles
Flags     a sum of (default 3)
            1   basic information
            2   the object behind the handle
            4   free entries as well
            10  the kernel handle table instead of the process's
            20  Handle is a thread or process id
Process   a process id, the address of an _EPROCESS or the name of an image; 0:
          all processes; -1 or nothing: the current process
TypeName  only handles to objects of this type (case matters), such as File,
          Key, Event, Section, Process, Thread, Token, ALPC Port

Numbers are hexadecimal; 0n is decimal, 0t octal, 0y binary.
"""

BASIC = 0x1
OBJECT = 0x2
FREE = 0x4
KERNEL_TABLE = 0x10
ID = 0x20
_DEFAULT_FLAGS = BASIC | OBJECT

EVERY_PROCESS = 0
CURRENT_PROCESS = -1


class Request(NamedTuple):
    """One request.

    ``handle`` is None for all handles, else an index into the table (for a kernel handle its
    value without the kernel bits, and ``kernel_handle`` set). ``process`` is EVERY_PROCESS,
    CURRENT_PROCESS, a process id or the address of an ``_EPROCESS``, as it was typed, or the name
    of an image. ``type_name`` is empty for all types. ``everything`` asks for all that is known of
    the objects, which are shown then whatever the flags say.
    """

    handle: Optional[int] = None
    flags: int = _DEFAULT_FLAGS
    process: Union[int, str] = CURRENT_PROCESS
    type_name: str = ""
    kernel_handle: bool = False
    everything: bool = False

    @property
    def typed(self) -> int:
        """The one handle that is asked for, as a user types it."""
        assert self.handle is not None
        return as_typed(self.handle, self.kernel_handle)

    @property
    def wants_objects(self) -> bool:
        """Whether the objects behind the handles are to be shown."""
        return bool(self.flags & OBJECT)

    @property
    def wants_free(self) -> bool:
        """Whether free entries are to be listed."""
        return bool(self.flags & FREE)

    @property
    def wants_ids(self) -> bool:
        """Whether the handle is a thread or process id."""
        return bool(self.flags & ID)

    @property
    def asks_whose_id(self) -> bool:
        """Whether one id is asked for: then its owner's name belongs to the answer."""
        return self.wants_ids and self.handle is not None

    @property
    def describes(self) -> bool:
        """Whether names and details of objects belong to the answer."""
        return self.wants_objects or self.asks_whose_id

    @property
    def needs_types(self) -> bool:
        """Whether the type of each object must be known."""
        return self.describes or bool(self.type_name)

    @property
    def wants_kernel_table(self) -> bool:
        """Whether the kernel handle table is meant: by the flag, or by a kernel handle."""
        return not self.wants_ids and (bool(self.flags & KERNEL_TABLE) or self.kernel_handle)

    @property
    def names_process(self) -> bool:
        """Whether one process is named, by id, address or image."""
        return self.process not in (EVERY_PROCESS, CURRENT_PROCESS)

    @property
    def wants_every_process(self) -> bool:
        """Whether the tables of all processes are meant: neither of the two that are nobody's."""
        return self.process == EVERY_PROCESS and not (self.wants_ids or self.wants_kernel_table)


def parse_request(
    words: Sequence[str], evaluate: Optional[Evaluator] = None, everything: bool = False
) -> Request:
    """The request in the words ``[Handle [Flags [Process [TypeName]]]]``.

    A type's name may hold blanks (``ALPC Port``): everything behind the third word belongs to
    it. Raises `UsageError`, which names the parameter that is wrong.
    """
    handle = parse_handle(words[0], evaluate) if words else None
    flags = parse_flags(words[1], evaluate) if len(words) > 1 else _DEFAULT_FLAGS
    process: Union[int, str] = CURRENT_PROCESS
    if len(words) > 2:
        process = parse_process(words[2], evaluate)
        if process in MINUS_1:
            process = CURRENT_PROCESS
    kernel_handle = False
    if handle is not None and not flags & ID:
        refuse_pseudo_handle(handle, words[0])
        handle, kernel_handle = split_kernel_handle(handle)
    if everything:
        flags |= OBJECT
    return Request(handle, flags, process, " ".join(words[3:]), kernel_handle, everything)
