"""What the user asked for: ``[Handle [Flags [Process [TypeName]]]]``, as the debugger reads it.

The meaning of every parameter and flag is that of Microsoft's documentation of ``!handle``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Optional, Sequence

from .errors import UsageError

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
    "parse_number",
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

_ALL_ONES = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_KERNEL_HANDLE = 0xFFFFFFFF80000000
_BASES = {"0x": 16, "0n": 10, "0t": 8, "0y": 2}
_DIGITS = {16: "0-9a-f", 10: "0-9", 8: "0-7", 2: "01"}

Evaluator = Callable[[str], Optional[int]]


@dataclass(frozen=True)
class Request:
    """One request.

    ``handle`` is None for all handles, else an index into the table (for a kernel handle its
    value without the kernel bits, and ``kernel_handle`` set). ``process`` is EVERY_PROCESS,
    CURRENT_PROCESS, a process id or the address of an ``_EPROCESS``. ``type_name`` is empty for
    all types.
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


def parse_number(text: str, what: str, evaluate: Optional[Evaluator] = None) -> int:
    """A number as the debugger's MASM evaluator reads it, 0 to 2^64 - 1, or -1.

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
            return -1 if value in (-1, *_ALL_ONES) else value & 0xFFFFFFFFFFFFFFFF
        raise UsageError(f"{what} {_quoted(text)} does not fit into 64 bits")
    if evaluate is not None:
        found = evaluate(text)
        if found is not None:
            return -1 if found in (-1, *_ALL_ONES) else found & 0xFFFFFFFFFFFFFFFF
    raise UsageError(
        f"{what} {_quoted(text)} is no number: hexadecimal, or decimal with 0n, octal 0t, binary 0y"
    )


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 70 else f"{text[:67]}...")


def parse_request(words: Sequence[str], evaluate: Optional[Evaluator] = None) -> Request:
    """The request in the words ``[Handle [Flags [Process [TypeName]]]]``.

    A type's name may hold blanks (``ALPC Port``): everything behind the third word belongs to
    it. Raises `UsageError`, which names the parameter that is wrong.
    """
    handle: Optional[int] = None
    flags = _DEFAULT_FLAGS
    process = CURRENT_PROCESS
    kernel_handle = False
    if words:
        value = parse_number(words[0], "Handle", evaluate)
        # 0, -1 and nothing at all mean every handle.
        handle = None if value in (0, -1) else value
        if handle is not None and (handle >= _KERNEL_HANDLE or handle >> 31 == 1):
            # A kernel handle: the sign bit of 32 bits, extended or not; the rest is the index.
            kernel_handle = True
            handle &= 0x7FFFFFFF
    if len(words) > 1:
        flags = parse_number(words[1], "Flags", evaluate)
        if not 0 <= flags <= 0xFFFFFFFF:
            raise UsageError(f"Flags {words[1]!r} does not fit into 32 bits")
    if len(words) > 2:
        process = parse_number(words[2], "Process", evaluate)
    type_name = " ".join(words[3:])
    return Request(handle, flags, process, type_name, kernel_handle and not flags & ID)
