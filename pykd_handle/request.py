"""What the user asked for: ``[Handle [Flags [Process [TypeName]]]]``, as the debugger reads it.

The meaning of every parameter and flag is that of Microsoft's documentation of ``!handle``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Optional, Sequence

from .values import UsageError

__all__ = (
    "BASIC",
    "CURRENT_PROCESS",
    "EVERY_PROCESS",
    "FREE",
    "ID",
    "KERNEL_TABLE",
    "OBJECT",
    "Evaluator",
    "Request",
    "as_typed",
    "is_number",
    "parse_flags",
    "parse_handle",
    "parse_number",
    "parse_request",
    "refuse_pseudo_handle",
)

BASIC = 0x1
OBJECT = 0x2
FREE = 0x4
KERNEL_TABLE = 0x10
ID = 0x20
_DEFAULT_FLAGS = BASIC | OBJECT

EVERY_PROCESS = 0
CURRENT_PROCESS = -1

_MINUS_1 = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_SIGN_EXTENDED = 0xFFFFFFFF80000000
_KERNEL_BIT = 0x80000000
# Values that the system understands without looking at a table (ntifs.h, processthreadsapi.h);
# -1, NtCurrentProcess, is not among them: to !handle it means every handle.
_PSEUDO_HANDLES = {
    2: "NtCurrentThread (-2): it stands for the thread that uses it",
    3: "NtCurrentSession (-3): it stands for the session of the process that uses it",
    4: "NtCurrentProcessToken (-4): it stands for the token of the process that uses it",
    5: "NtCurrentThreadToken (-5): it stands for the token that the thread impersonates with",
    6: "NtCurrentThreadEffectiveToken (-6): it stands for the token that the thread acts with",
}
_BASES = {"0x": 16, "0n": 10, "0t": 8, "0y": 2}
_DIGITS = {16: "0-9a-f", 10: "0-9", 8: "0-7", 2: "01"}

Evaluator = Callable[[str], Optional[int]]


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


def as_typed(handle: int, kernel_handle: bool) -> int:
    """The value of a handle as a user types it: a kernel handle has its bit."""
    return handle | _KERNEL_BIT if kernel_handle else handle


def parse_number(text: str, what: str, evaluate: Optional[Evaluator] = None) -> int:
    """A number as the debugger's MASM evaluator reads it, 0 to 2^64 - 1: -1 is 2^64 - 1.

    Hexadecimal unless it begins with ``0n`` (decimal), ``0t`` (octal) or ``0y`` (binary);
    ``0x``, a closing ``h`` and the separator ````` are allowed. What is no number goes to
    ``evaluate``, where there is one. ``what`` names the parameter. Raises `UsageError`.
    """
    word = text.strip().lower()
    negative = word.startswith("-")
    digits = word[1:] if negative else word
    base = _BASES.get(digits[:2], 16)
    if digits[:2] in _BASES:
        digits = digits[2:]
    elif digits.endswith("h"):
        digits = digits[:-1]
    digits = digits.replace("`", "")
    if re.fullmatch(f"[{_DIGITS[base]}]+", digits):
        # `int` refuses thousands of decimal digits; 65 bits are too many in any base.
        significant = digits.lstrip("0")[:65]
        value = int(significant or "0", base)
        if negative:
            value = -value
        if -(1 << 63) <= value < 1 << 64:
            return value & 0xFFFFFFFFFFFFFFFF
        raise UsageError(f"{what} {_quoted(text)} does not fit into 64 bits")
    if evaluate is not None:
        found = evaluate(text)
        if found is not None:
            return found & 0xFFFFFFFFFFFFFFFF
    raise UsageError(
        f"{what} {_quoted(text)} is no number: hexadecimal, or decimal with 0n, octal 0t, binary 0y"
    )


def is_number(text: str) -> bool:
    """Whether this is a number as it stands, without a debugger to ask."""
    try:
        parse_number(text, "")
    except UsageError:
        return False
    return True


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 70 else f"{text[:67]}...")


def parse_handle(text: str, evaluate: Optional[Evaluator] = None) -> Optional[int]:
    """The parameter Handle: None for every handle, which 0 and -1 (of 32 or 64 bits) mean.

    Raises `UsageError` for what is no number.
    """
    value = parse_number(text, "Handle", evaluate)
    return None if value == 0 or value in _MINUS_1 else value


def refuse_pseudo_handle(handle: Optional[int], text: str) -> None:
    """Raise `UsageError` for a value (typed as ``text``) that the system keeps in no table."""
    if handle is None:
        return
    for number, meaning in _PSEUDO_HANDLES.items():
        if handle in (minus_1 + 1 - number for minus_1 in _MINUS_1):
            raise UsageError(
                f"Handle {_quoted(text)} is the pseudo handle {meaning}, and is in no handle table"
            )


def parse_flags(text: str, evaluate: Optional[Evaluator] = None) -> int:
    """The parameter Flags, a ULONG; -1 is all of its bits. Raises `UsageError`."""
    flags = parse_number(text, "Flags", evaluate)
    if flags >= _SIGN_EXTENDED:
        flags &= 0xFFFFFFFF
    if flags > 0xFFFFFFFF:
        raise UsageError(f"Flags {_quoted(text)} does not fit into 32 bits")
    return flags


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
        if process in _MINUS_1:
            process = CURRENT_PROCESS
    kernel_handle = False
    if handle is not None and not flags & ID:
        refuse_pseudo_handle(handle, words[0])
        if handle >= _SIGN_EXTENDED or handle >> 31 == 1:
            # A kernel handle: the sign bit of 32 bits, extended or not; the rest is the index.
            kernel_handle = True
            handle &= _KERNEL_BIT - 1
    return Request(handle, flags, process, " ".join(words[3:]), kernel_handle)
