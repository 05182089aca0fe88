"""Objects of the executive, by their address or that of their header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from ...kernel import KernelObject
from ...kernel.fields import read_fields
from ...kernel.pool import tag_in_front
from ...layout import fields
from ...values import NO_VALUE, Absent, Impossible, Maybe, Sentence, known, maybe
from ..kernel_mode.object import KernelModeObject
from .base import Certainty, Match, Question, family

if TYPE_CHECKING:
    from ..kernel_mode import KernelMode

__all__ = ("objects",)

_ALIGNMENT = 8  # of a header, on every Windows
_KEY = fields("_OBJECT_TYPE", "Key")


@family("objects", 40)
def objects(question: Question) -> Iterator[Match]:
    """A header in front of it, or at it. Nearly any byte names a type: the object must be
    referenced as well, and it is certain where the pool's tag is that of its type."""
    kernel, address = question.kernel, question.address
    if address % _ALIGNMENT or not kernel.target.is_kernel_address(address):
        return
    if kernel.places.module_at(address) is not None:
        return
    for what, header in (
        ("object", kernel.headers.header_of(address)),
        ("object header", address),
    ):
        if not kernel.target.is_kernel_address(header):
            continue
        item = kernel.object(header)
        kind = item.type_name
        if isinstance(kind, Absent):
            if what == "object" and not isinstance(kind, Impossible):
                question.cannot("objects", kind)
            continue
        if not item.header.pointer_count or not kernel.is_header(header):
            continue
        found = KernelModeObject(kernel, item)
        tag = maybe(_tag, kernel, item)
        if tag:
            ground = Sentence("a header of the type {}; the pool's tag is {}", kind, tag)
            yield Match(what, Certainty.CERTAIN, ground, None, found)
        elif any(item.header.body in one for one in kernel.target.running()):
            ground = Sentence("a header of the type {}; a processor runs it", kind)
            yield Match(what, Certainty.CERTAIN, ground, None, found)
        else:
            ground = Sentence("the header at 0x{:x} names the type {}", header, kind)
            yield Match(what, Certainty.LIKELY, ground, None, found)


def _tag(kernel: KernelMode, item: KernelObject) -> Maybe[str]:
    """The tag of the pool block that the object lies in, if it is the one of its type."""
    (key,) = read_fields(kernel.target, _KEY, known(item.type.address))
    found = tag_in_front(kernel.target, item.header.address, known(key))
    return NO_VALUE if found is None else found
