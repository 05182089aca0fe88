"""Whole pages of a table as blocks of rows: what depends on the object and its rights is made once.

A leak has a million handles, and most of them to few objects. This is the fast way of a listing,
and it says nothing that the plain way does not: each part is what `KernelRows.part` makes.
"""

from __future__ import annotations

from operator import itemgetter

from ...hints import Any, Callable, Dict, Iterator, List, Optional, Tuple
from ...model.kernel_mode import KernelModeTable, Used
from ...rows import Block, Part, Row
from ...values import STOPPED, Absent, Generations
from .kernel_rows import KernelRows
from .request import Request

__all__ = ("PARTS_KEPT", "KernelBlocks", "Parts")

Key = Tuple[int, ...]
Parts = Generations[Key, Part]
"""Parts by what an entry holds: its pointer (none where objects are not looked at), access mask and
attributes. Those of objects with one handle are not kept: they don't come again."""

# At least, each with its text: some 700 bytes. With a quarter of it a listing of a million handles
# that come to 100,000 objects in turn takes 18 MB less, and seven times as long.
PARTS_KEPT = 1 << 17

_OBJECTS = ("handle", "entry")
_BARE = ("handle", "entry", "object", "object_header")
# Of a `Used`: pointer, access and attributes, or the last two.
_with_object: Callable[[Used], Key] = itemgetter(slice(2, None))
_of_rights: Callable[[Used], Key] = itemgetter(slice(3, None))
_handle, _entry = itemgetter(0), itemgetter(1)


# Of a part that is rendered the text is enough, and takes half of the memory.
_IN_THE_TEXT: Row = {}
# Characters: no file has a longer name.
_LONGEST_IMAGE = 255


class KernelBlocks:
    """Makes blocks of the pages of one table; ``parts`` are kept for all of them."""

    def __init__(
        self, request: Request, rows: KernelRows, table: KernelModeTable, parts: Parts
    ) -> None:
        self._keys = _OBJECTS if request.needs_types else _BARE
        self._key: Callable[[Used], Key] = _with_object if request.needs_types else _of_rights
        # What is known of a handle by itself is asked of the handle.
        self._by_handle = request.everything or not request.needs_types
        self._rows = rows
        self._table = table
        # Formats may write rows one by one where what all share is not as usual: no text that
        # another process's rows left behind is enough for them.
        self._parts = parts if _as_usual(rows.shared) else Generations(PARTS_KEPT)
        self._shared = Part(rows.shared)

    def blocks(self, used: List[Used]) -> Iterator[Block]:
        """The rows of entries in use, which are not none: one block.

        Where it is stopped or fails, the rows whose parts were made come first: nothing found is
        lost.
        """
        keys = list(map(self._key, used))
        parts = self._parts.get_many(keys)
        made: Dict[Key, Part] = {}
        if None in parts:
            try:
                self._make(
                    {key: one for key, one, part in zip(keys, used, parts) if not part}, made
                )
            except STOPPED:
                parts = [part or made.get(key) for key, part in zip(keys, parts)]
                there = parts.index(None) if None in parts else len(parts)
                if there:
                    yield self._block(used[:there], parts[:there])
                raise
            parts = [part or made[key] for key, part in zip(keys, parts)]
        yield self._block(used, parts)
        for part in made.values():
            if part.text:
                part.values = _IN_THE_TEXT

    def _block(self, used: List[Used], parts: List[Optional[Part]]) -> Block:
        lines: List[Tuple[Any, ...]]
        if self._keys is _OBJECTS:
            lines = list(zip(map(_handle, used), map(_entry, used), parts))
        else:
            body = self._table.body_offset
            lines = [
                (entry[0], entry[1], entry[2] + body, entry[2], part)
                for entry, part in zip(used, parts)
            ]
        return Block(self._shared, self._keys, lines)

    def _make(self, missing: Dict[Key, Used], made: Dict[Key, Part]) -> None:
        """Make the parts of these entries, whose objects are read together."""
        table, entries = self._table, missing.values()
        if self._by_handle:
            for key, handle in zip(missing, table.handles_of(entries)):
                values = self._rows.part(handle)
                assert values is not None  # no type was asked for
                for name in self._keys[len(_OBJECTS) :]:
                    del values[name]
                made[key] = Part(values)
        else:
            part_of, offset = self._rows.part_of, table.body_offset
            for key, entry, listed in zip(missing, entries, table.listed(entries)):
                made[key] = Part(part_of(entry, entry.pointer + offset, listed))
        for key, part in made.items():
            if part.values["handle_count"] != 1:
                self._parts[key] = part


def _as_usual(shared: Row) -> bool:
    known = not any(isinstance(value, Absent) for value in shared.values())
    return known and len(shared["process"]) <= _LONGEST_IMAGE
