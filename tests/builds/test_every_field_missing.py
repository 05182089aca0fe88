"""Symbols without one field: rows stay, and only what hangs on that field is missing and says so.

Every field that a reader declares is taken away, one at a time, on an old and on a new layout; so a
reader that needs one more is put to this test by declaring it.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Set, Tuple

import pytest

from mocks import KernelImage, MockTarget, builds
from mocks.readers import read_of
from pykd_handle.layout import Struct
from pykd_handle.render.words import words
from pykd_handle.values import PykdHandleError, Unavailable

from ..answers import Answer
from ..looking import watched
from .losses import Rows, compare
from .test_every_read_fails import system

# Without these there is no way to the rows at all: one row for the table says so.
FUNDAMENTAL = {
    ("_HANDLE_TABLE", "TableCode"),
    ("_HANDLE_TABLE_ENTRY", "ObjectPointerBits"),
    ("_HANDLE_TABLE_ENTRY", "Object"),
    ("_EPROCESS", "ObjectTable"),
}
# The newer of two ways is the one whose lack is told where there is neither.
NEWER = {"ThreadsProcess": "Process"}
# Free entries, of which there are thousands, have nothing but the fields of a table to miss.
REQUESTS = {True: "0 7 0", False: "0 3 0"}


class Lacking(NamedTuple):
    """The field that the symbols do not have; what hangs on it has to name it."""

    struct: str
    field: str
    address: int = -1  # of no memory

    def told(self, text: str) -> bool:
        """Whether a text says that this field is missing."""
        field = re.escape(NEWER.get(self.field, self.field))
        return bool(re.search(rf"has no field (?:[^ ]*\.)?{field}(?:[.\[]|\b)", text))

    def because(self, value: object) -> bool:
        """Whether a value is absent for the lack of this field."""
        return isinstance(value, Unavailable) and self.told(words(value))


class Without(MockTarget):
    """A kernel by symbols that lack one field of one structure."""

    def __init__(self, image: KernelImage, struct: str, field: str) -> None:
        super().__init__(image)
        self.lacking = (struct, field)
        self.made: Dict[str, Struct] = {}
        self.asked: Set[Tuple[str, str]] = set()

    def struct(self, name: str) -> Struct:
        found = self.made.get(name)
        if found is None:
            whole = super().struct(name)
            fields = {
                key: value for key, value in whole.fields.items() if (name, key) != self.lacking
            }
            found = watched(Struct(name, whole.size, fields), self.asked, self.struct)
            self.made[name] = found
        return found


def fields_of(layout: str, asked: Set[Tuple[str, str]]) -> Iterator[Tuple[str, str]]:
    """The declared fields that an answer asks for: no other can make a difference."""
    for struct, names in sorted(read_of(builds.load_raw(layout)).items()):
        for name in sorted(names):
            if (struct, name) in asked:
                yield struct, name


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win10_19041_x64"])
def test_every_field(layout: str) -> None:
    image = system(layout)
    count = 0
    target = Without(image, "", "")
    wholes = {free: Rows(Answer(target, words).records) for free, words in REQUESTS.items()}
    assert len(wholes[True].handles) > 10 * len(wholes[False].handles)
    for struct, field in fields_of(layout, target.asked):
        count += 1
        lacking = Lacking(struct, field)
        free = struct.startswith("_HANDLE_TABLE")
        whole = wholes[free]
        try:
            found = Rows(Answer(Without(image, struct, field), REQUESTS[free]).records)
            if (struct, field) in FUNDAMENTAL:
                assert not found.handles and all(field in text for text in errors(found))
            else:
                assert found.handles.keys() == whole.handles.keys()
                compare(whole, found, lacking)
        except (AssertionError, KeyError, PykdHandleError) as error:
            raise AssertionError(f"{struct}.{field}: {error!r}") from error
    assert count > 50


def errors(found: Rows) -> List[str]:
    assert found.errors
    return [words(row.error) for row in found.errors]
