"""Strings of the kernel: ``_UNICODE_STRING`` and fixed arrays of characters."""

from __future__ import annotations

from codecs import utf_16_le_decode

from ..hints import Optional
from ..targets import Span, Target
from ..values import CorruptedError, Maybe, Reason, known

__all__ = ("ansi_text", "read_unicode_string", "text_at_once", "wide_text")

PAGE = 0x1000


def wide_text(data: bytes) -> str:
    """UTF-16 text. The object manager does not check names: lone surrogates are kept as such."""
    # What `bytes.decode` calls, without a look at the name of the encoding.
    return utf_16_le_decode(data, "surrogatepass", True)[0]


def ansi_text(data: bytes) -> str:
    """8-bit text up to its first NUL; a field that is full has no NUL (``ImageFileName``)."""
    return data.split(b"\0", 1)[0].decode("latin-1")


def text_at_once(target: Target, length: int, room: int, buffer: int) -> Optional[str]:
    """The text of a ``_UNICODE_STRING`` that lies in one page, as nearly all do, and is neither
    empty nor wrong; None of every other."""
    start = buffer & (PAGE - 1)
    if not 0 < length <= room or length & 1 or start + length > PAGE:
        return None
    page = target.page(buffer // PAGE)
    return None if page is None else wide_text(page[start : start + length])


def read_unicode_string(
    target: Target,
    length: Maybe[int],
    maximum: Maybe[int],
    buffer: Maybe[int],
    *,
    span: Optional[Span] = None,
) -> str:
    """The text of a ``_UNICODE_STRING`` whose fields were read already: one read of its buffer,
    none where that lies in ``span``.

    Lengths are in bytes, as in the structure. Raises `UnavailableError` for a field that could not
    be read, for fields that can't be true, and for a buffer that is missing.
    """
    if isinstance(length, int) and isinstance(maximum, int) and isinstance(buffer, int):
        size, room, place = length, maximum, buffer
    else:
        size, room, place = known(length), known(maximum), known(buffer)
    if size == 0:
        return ""
    if size > room:
        raise CorruptedError(place, Reason.NAME_LONGER_THAN_ITS_BUFFER, size, room)
    if size % 2:
        raise CorruptedError(place, Reason.NAME_OF_ODD_LENGTH, size)
    if not target.is_kernel_address(place):
        raise CorruptedError(place, Reason.NAME_BUFFER_NOWHERE)
    if span is not None and span.has(place, size):
        return wide_text(span.at(place, size))
    return wide_text(target.read(place, size))
