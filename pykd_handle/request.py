"""What the user asked for: ``[Handle [Flags [Process [TypeName]]]]``, as the debugger reads it.

The meaning of every parameter and flag is that of Microsoft's documentation of ``!handle``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from .commands.words import (
    KERNEL_BIT,
    MINUS_1,
    SIGN_EXTENDED,
    Evaluator,
    parse_flags,
    parse_handle,
    parse_number,
    refuse_pseudo_handle,
)

__all__ = (
    "BASIC",
    "CURRENT_PROCESS",
    "EVERY_PROCESS",
    "FREE",
    "ID",
    "KERNEL_TABLE",
    "OBJECT",
    "Request",
    "parse_request",
)

BASIC = 0x1
OBJECT = 0x2
FREE = 0x4
KERNEL_TABLE = 0x10
ID = 0x20
_DEFAULT_FLAGS = BASIC | OBJECT

EVERY_PROCESS = 0
CURRENT_PROCESS = -1


@dataclass(frozen=True)
class Request:
    """One request.

    ``handle`` is None for all handles, else an index into the table (for a kernel handle its
    value without the kernel bits, and ``kernel_handle`` set). ``process`` is EVERY_PROCESS,
    CURRENT_PROCESS, a process id or the address of an ``_EPROCESS``, as it was typed.
    ``type_name`` is empty for all types.
    """

    handle: Optional[int] = None
    flags: int = _DEFAULT_FLAGS
    process: int = CURRENT_PROCESS
    type_name: str = ""
    kernel_handle: bool = False

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
    def wants_kernel_table(self) -> bool:
        """Whether the kernel handle table is meant: by the flag, or by a kernel handle."""
        return not self.wants_ids and (bool(self.flags & KERNEL_TABLE) or self.kernel_handle)

    @property
    def wants_every_process(self) -> bool:
        """Whether the tables of all processes are meant: neither of the two that are nobody's."""
        return self.process == EVERY_PROCESS and not (self.wants_ids or self.wants_kernel_table)


def parse_request(words: Sequence[str], evaluate: Optional[Evaluator] = None) -> Request:
    """The request in the words ``[Handle [Flags [Process [TypeName]]]]``.

    A type's name may hold blanks (``ALPC Port``): everything behind the third word belongs to
    it. Raises `UsageError`, which names the parameter that is wrong.
    """
    handle = parse_handle(words[0], evaluate) if words else None
    flags = parse_flags(words[1], evaluate) if len(words) > 1 else _DEFAULT_FLAGS
    process = CURRENT_PROCESS
    if len(words) > 2:
        process = parse_number(words[2], "Process", evaluate)
        if process in MINUS_1:
            process = CURRENT_PROCESS
    kernel_handle = False
    if handle is not None and not flags & ID:
        refuse_pseudo_handle(handle, words[0])
        if handle >= SIGN_EXTENDED or handle >> 31 == 1:
            # A kernel handle: the sign bit of 32 bits, extended or not; the rest is the index.
            kernel_handle = True
            handle &= KERNEL_BIT - 1
    return Request(handle, flags, process, " ".join(words[3:]), kernel_handle)
