"""The lines of a snapshot."""

from __future__ import annotations

import json
from datetime import datetime

from ..hints import Any, Dict, Iterator, List, Optional
from .records import (
    FORMAT,
    LONGEST_LINE,
    LONGEST_NAME,
    MAGIC,
    MOST_HANDLES,
    Header,
    Page,
    Record,
    Thing,
)

__all__ = ("Lines",)


def _time(value: datetime) -> str:
    """A time in UTC, to the microsecond, in ISO 8601: all are of one length."""
    return value.isoformat(timespec="microseconds")


_ENCODE = json.JSONEncoder(
    ensure_ascii=True, check_circular=False, separators=(",", ":"), default=_time
).encode
# Characters of names: one beyond U+FFFF is twelve bytes in the file. The last name comes on top.
_LARGEST_PAGE = LONGEST_LINE // 16


class Lines:
    """Makes lines of what is to be kept; counts the ``processes`` and the ``handles``."""

    def __init__(self) -> None:
        self.processes = 0
        self.handles = 0

    def header(self, header: Header) -> str:
        """The first line."""
        return _line({MAGIC: FORMAT, **header._asdict()})

    def process(self, process: Record) -> str:
        """The line of a process."""
        self.processes += 1
        return _line({"process": process._replace(image=_short(process.image))})

    def page(self, page: Page) -> Iterator[str]:
        """The lines of a part of its table."""
        if page.hole is not None:
            yield _line({"hole": page.hole})
        self.handles += len(page.values)
        values: List[int] = []
        masks: List[Optional[int]] = []
        places: List[int] = []
        things = _Things()
        for value, mask, thing in zip(page.values, page.masks, page.things):
            place = things.place(thing)
            if things.size > _LARGEST_PAGE or len(values) == MOST_HANDLES:
                yield _page(values, masks, places, things)
                values, masks, places, things = [], [], [], _Things()
                place = things.place(thing)
            values.append(value)
            masks.append(mask)
            places.append(place)
        if values:
            yield _page(values, masks, places, things)

    def end(self) -> str:
        """The last line."""
        return _line({"processes": self.processes, "handles": self.handles})


class _Things:
    """What the handles of a page lead to, each once."""

    def __init__(self) -> None:
        self.every: List[Thing] = []
        self.size = 0
        self._places: Dict[Thing, int] = {}

    def place(self, thing: Thing) -> int:
        """The place of one in the list."""
        place = self._places.get(thing)
        if place is None:
            place = self._places[thing] = len(self.every)
            address, kind, name = thing
            short = (address, _short(kind), _short(name))
            self.every.append(short)
            self.size += 40 + len(short[1] or "") + len(short[2] or "")
        return place


def _page(values: List[int], masks: List[Optional[int]], places: List[int], things: _Things) -> str:
    return _line({"values": values, "masks": masks, "places": places, "things": things.every})


def _short(text: Optional[str]) -> Optional[str]:
    return text and text[:LONGEST_NAME]


def _line(data: Dict[str, Any]) -> str:
    return _ENCODE(data) + "\n"
