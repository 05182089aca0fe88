"""Handles of GDI objects, and the objects where their table says where they lie."""

from __future__ import annotations

from ...hints import Iterator
from ...values import Sentence
from ...win32k.gdi_handles import GdiEntry, GdiHole, gdi_type
from ..gdi import GdiTable, gdi_tables
from .base import KERNEL, USER, Certainty, Match, Question, family

__all__ = ("gdi_handles", "gdi_objects")

_SIGN = 0xFFFFFFFF << 32 | 1 << 31


def _of_the_kernel(question: Question) -> bool:
    kernel = question.kernel
    return kernel.mode == KERNEL and bool(kernel.target.is_kernel_address(question.address))


@family("GDI handles", 12, (KERNEL, USER))
def gdi_handles(question: Question) -> Iterator[Match]:
    """The handle of an entry in use: 32 bits, extended by their sign or not, with those of a type.
    Every session has a table, and the same handle may be in several."""
    value = question.value & 0xFFFFFFFF
    high = value >> 16
    if question.value not in (value, value | _SIGN) or gdi_type(high) is None:
        return
    for table in gdi_tables(question.kernel, question.meant()):
        if not table.found:
            if table.why_not is not None:
                question.cannot("GDI handles", table.why_not)
            continue
        entry = table.entry(value & 0xFFFF)
        if isinstance(entry, GdiHole):
            question.cannot("GDI handles", entry.why)
        elif entry.used and entry.full_unique == high:
            yield _match("GDI handle", question, table, entry)
        elif entry.full_unique and not _of_the_kernel(question):
            # An address of a 32-bit kernel may look like any handle: of those nothing is said.
            line = "0x{:x} is no GDI handle now: {} is {}, its uniqueness now is 0x{:x}"
            state = "another one's" if entry.used else "free"
            said = Sentence(line, value, _slot(table, entry), state, entry.full_unique)
            question.remarks.append(said)


@family("GDI objects", 41)
def gdi_objects(question: Question) -> Iterator[Match]:
    """An object to which an entry of the table leads, as they do up to Windows 10 1511."""
    processes = question.meant() if _of_the_kernel(question) else ()
    for table in gdi_tables(question.kernel, processes):
        entry = table.entry_at(question.address)
        if entry is not None:
            yield _match("GDI object", question, table, entry)


def _match(what: str, question: Question, table: GdiTable, entry: GdiEntry) -> Match:
    owner = next((each for each in question.processes if each.pid == entry.pid), None)
    if owner is not None:
        whose = owner.in_words()
    elif entry.pid:
        whose = Sentence("process id 0x{:x}", entry.pid)
    else:
        whose = Sentence("no process (owner 0x{:x})", entry.owner)
    ground = Sentence("{}, of {}", _slot(table, entry), whose)
    certainty = Certainty.CERTAIN if entry.sound else Certainty.LIKELY
    return Match(what, certainty, ground, owner, table.object_of(entry))


def _slot(table: GdiTable, entry: GdiEntry) -> Sentence:
    slot = Sentence("slot 0x{:x} of the GDI handles", entry.number)
    known = isinstance(table.session, int)
    return Sentence("{} of session {}", slot, table.session) if known else slot
