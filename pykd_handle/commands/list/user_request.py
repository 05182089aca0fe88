"""What the user asked for in user mode: ``[Handle [Flags [TypeName]]]``.

The meaning of every parameter and flag is that of Microsoft's documentation of ``!handle`` and of
its own help text.
"""

from __future__ import annotations

from ...hints import Optional, Sequence
from ...values import NamedTuple
from ..words import Evaluator, parse_flags, parse_handle, refuse_pseudo_handle

__all__ = ("BASIC", "NAME", "SPECIFIC", "TYPE", "USER_HELP", "UserRequest", "parse_user_request")

TYPE = 0x1
BASIC = 0x2
NAME = 0x4
SPECIFIC = 0x8

USER_HELP = """\
In user mode: [Handle [Flags [TypeName]]]

Handle    the handle; 0, -1 or nothing: all handles of the process
Flags     what to show, a sum of (default 1)
            1   the type of the object
            2   attributes, granted access, handle and pointer counts
            4   the name of the object
            8   information about the object itself, by type
TypeName  only handles to objects of this type (case does not matter), such as
          Event, Section, File, Directory, Mutant, Semaphore, Key, Process,
          Thread, IoCompletion, Timer, ALPC Port; None: those of no listed type

Numbers are hexadecimal; 0n is decimal, 0t octal, 0y binary.
"""


class UserRequest(NamedTuple):
    """One request; ``handle`` is None for all handles, ``type_name`` empty for all types."""

    handle: Optional[int] = None
    flags: int = TYPE
    type_name: str = ""

    def wants(self, flag: int) -> bool:
        """Whether what a flag (TYPE, BASIC, NAME, SPECIFIC) stands for is to be shown."""
        return bool(self.flags & flag)


def parse_user_request(
    words: Sequence[str], evaluate: Optional[Evaluator] = None, everything: bool = False
) -> UserRequest:
    """The request in the words ``[Handle [Flags [TypeName]]]``.

    A type's name may hold blanks (``ALPC Port``): everything behind the second word belongs to
    it. ``everything`` is what flag 8 asks for. Raises `UsageError`, which names the parameter that
    is wrong.
    """
    handle = parse_handle(words[0], evaluate) if words else None
    if words:
        refuse_pseudo_handle(handle, words[0])
    flags = parse_flags(words[1], evaluate) if len(words) > 1 else TYPE
    if everything:
        flags |= SPECIFIC
    return UserRequest(handle, flags, " ".join(words[2:]))
