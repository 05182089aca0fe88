"""Reading a snapshot, which may be anything: every line has a bound, every value is looked at."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from datetime import datetime
from pathlib import Path

from ..hints import Any, Dict, Iterator, Optional, Tuple
from ..input_file import open_input
from ..values import ClosedOnError, TargetError
from .records import (
    FORMAT,
    LONGEST_LINE,
    LONGEST_NAME,
    MAGIC,
    MOST_HANDLES,
    MOST_HOLES,
    MOST_IN_ALL,
    MOST_PROCESSES,
    Header,
    Page,
    Record,
    Thing,
)

__all__ = ("Snapshot", "is_snapshot")

_GZIP = b"\x1f\x8b"
_LONGEST_NUMBER = 20  # digits; 2^64 has so many, and more take long to parse
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (_LONGEST_NUMBER + 1))
_LAST = 1 << 64
_TEXTS = (str, type(None))


def is_snapshot(path: Path) -> bool:
    """Whether a file is packed as snapshots are. Raises `OSError`."""
    with open_input(path) as file:
        return file.read(len(_GZIP)) == _GZIP


class Snapshot:
    """A snapshot that is read from its begin to its end. Raises `TargetError` where it is none, or
    damaged, or of a newer format. A context manager, which closes the file."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        try:
            self._raw = open_input(path)
        except OSError as error:
            raise TargetError(f"{path}: {error.strerror or error}") from None
        self._file = gzip.GzipFile(fileobj=self._raw, mode="rb")
        self._ahead: Optional[Dict[str, Any]] = None
        self._processes = self._handles = 0
        with ClosedOnError(self):
            self.header = self._header()

    def processes(self) -> Iterator[Tuple[Record, Iterator[Page]]]:
        """Each process with the pages of its table, which are gone when the next one is asked
        for. Once. Raises `TargetError`."""
        before = None
        while True:
            data = self._next()
            if data.keys() == {"processes", "handles"}:
                self._check_end(data)
                return
            if data.keys() != {"process"}:
                raise self._damaged("a line of no known kind")
            process = self._process(data["process"])
            if before is not None and process.order <= before:
                raise self._damaged("its processes are not in their order")
            before = process.order
            self._processes += 1
            if self._processes > MOST_PROCESSES:
                raise self._damaged(f"it has more than {MOST_PROCESSES} processes")
            pages = self._pages()
            yield process, pages
            for _ in pages:  # those that nobody asked for
                pass

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- lines ----------------------------------------------------------------------------------

    def _next(self) -> Dict[str, Any]:
        """The next line, or the one that was looked at."""
        ahead, self._ahead = self._ahead, None
        return ahead if ahead is not None else self._read()

    def _read(self) -> Dict[str, Any]:
        line = self._bytes(LONGEST_LINE + 1)
        if not line.endswith(b"\n"):
            if len(line) > LONGEST_LINE:
                raise self._damaged(f"a line has more than {LONGEST_LINE} bytes")
            raise self._cut()
        try:
            # What is found may stand in a name, where nothing is wrong with it.
            long = _LONG_NUMBER.search(line) is not None
            data = json.loads(line, parse_int=_integer if long else None)
        except (ValueError, RecursionError):
            raise self._damaged("a line is no JSON") from None
        if not isinstance(data, dict):
            raise self._damaged("a line of no known kind")
        return data

    def _bytes(self, most: int) -> bytes:
        """What is left of a line, at most so much."""
        try:
            return self._file.readline(most)
        except EOFError:
            raise self._cut() from None
        except (OSError, zlib.error) as error:
            raise self._damaged(str(error)) from None

    def _header(self) -> Header:
        try:
            data = self._read()
            number = data.pop(MAGIC)
        except (TargetError, KeyError):
            raise TargetError(
                f"{self.name}: no snapshot of pykd-handle, though packed by gzip as they are: "
                "where a dump is in it, unpack that first"
            ) from None
        if number != FORMAT:
            raise TargetError(
                f"{self.name}: a snapshot of format {str(number)[:20]}, made by another version of "
                f"pykd-handle; this one reads format {FORMAT}"
            )
        if data.keys() != set(Header._fields):
            raise self._damaged("its first line")
        for key, kind in _KINDS.items():
            if not isinstance(data[key], kind) or (kind is int and not _is_number(data[key])):
                raise self._damaged(f"{key} in its first line")
        if data["mode"] not in _MODES:
            raise self._damaged("mode in its first line")
        times = {key: _time(data[key]) for key in ("time", "made")}
        if times["made"] is None or (data["time"] is not None and times["time"] is None):
            raise self._damaged("a time in its first line")
        return Header(**{**data, **times})

    def _process(self, data: Any) -> Record:
        if not isinstance(data, list) or len(data) != len(Record._fields):
            raise self._damaged("a line of a process")
        pid, created, address, image = data
        time = _time(created)
        if not (
            (pid is None or _is_number(pid))
            and (created is None or time is not None)
            and _is_number(address)
            and isinstance(image, _TEXTS)
        ):
            raise self._damaged("a line of a process")
        return Record(pid, time, address, image)

    def _pages(self) -> Iterator[Page]:
        last, holes = -1, 0
        while True:
            data = self._next()
            keys = data.keys()
            if keys == _PAGE:
                page = self._page(data)
                first, end = page.values[0], page.values[-1]
                self._handles += len(page.values)
            elif keys == {"hole"}:
                first, end = self._hole(data["hole"])
                page = Page.of_hole(first, end)
                holes += 1
            else:
                self._ahead = data
                return
            if first <= last:
                raise self._damaged("the handles of a process are not in their order")
            if self._handles > MOST_IN_ALL:
                raise self._damaged(f"it has more than {MOST_IN_ALL} handles")
            if holes > MOST_HOLES:
                raise self._damaged(f"more than {MOST_HOLES} parts of a table could not be read")
            last = end
            yield page

    def _page(self, data: Dict[str, Any]) -> Page:
        values, masks, places, things = (data[key] for key in _PAGE)
        if not all(isinstance(each, list) and each for each in (values, masks, places, things)):
            raise self._damaged("a line of handles")
        if {*map(type, values), *map(type, places)} != {int}:
            raise self._damaged("a line of handles")
        if not len(values) == len(masks) == len(places) <= MOST_HANDLES:
            raise self._damaged("a line of handles")
        known = [mask for mask in masks if mask is not None]
        if not {*map(type, known)} <= {int} or not min(known, default=0) >= 0:
            raise self._damaged("an access mask")
        if max(known, default=0) >= _LAST:
            raise self._damaged("an access mask")
        if values != sorted(set(values)) or values[0] < 0 or values[-1] >= _LAST:
            raise self._damaged("the handles of a process are not in their order")
        if min(places) < 0 or max(places) >= len(things):
            raise self._damaged("a line of handles")
        made = [self._thing(thing) for thing in things]
        return Page(values, masks, [made[place] for place in places])

    def _thing(self, data: Any) -> Thing:
        if not isinstance(data, list) or len(data) != 3:
            raise self._damaged("an object")
        address, kind, name = data
        if not (_is_number(address) and isinstance(kind, _TEXTS) and isinstance(name, _TEXTS)):
            raise self._damaged("an object")
        if len(kind or "") > LONGEST_NAME or len(name or "") > LONGEST_NAME:
            raise self._damaged("the name of an object")
        return address, kind, name

    def _hole(self, data: Any) -> Tuple[int, int]:
        if not isinstance(data, list) or len(data) != 2 or not all(map(_is_number, data)):
            raise self._damaged("a line of what could not be read")
        if data[0] > data[1]:
            raise self._damaged("a line of what could not be read")
        return data[0], data[1]

    def _check_end(self, data: Dict[str, Any]) -> None:
        if (data["processes"], data["handles"]) != (self._processes, self._handles):
            raise self._damaged("what it says at its end is not what it holds")
        if self._bytes(1):  # which compares the check sum, too
            raise self._damaged("there is something behind its end")

    def _damaged(self, why: str) -> TargetError:
        return TargetError(f"{self.name}: the snapshot is damaged: {why}")

    def _cut(self) -> TargetError:
        return TargetError(
            f"{self.name}: the snapshot is cut off: it was stopped while it was made, or copied in "
            "part; make it again"
        )


_KINDS: Dict[str, Any] = {
    "source": str,
    "mode": str,
    "system": str,
    "time": _TEXTS,
    "made": str,
    "processes": int,
    "handles": int,
    "complete": bool,
}
_PAGE = dict.fromkeys(("values", "masks", "places", "things")).keys()
_MODES = ("kernel", "user")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00", re.ASCII)


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError
    return int(text)


def _time(value: Any) -> Optional[datetime]:
    """A time as it is written; None for what is none."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:  # the 31st of February
        return None


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < _LAST
