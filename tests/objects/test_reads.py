"""What details cost: on a machine that runs each read is a question to it."""

from __future__ import annotations

import struct
from collections import Counter
from typing import Dict, List, Tuple

import pytest

from mocks.everything import one_of_each
from mocks.kernel_image import KernelImage
from mocks.object import MockObject
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.objects import Objects

LAYOUTS = ("winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x64", "win11_26100_x64")
# The object of each type (`mocks.everything`) behind its header: the body, the header again with
# what lies in front, the table of distances, and one for each structure and string that is told.
# `USUAL` is enough for a type whose details all stand in its body.
USUAL = 5
MOST = {
    "ALPC Port": 21, "DebugObject": 5, "Desktop": 2, "Device": 8, "Directory": 10, "Driver": 7,
    "EtwRegistration": 9, "Event": 14, "File": 18, "IRTimer": 4, "IoCompletion": 6, "Job": 9,
    "Key": 12, "Mutant": 11, "Process": 14, "Section": 16, "Semaphore": 6, "SymbolicLink": 7,
    "Thread": 17, "Timer": 7, "Token": 10, "Type": 6, "WindowStation": 11,
}  # fmt: skip


def reads(image: KernelImage, item: MockObject) -> List[Tuple[int, int]]:
    """What is read of an object on a machine that runs, behind its header and its type."""
    target = MockTarget(image)
    target.round_trips = True
    kernel = Kernel(target)
    objects = Objects(kernel)
    known = kernel.object(item.header)
    objects.access_of(known)
    before = len(target.log)
    objects.describe(known, True)
    return target.log[before:]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_read_twice(layout: str) -> None:
    image, items = one_of_each(layout)
    for name, item in items.items():
        again = [read for read, times in Counter(reads(image, item)).items() if times > 1]
        assert not again, (name, again)


def test_no_detail_costs_more_than_its_structures() -> None:
    image, items = one_of_each("win10_19041_x64")
    taken: Dict[str, int] = {name: len(reads(image, item)) for name, item in items.items()}
    more = {name: number for name, number in taken.items() if number > MOST.get(name, USUAL)}
    assert more == {}, "reads of each: if none can be spared, the number belongs to MOST"


def test_the_groups_of_a_token_are_read_together() -> None:
    """However many there are: the array with one read, each SID once, whatever asks for it."""
    image = KernelImage()
    item = image.tokens.add()
    few = len(reads(image, item))
    count, array = 60, image.pool.allocate(60 * 16)
    for number in range(count):
        sid = image.pool.allocate(0x44)
        image.memory.write(sid, struct.pack("<BB6xII", 1, 2, 32, 1000 + number))
        image.memory.write(array + 16 * number, struct.pack("<QI", sid, 7))
    body = item.body("_TOKEN")
    body["UserAndGroups"], body["UserAndGroupCount"] = array, count
    assert len(reads(image, item)) <= few + count
