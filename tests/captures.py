"""What real ``!handle`` sessions in kernel mode printed: ``captures.txt``, and what it says.

A section begins with ``=== NUMBER LAYOUT WORDS``: the number of the capture in
``shared/reference/handle_outputs``, the layout of its kernel where the mocks have it ("-" else),
and the command. Where a capture shows a suffix that a current WinDbg prints by mistake (bits of the
object's address, on 64-bit Windows 8.1 and later), it is left out: ours are the real attributes.
Captures of debuggers before 2012 are in the words of a current one, those that their authors cut
stand without what is missing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

__all__ = ("CAPTURES", "Capture", "sections")

_HEAD = re.compile(
    r"PROCESS (?P<eprocess>\w+)\s+SessionId: (?P<session>\w+)  Cid: (?P<pid>\w+)"
    r"    Peb: (?P<peb>\w+)  ParentCid: (?P<parent_pid>\w+)\n"
    r"    DirBase: (?P<directory_base>\w+)  ObjectTable: (?P<object_table>\w+)"
    r"  HandleCount: +(?P<handle_count>\d+)\.\n"
    r"    Image: (?P<image>.+)\n\n"
    r"(?P<table_kind>Kernel h|H)andle table at \w+ with \d+ entries in use\n"
)
_ROW = re.compile(
    r"^(?P<value>\w+): Object: (?P<object>\w+)  GrantedAccess: (?P<granted_access>\w+)"
    r"(?P<attributes>(?: \(\w+\))*)(?: Entry: (?P<entry>\w+))?\n"
    r"(?:Object: \w+  Type: \((?P<type_address>\w+)\) (?P<type>.+)\n"
    r"    ObjectHeader: (?P<object_header>\w+) \((?P<version>new|old) version\)\n"
    r"        HandleCount: (?P<handle_count>\d+)  PointerCount: (?P<pointer_count>\d+)\n"
    r"(?:        Directory Object: (?P<directory>\w+)  Name: (?P<own_name>.+)\n)?)?",
    re.MULTILINE,
)
_TEXTS = {"image", "table_kind", "attributes", "type", "version", "own_name"}
_DECIMAL = {"handle_count", "pointer_count"}


class Capture(NamedTuple):
    """One section: ``head`` and ``rows`` are what its text says, without what it does not show."""

    number: str
    layout: str
    words: str
    text: str
    head: Dict[str, Any]
    rows: List[Dict[str, Any]]


def _values(found: re.Match[str]) -> Dict[str, Any]:
    values: Dict[str, Any] = {}
    for key, text in found.groupdict().items():
        if text is None or text == "none":
            continue
        base = 10 if key in _DECIMAL else 16
        values[key] = text if key in _TEXTS else int(text, base)
    return values


def sections(path: Path) -> Iterator[Tuple[str, str]]:
    """The sections of a file of captures: what stands behind ``===``, and the text below."""
    for section in path.read_text(encoding="utf-8").split("=== ")[1:]:
        first, _, text = section.partition("\n")
        yield first, text


def _read() -> Tuple[Capture, ...]:
    captures = []
    for first, text in sections(Path(__file__).with_suffix(".txt")):
        number, layout, words = first.split(" ", 2)
        found = _HEAD.search(text)
        assert found is not None, first
        head = _values(found)
        head["table_kind"] = "Kernel" if head["table_kind"] == "Kernel h" else "Handle"
        head["pointer_size"] = len(found["eprocess"]) // 2
        head["info_mask"] = "(old version)" not in text
        rows = list(map(_values, _ROW.finditer(text)))
        for row in rows:
            row["attributes"] = tuple(
                {"Protected": "protect"}.get(word, word.lower())
                for word in re.findall(r"\w+", row["attributes"])
            )
            row.pop("version", None)
        captures.append(Capture(number, layout, words, text, head, rows))
    return tuple(captures)


CAPTURES = _read()
