"""The words of a command line as the debugger's MASM evaluator reads them: numbers, handles, flags.

Each is parsed here and once, whatever command it belongs to.
"""

from __future__ import annotations

import re

from ..hints import Callable, List, Optional, Union
from ..values import MINUS_1, UsageError, attempt, pseudo_handle

__all__ = (
    "Evaluator",
    "NotANumber",
    "is_number",
    "parse_count",
    "parse_flags",
    "parse_handle",
    "parse_list",
    "parse_number",
    "parse_process",
    "parse_which",
    "quoted",
    "refuse_pseudo_handle",
)

_SIGN_EXTENDED = 0xFFFFFFFF80000000
_BASES = {"0x": 16, "0n": 10, "0t": 8, "0y": 2}
# Not in the name of a file, or the marks of a symbol, a register and a call.
_NO_IMAGE = re.compile(r'[\\/:*?"<>|!@()]')
_DIGITS = {16: "0-9a-f", 10: "0-9", 8: "0-7", 2: "01"}

Evaluator = Callable[[str], Optional[int]]


class NotANumber(UsageError):
    """A word that is no number."""


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
        raise UsageError(f"{what} {quoted(text)} does not fit into 64 bits")
    if evaluate is not None:
        found = evaluate(text)
        if found is not None:
            return found & 0xFFFFFFFFFFFFFFFF
    raise NotANumber(
        f"{what} {quoted(text)} is no number: hexadecimal, or decimal with 0n, octal 0t, binary 0y"
    )


def parse_process(text: str, evaluate: Optional[Evaluator] = None) -> Union[int, str]:
    """A process: a number or an expression (an id, the address of an ``_EPROCESS``), else the name
    of an image. Raises `UsageError` for a number that is too large, for no word at all, and for one
    that can't be the name of a file."""
    if not text.strip():
        raise UsageError("Process is empty: give an id, an address, or the name of an image")
    try:
        return parse_number(text, "Process", evaluate)
    except NotANumber:
        if _NO_IMAGE.search(text) or text.strip().lower() in _BASES:
            raise
        return text.strip()


def parse_which(text: Optional[str], evaluate: Optional[Evaluator] = None) -> Union[int, str, None]:
    """The process whose handles are looked through; None for all of them, which no word and 0 mean.
    Raises `UsageError`."""
    return None if text is None else parse_process(text, evaluate) or None


def parse_count(text: str, what: str) -> int:
    """A number of things, in decimal. Raises `UsageError`."""
    if not re.fullmatch("[0-9]{1,9}", text):
        raise UsageError(f"{what} {quoted(text)} is no decimal number")
    return int(text)


def parse_list(text: str) -> List[str]:
    """The words between commas; there may be none."""
    return [part.strip() for part in text.split(",") if part.strip()]


def is_number(text: str) -> bool:
    """Whether this is a number as it stands, without a debugger to ask."""
    return attempt(parse_number, text, "", default=None, error=UsageError) is not None


def quoted(text: str) -> str:
    """A word as a line quotes it, cut where it is long."""
    return repr(text if len(text) <= 70 else f"{text[:67]}...")


def parse_handle(text: str, evaluate: Optional[Evaluator] = None) -> Optional[int]:
    """The parameter Handle: None for every handle, which 0 and -1 (of 32 or 64 bits) mean.

    Raises `UsageError` for what is no number.
    """
    value = parse_number(text, "Handle", evaluate)
    return None if value == 0 or value in MINUS_1 else value


def refuse_pseudo_handle(handle: Optional[int], text: str) -> None:
    """Raise `UsageError` for a value (typed as ``text``) that the system keeps in no table."""
    if handle is None:
        return
    meaning = pseudo_handle(handle)
    if meaning is not None:
        raise UsageError(
            f"Handle {quoted(text)} is the pseudo handle {meaning}, and is in no handle table"
        )


def parse_flags(text: str, evaluate: Optional[Evaluator] = None) -> int:
    """The parameter Flags, a ULONG; -1 is all of its bits. Raises `UsageError`."""
    flags = parse_number(text, "Flags", evaluate)
    if flags >= _SIGN_EXTENDED:
        flags &= 0xFFFFFFFF
    if flags > 0xFFFFFFFF:
        raise UsageError(f"Flags {quoted(text)} does not fit into 32 bits")
    return flags
