"""Holding a listing with one read unanswered against the one with all: what may differ, and how.

A value that differs must be absent and name the place that was lost. What else changes with it is
written down here, one rule for each: nothing else does.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, Unavailable

from ..answers import HandleShown, NoteShown, ProcessShown

__all__ = ("WHY", "Loss", "Rows", "compare")

WHY = "not readable"

# Rights of a mask whose type is not known, written out from winnt.h: DELETE 0x10000, READ_CONTROL,
# WRITE_DAC, WRITE_OWNER, SYNCHRONIZE 0x100000; the lower half is the type's.
STANDARD = ("Delete", "ReadControl", "WriteDac", "WriteOwner", "Synch")
GENERIC = {
    0x00120001: ("ReadControl", "Synch", "0x1"),
    0x001F0003: (*STANDARD, "0x3"),
    0x001FFFFF: (*STANDARD, "0xffff"),
}
# Details that are gone with another value of their row, which says why.
GONE_WITH = {"key_control_block": "name", "device_object": "device"}
# Details that come where the full name is missing: so much of it as was found.
INSTEAD_OF_NAME = ("leaf_name", "path")
_HIDDEN = re.compile(r"; (\d+) handle values hidden \(0x([0-9a-f]+)-0x([0-9a-f]+)\)$")
_FEWER = re.compile(r"at least \d+: \d+ slots can't be read$")

Key = Tuple[int, Any, Any]


class Loss(NamedTuple):
    """The read that brought nothing: where, and how many bytes."""

    address: int
    size: int

    def told(self, text: str) -> bool:
        """Whether a text says that this was lost: the reason, behind an address that lies here."""
        places = re.findall(rf"0x([0-9a-f]+): (?:nt![^ ]+: )?{WHY}", text)
        return any(0 <= int(place, 16) - self.address < self.size for place in places)

    def because(self, value: object) -> bool:
        """Whether a value is absent for this loss."""
        return isinstance(value, Unavailable) and self.told(words(value))


class Rows:
    """The records of a listing: processes by address, handles by place, rows with an error."""

    def __init__(self, records: List[Any]) -> None:
        self.processes = {one.eprocess: one for one in records if isinstance(one, ProcessShown)}
        self.notes = [one.text for one in records if isinstance(one, NoteShown)]
        self.handles: Dict[Key, HandleShown] = {}
        self.errors: List[HandleShown] = []
        for one in records:
            if isinstance(one, HandleShown) and one.error:
                self.errors.append(one)
            elif isinstance(one, HandleShown):
                key = (one.process.eprocess, one.handle, one.entry)
                assert key not in self.handles, "a handle twice"
                self.handles[key] = one

    @property
    def whole_tables(self) -> List[HandleShown]:
        """The rows that stand for a whole table."""
        return [one for one in self.errors if one.handle is NO_VALUE]


def compare(whole: Rows, found: Rows, loss: Any) -> None:
    """Raise `AssertionError` where ``found`` differs from ``whole`` in another way than it may."""
    assert found.processes.keys() == whole.processes.keys()
    for address, process in whole.processes.items():
        _compare_processes(process, found.processes[address], loss)
    old = {(one.process.eprocess, one.handle, one.error) for one in whole.errors}
    for row in found.errors:
        if (row.process.eprocess, row.handle, row.error) not in old:
            assert loss.told(words(row.error)) or _is_page(row, loss), row.error
    assert found.handles.keys() <= whole.handles.keys()
    for key, handle in whole.handles.items():
        now = found.handles.get(key)
        if now is None:
            assert any(_hides(row, key) for row in found.errors), f"lost: {key}"
        else:
            _compare_handles(handle, now, loss)


def _is_page(row: HandleShown, loss: Loss) -> bool:
    """Whether a row names the page that was lost: then the reason stands alone."""
    named = f"the leaf page 0x{loss.address:x}: {WHY}; "
    return words(row.error).startswith(named) and row.entry == loss.address


def _hides(row: HandleShown, key: Key) -> bool:
    """Whether a row with an error stands for this handle, too."""
    process, handle, _ = key
    if row.process.eprocess != process:
        return False
    if row.handle is NO_VALUE:
        return True
    hidden = _HIDDEN.search(words(row.error))
    if hidden is None:
        return bool(row.handle == handle)
    first, last = int(hidden[2], 16), int(hidden[3], 16)
    assert int(hidden[1]) == (last - first) // 4 + 1 and row.handle == first
    return first <= handle <= last


def _compare_processes(before: ProcessShown, after: ProcessShown, loss: Loss) -> None:
    # Without its table nobody knows how many handles are in use, and which table it is.
    tables = (after.object_table, after.table_address, after.handle_count)
    no_table = any(map(loss.because, tables))
    for name, old in vars(before).items():
        new = getattr(after, name)
        if old == new or loss.because(new):
            continue
        if name == "table_count" and new is NO_VALUE and no_table:
            continue
        # Counted entry by entry in a table with holes.
        if name in ("handle_count", "table_count") and words(new).startswith("at least "):
            assert isinstance(old, Unavailable) and _FEWER.match(words(new)), new
            continue
        if name == "table_kind" and new == "Handle" and loss.because(after.object_table):
            continue
        raise AssertionError(f"{name}: {old!r} became {new!r}")


def _compare_handles(before: HandleShown, after: HandleShown, loss: Loss) -> None:
    typeless = loss.because(after.type)
    for name, old in vars(before).items():
        new = getattr(after, name)
        if name in ("process", "details", "no_details", "pid") or old == new or loss.because(new):
            continue
        if name == "device" and new is NO_VALUE and loss.because(after.own_name):
            continue
        if name == "access" and typeless:
            assert new == GENERIC[before.granted_access], new
        elif name == "name":
            assert new == _without_image(old, after, loss), f"{name}: {old!r} became {new!r}"
        else:
            raise AssertionError(f"{name}: {old!r} became {new!r}")
    _compare_details(before, after, loss)


def _without_image(name: str, after: HandleShown, loss: Loss) -> Optional[str]:
    """The name of a process or thread that is left without the image."""
    if not loss.because(after.details.get("image")):
        return None
    return name[name.index("Cid ") :]


def _compare_details(before: HandleShown, after: HandleShown, loss: Loss) -> None:
    if loss.because(after.type):
        assert not set(after.details) - {*before.details, *INSTEAD_OF_NAME}
        return  # what else there is to say depends on the type
    if loss.because(after.name) and loss.because(after.directory) and not after.details:
        return  # nothing can be said of the object
    for key, old in before.details.items():
        if key in after.details:
            new = after.details[key]
            assert new == old or loss.because(new), f"{key}: {old!r} became {new!r}"
        else:
            owner = GONE_WITH[key]
            gone = after.name if owner == "name" else after.details[owner]
            assert loss.because(gone), f"{key} is gone, {owner} is {gone!r}"
    for key in after.details.keys() - before.details.keys():
        if loss.because(after.details[key]):
            continue
        assert key in INSTEAD_OF_NAME and loss.because(after.name), f"{key} is new"
        assert before.name.endswith(after.details[key])
