"""Everything that is told of each type, with one field or one read less: what hangs on it says so.

One object of every type (`mocks.everything`), on builds of either width and form. Every field that
the package declares is taken away, one at a time; every read that an object takes fails once.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Dict, List, Optional, Set, Tuple

import pytest

from mocks import builds
from mocks.everything import one_of_each
from mocks.kernel_image import KernelImage
from mocks.readers import read_of
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.layout import Struct
from pykd_handle.objects import Objects
from pykd_handle.targets import Gap, Span
from pykd_handle.values import Absent, Reason, Unavailable

from ..looking import watched

LAYOUTS = ("winxp_sp3_x86", "win7_sp1_x64", "win11_26100_x64")
Told = Dict[Tuple[str, str], Any]
# So many objects try each field: all of them have a header and a type, which the same code reads.
OBJECTS = 3


class Lossy(MockTarget):
    """A target without one field, or whose read of one number brings nothing."""

    def __init__(
        self, image: KernelImage, field: Optional[Tuple[str, str]] = None, fails: int = -1
    ) -> None:
        super().__init__(image)
        self.field = field
        self.fails = fails
        self.lost: Optional[Tuple[int, int]] = None
        self.made: Dict[str, Struct] = {}
        self.armed = False
        self.reads_made = 0
        self.asked: Set[Tuple[str, str]] = set()

    def struct(self, name: str) -> Struct:
        whole = super().struct(name)
        if not self.armed or (self.field is not None and name != self.field[0]):
            return whole
        found = self.made.get(name)
        if found is None:
            found = self.made[name] = self._make(whole)
        return found

    def _make(self, whole: Struct) -> Struct:
        if self.field is None:
            return watched(whole, self.asked, self.struct)
        kept = {key: value for key, value in whole.fields.items() if key != self.field[1]}
        return Struct(whole.name, whole.size, kept, self.struct)

    def fetch(self, address: int, size: int) -> Span:
        if self.armed:
            self.reads_made += 1
            if self.reads_made - 1 == self.fails:
                self.lost = (address, size)
                return Span(
                    address,
                    size,
                    (),
                    (Gap(address, size, Unavailable(Reason.NEVER_TOUCHED, address)),),
                )
        return super().fetch(address, size)


def describe(image: KernelImage, items: Dict[str, Any], target: Lossy) -> Told:
    """What is told of each object; losses begin behind what finds objects and types."""
    kernel = Kernel(target)
    objects = Objects(kernel)
    found: Told = {}
    for name, item in items.items():
        known = kernel.object(item.header)
        target.armed = True
        description = objects.describe(known, True)
        target.armed = False
        found[name, "its name"] = description.name
        found.update({(name, key): value for key, value in description.details.items()})
    return found


def differing(whole: Told, found: Told) -> List[Tuple[Tuple[str, str], Any]]:
    """What is told otherwise, but for names that became addresses or ids."""
    keys = dict.fromkeys((*whole, *found))
    return [
        (key, found.get(key))
        for key in keys
        if plain(whole.get(key)) != plain(found.get(key)) and not isinstance(found.get(key), Absent)
    ]


def plain(value: Any) -> Any:
    """A text without what names a process: its image, its ids, or where that is not known, its
    address."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if not isinstance(value, str):
        return value
    return re.sub(r"( ?(\w+\.exe ?)?(Cid [0-9a-f.]+|0x[0-9a-f]{8,}))+", " *", value)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_without_a_field(layout: str) -> None:
    image, items = one_of_each(layout)
    declared = read_of(builds.load_raw(layout))
    missing = 0
    tried: Counter[Tuple[str, str]] = Counter()
    for name, item in items.items():
        one = {name: item}
        target = Lossy(image)
        whole = describe(image, one, target)
        for struct, field in sorted(target.asked):
            if field not in declared.get(struct, ()) or tried[struct, field] == OBJECTS:
                continue
            tried[struct, field] += 1
            found = describe(image, one, Lossy(image, (struct, field)))
            missing += sum(isinstance(value, Unavailable) for value in found.values())
            for key, value in differing(whole, found):
                assert value is None or key[1] in ADAPTS, (
                    f"without {struct}.{field}, {key} is {value!r}, which it is not with it: say "
                    "that it is absent; or the object is none of its type (mocks/everything.py)"
                )
    assert missing > 500


@pytest.mark.parametrize("layout", (LAYOUTS[0], LAYOUTS[-1]))
def test_when_a_read_fails(layout: str) -> None:
    image, items = one_of_each(layout)
    for name, item in items.items():
        one = {name: item}
        target = Lossy(image)
        whole = describe(image, one, target)
        for number in range(target.reads_made):
            lossy = Lossy(image, fails=number)
            found = describe(image, one, lossy)
            assert lossy.lost is not None
            for key, value in differing(whole, found):
                assert value is None or key[1] in INSTEAD, (name, number, key, value)


# What stands in for another detail where that is missing.
# What a thread waits for has a header of its own, which tells less than that of an object.
INSTEAD = ("body", "leaf_name", "path", "waits_for")
# Lists of what a build has, as its symbols tell.
ADAPTS = (
    *INSTEAD,
    "queues",
    "process_flags",
    "thread_flags",
    "header_flags",
    "registration_flags",
    "section_flags",
    "type_flags",
)
