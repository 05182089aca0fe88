"""Objects of the executive, by their address or that of their header."""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Dict, Iterator, List, Optional, Sequence
from ...kernel import KernelObject
from ...kernel.fields import read_fields
from ...kernel.pool import tag_in_front
from ...layout import fields
from ...values import (
    NO_VALUE,
    Absent,
    Impossible,
    Maybe,
    NamedTuple,
    PykdHandleError,
    Sentence,
    known,
    maybe,
)
from ..kernel_mode.object import KernelModeObject
from ..nouns import Handle
from .base import Certainty, Match, Question, family

if TYPE_CHECKING:
    from ..kernel_mode import KernelMode

__all__ = ("objects",)

_KEY = fields("_OBJECT_TYPE", "Key")


@family("objects", 40)
def objects(question: Question) -> Iterator[Match]:
    """A header in front of it, or at it. Nearly any byte names a type: the object must be aligned
    as pool is (MEMORY_ALLOCATION_ALIGNMENT of winnt.h) and referenced as well, by each handle at
    least once. It is certain where a block of pool in front has the tag of its type, and no more
    than possible where there is none."""
    kernel, address = question.kernel, question.address
    if address % (2 * kernel.pointer_size) or not kernel.target.is_kernel_address(address):
        return
    if kernel.places.module_at(address) is not None:
        return
    unsure: Dict[int, _Unsure] = {}
    for what, header in (
        ("object", kernel.headers.header_of(address)),
        ("object header", address),
    ):
        if not kernel.target.is_kernel_address(header):
            continue
        item = kernel.object(header)
        found = KernelModeObject(kernel, item)
        kind, count = item.type_name, item.header.pointer_count
        if isinstance(kind, Absent) or isinstance(count, Absent):
            why = kind if isinstance(kind, Absent) else count
            said = Sentence("its header: {}", why)
            unsure[item.header.body] = _Unsure(what, found, said, None, why)
            continue
        if count < max(item.header.handle_count or 0, 1) or not kernel.is_header(header):
            continue
        tag = maybe(_tag, kernel, item)
        if tag:
            ground = Sentence("a header of the type {}; the pool's tag is {}", kind, tag)
            yield Match(what, Certainty.CERTAIN, ground, None, found)
        elif any(item.header.body in one for one in kernel.target.running()):
            ground = Sentence("a header of the type {}; a processor runs it", kind)
            yield Match(what, Certainty.CERTAIN, ground, None, found)
        else:
            said = Sentence("the header at 0x{:x} names the type {}", header, kind)
            certainty = Certainty.POSSIBLE if tag is NO_VALUE else Certainty.LIKELY
            unsure[item.header.body] = _Unsure(what, found, said, certainty, NO_VALUE)
    if unsure:
        yield from _known_elsewhere(question, unsure)


class _Unsure(NamedTuple):
    """What an address may be: the object that it would be, what its header says, how much that is
    worth alone (None: nothing), and why it does not tell what it is."""

    what: str
    found: KernelModeObject
    said: Sentence
    certainty: Optional[Certainty]
    why: Absent


def _known_elsewhere(question: Question, unsure: Dict[int, _Unsure]) -> Iterator[Match]:
    """Objects, by the addresses of their bodies, whose headers alone are not enough: a process that
    a list names, or else, where nothing speaks against an object, what a handle leads to. For that
    a live session's tables are not read."""
    for process in question.processes:
        one = unsure.get(process.address)
        if one is not None:
            ground = Sentence("{}; {}", process.in_words(), one.said)
            yield Match(one.what, Certainty.CERTAIN, ground, None, one.found)
            return
    bodies = [body for body, one in unsure.items() if not isinstance(one.why, Impossible)]
    held = _handles_to(question, bodies) if bodies and not question.kernel.live else {}
    for body, one in unsure.items():
        handles = held.get(body)
        if handles:
            first, more = handles[0], len(handles) - 1
            others = f", and {more} more" if more else ""
            line = "handle 0x{:x} of {} leads to it{}; {}"
            ground = Sentence(line, first.value, first.process.in_words(), others, one.said)
            yield Match(one.what, Certainty.CERTAIN, ground, None, one.found)
        elif one.certainty is not None:
            yield Match(one.what, one.certainty, one.said, None, one.found)
        elif not held and body == question.address and body in bodies:
            question.cannot("objects", one.why)


def _handles_to(question: Question, bodies: Sequence[int]) -> Dict[int, List[Handle]]:
    """The handles that lead to objects of these bodies, of which there are some."""
    found: Dict[int, List[Handle]] = {}
    kept: Dict[int, int] = {}

    def ask(handle: Handle) -> int:
        leads = handle.error is None and handle.address in bodies
        return known(handle.address) if leads else 0

    for process in question.processes:
        try:
            for answers, handle, _ in process.answers(ask, kept):
                for at, body in enumerate(answers):
                    if body:
                        found.setdefault(body, []).append(handle(at))
        except PykdHandleError:
            continue  # which is told where the address is looked for in the tables themselves
    return found


def _tag(kernel: KernelMode, item: KernelObject) -> Maybe[str]:
    """The tag of the pool block that the object lies in, if it is the one of its type."""
    (key,) = read_fields(kernel.target, _KEY, known(item.type.address))
    found = tag_in_front(kernel.target, item.header.address, known(key))
    return NO_VALUE if found is None else found
