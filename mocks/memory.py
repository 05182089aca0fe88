"""Sparse virtual memory of declared types: pages that exist, and what of them no reader gets.

Writing makes the pages; `Memory.view` shows a structure of the build at an address. `Memory.drop`
takes bytes away from readers and keeps them in the image, so that an image can be spoiled at any
time and a test can still look behind the hole.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .builds import Build
from .view import View

__all__ = ("LEFT_OUT", "NOT_MAPPED", "PAGE", "PAGED_OUT", "Hole", "Memory", "Part")

PAGE = 0x1000

LEFT_OUT = "not in the dump"
"""The page is mapped, but the dump does not hold it (also: single bytes that are not there)."""
PAGED_OUT = "in the page file"
"""The page-table entry says that the page is in the page file."""
NOT_MAPPED = "not mapped"
"""No page-table entry."""


class Hole(NamedTuple):
    """Bytes that a reader does not get: offsets in the page, and why."""

    start: int
    end: int
    reason: str


class Part(NamedTuple):
    """A part of a read: ``data`` is None where it is missing, and ``reason`` says why."""

    address: int
    size: int
    data: Optional[bytes]
    reason: str


class Memory:
    """Pages by number (address // 0x1000), whose structures are those of ``build``."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self._pages: Dict[int, bytearray] = {}
        self._holes: Dict[int, List[Hole]] = {}
        self._transition: Dict[int, None] = {}

    # -- what the image itself does -------------------------------------------------------------

    def map(self, address: int, size: int) -> None:
        """Make the pages of this range exist, filled with zeros where they are new."""
        for number in range(address // PAGE, (address + size + PAGE - 1) // PAGE):
            if number not in self._pages:
                self._pages[number] = bytearray(PAGE)

    def write(self, address: int, data: bytes) -> None:
        """Write bytes; pages that do not exist yet begin to."""
        position, size = 0, len(data)
        while position < size:
            number, offset = divmod(address + position, PAGE)
            page = self._pages.get(number)
            if page is None:
                page = self._pages[number] = bytearray(PAGE)
            if not position and offset + size <= PAGE:  # nearly always: without any slice
                page[offset : offset + size] = data
                return
            step = min(PAGE - offset, size - position)
            page[offset : offset + step] = data[position : position + step]
            position += step

    def peek(self, address: int, size: int) -> bytes:
        """The bytes that the image holds, whether dropped or not; ValueError if it has none."""
        found = bytearray()
        while len(found) < size:
            number, offset = divmod(address + len(found), PAGE)
            page = self._pages.get(number)
            if page is None:
                raise ValueError(f"the image has no page at {number * PAGE:#x}")
            found += page[offset : offset + size - len(found)]
        return bytes(found)

    # -- structures, pointers and lists ---------------------------------------------------------

    def view(self, name: str, address: int) -> View:
        """The structure ``name`` at ``address``: fields to read and write by path."""
        return View(self, self.build.struct(name), address)

    def pointer(self, address: int) -> int:
        """The pointer stored at ``address``."""
        return int.from_bytes(self.peek(address, self.build.pointer_size), "little")

    def set_pointer(self, address: int, value: int) -> None:
        """Store a pointer."""
        self.write(address, value.to_bytes(self.build.pointer_size, "little"))

    def empty_list(self, head: int) -> None:
        """Make a ``_LIST_ENTRY`` point at itself."""
        self.set_pointer(head, head)
        self.set_pointer(head + self.build.pointer_size, head)

    def link(self, head: int, entry: int) -> None:
        """Insert a ``_LIST_ENTRY`` at the end of the list of ``head``."""
        blink = self.build.pointer_size
        last = self.pointer(head + blink)
        self.set_pointer(entry, head)
        self.set_pointer(entry + blink, last)
        self.set_pointer(last, entry)
        self.set_pointer(head + blink, entry)

    def unlink(self, entry: int) -> None:
        """Take a ``_LIST_ENTRY`` out of its list; it points at itself afterwards."""
        blink = self.build.pointer_size
        following, previous = self.pointer(entry), self.pointer(entry + blink)
        self.set_pointer(previous, following)
        self.set_pointer(following + blink, previous)
        self.empty_list(entry)

    # -- taking away ----------------------------------------------------------------------------

    def drop(self, address: int, size: int, reason: str = LEFT_OUT) -> None:
        """Take bytes away from readers; ``reason`` also says how a dump shows missing pages."""
        end = address + size
        for number in range(address // PAGE, (end + PAGE - 1) // PAGE):
            start = max(address - number * PAGE, 0)
            hole = Hole(start, min(end - number * PAGE, PAGE), reason)
            holes = self._holes.setdefault(number, [])
            holes.append(hole)
            holes.sort()

    def drop_page(self, address: int, reason: str = LEFT_OUT) -> None:
        """Take the page away in which ``address`` lies."""
        self.drop(address // PAGE * PAGE, PAGE, reason)

    def restore(self, address: int, size: int) -> None:
        """Give readers whole pages back."""
        for number in range(address // PAGE, (address + size + PAGE - 1) // PAGE):
            self._holes.pop(number, None)

    def to_transition(self, address: int, size: int) -> None:
        """Put pages in transition: the page-table entry is not valid, the bytes are there."""
        for number in range(address // PAGE, (address + size + PAGE - 1) // PAGE):
            self._transition[number] = None

    # -- what readers see -----------------------------------------------------------------------

    def parts(self, address: int, size: int) -> Iterator[Part]:
        """The parts of a read in order: bytes that are there, and holes with their reasons."""
        end = address + size
        while address < end:
            number, offset = divmod(address, PAGE)
            stop = min(PAGE, offset + end - address)
            page = self._pages.get(number)
            if page is None:
                yield Part(address, stop - offset, None, NOT_MAPPED)
            else:
                yield from self._page_parts(number, page, offset, stop)
            address += stop - offset

    def _page_parts(self, number: int, page: bytearray, start: int, stop: int) -> Iterator[Part]:
        base = number * PAGE
        for hole in self._holes.get(number, ()):
            if hole.end <= start or hole.start >= stop:
                continue
            if hole.start > start:
                yield Part(base + start, hole.start - start, bytes(page[start : hole.start]), "")
            begin = max(start, hole.start)
            last = min(stop, hole.end)
            yield Part(base + begin, last - begin, None, hole.reason)
            start = last
        if start < stop:
            yield Part(base + start, stop - start, bytes(page[start:stop]), "")

    # -- what writers of dumps need -------------------------------------------------------------

    def pages(self) -> List[int]:
        """The addresses of all pages, sorted, missing ones too."""
        return sorted(number * PAGE for number in self._pages)

    def has_page(self, address: int) -> bool:
        """Whether the page at ``address`` exists, missing or not."""
        return address // PAGE in self._pages

    def page(self, address: int) -> bytes:
        """The whole page at ``address``."""
        return bytes(self._pages[address // PAGE])

    def page_state(self, address: int) -> Tuple[str, bool]:
        """Why the page is missing ("" where it is there), and whether it is in transition.

        ValueError where only a part of the page is missing: a dump of pages can't say that.
        """
        number = address // PAGE
        reason = ""
        covered = 0
        for hole in self._holes.get(number, ()):
            if hole.start <= covered:
                covered = max(covered, hole.end)
            reason = reason or hole.reason
        if reason and covered < PAGE:
            raise ValueError(f"only a part of the page at {address:#x} was dropped")
        return reason, number in self._transition
