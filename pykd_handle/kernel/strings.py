"""Strings of the kernel: ``_UNICODE_STRING`` and fixed arrays of characters."""

from __future__ import annotations

from typing import Optional, Union

from ..targets import Span, Target
from ..values import Absent, Maybe, PykdHandleError, Reason, Unavailable

__all__ = ("ansi_text", "check_unicode_string", "read_unicode_string", "wide_text")


def wide_text(data: bytes) -> str:
    """UTF-16 text. The object manager does not check names: lone surrogates are kept as such."""
    return data.decode("utf-16-le", "surrogatepass")


def ansi_text(data: bytes) -> str:
    """8-bit text up to its first NUL; a field that is full has no NUL (``ImageFileName``)."""
    return data.split(b"\0", 1)[0].decode("latin-1")


def check_unicode_string(
    target: Target, length: int, maximum: int, buffer: int
) -> Union[bool, Unavailable]:
    """Whether the three fields of a ``_UNICODE_STRING`` can be true.

    True: worth reading. False: an empty string. `Unavailable`: what can't be. Lengths
    are in bytes, as in the structure.
    """
    if length == 0:
        return False
    if length > maximum:
        return Unavailable(Reason.NAME_LONGER_THAN_ITS_BUFFER, buffer, length, maximum)
    if length % 2:
        return Unavailable(Reason.NAME_OF_ODD_LENGTH, buffer, length)
    if not target.is_kernel_address(buffer):
        return Unavailable(Reason.NAME_BUFFER_NOWHERE, buffer)
    return True


def read_unicode_string(
    target: Target,
    length: Maybe[int],
    maximum: Maybe[int],
    buffer: Maybe[int],
    *,
    span: Optional[Span] = None,
) -> Maybe[str]:
    """The text of a ``_UNICODE_STRING`` whose fields were read already: one read of its buffer,
    none where that lies in ``span``.

    An empty string is ``""``. A field that could not be read, fields that can't be true, and a
    buffer that is missing give an `Unavailable`.
    """
    for value in (length, maximum, buffer):
        if isinstance(value, Absent):
            return value
    assert isinstance(length, int) and isinstance(maximum, int) and isinstance(buffer, int)
    plausible = check_unicode_string(target, length, maximum, buffer)
    if isinstance(plausible, Unavailable):
        return plausible
    if not plausible:
        return ""
    if span is not None and span.has(buffer, length):
        return wide_text(span.at(buffer, length))
    try:
        return wide_text(target.read(buffer, length))
    except PykdHandleError as error:
        return error.why
