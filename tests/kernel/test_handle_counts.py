"""The count of a handle table: who says it, and when it is no fact."""

from typing import Optional

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel.handle_table import HandleTable
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, Maybe, Reason, Unavailable

from ..answers import Answer


class Foreign(MockTarget):
    """A target whose symbols are not the kernel's own: a layout that ships, and what it records."""

    def __init__(self, image: KernelImage, lacks: str = "") -> None:
        super().__init__(image)
        self.lacks = lacks
        self.symbols_recovered = True

    def lacks_symbol(self, name: str) -> bool:
        return name == self.lacks


def system(layout: str, handles: int, free_lists: int = 1) -> KernelImage:
    image = KernelImage(layout, free_lists=free_lists)
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    image.processor.current.handles(handles, image.objects.event())
    return image


@pytest.mark.parametrize(
    ("layout", "lacks"),
    [("win7_sp1_x64", ""), ("winxp_sp3_x86", ""), ("win81_x64", "ExpFreeListCount")],
)
def test_without_symbols_the_table_says_it(layout: str, lacks: str) -> None:
    """A page that is missing does not take it away."""
    image = system(layout, 700)
    leaf = image.processor.current.table.leaves[1]
    image.memory.drop(leaf, 0x1000)
    table = HandleTable(Foreign(image, lacks), image.processor.current.table.address)
    assert table.handle_count == 700


@pytest.mark.parametrize("number", ["unknown", "missing", "absurd"])
def test_of_several_free_lists_one_says_nothing(number: str) -> None:
    """Windows 10 19041: without the number of lists the entries are counted."""
    image = system("win10_19041_x64", 700, free_lists=4)
    table = image.processor.current.table
    target = Foreign(image) if number == "unknown" else MockTarget(image)
    place = image.globals.address("ExpFreeListCount")
    if number == "unknown":
        image.globals.remove("ExpFreeListCount")
    elif number == "missing":
        image.memory.drop(place, 4)
    else:
        image.memory.write(place, bytes.fromhex("01040000"))  # one more than any kernel has
    assert HandleTable(target, table.address).handle_count == 700
    image.memory.drop(table.leaves[1], 0x1000)
    count = HandleTable(target, table.address).handle_count
    # 255 and 700 - 510 of them stand in the first and third page, each of which has 256 slots.
    assert count == Unavailable(Reason.COUNT_AT_LEAST, None, 445, 256)


@pytest.mark.parametrize(("lists", "most"), [(1, 701), (4, NO_VALUE)])
def test_the_most_that_there_were(lists: int, most: Maybe[int]) -> None:
    """Each of several lists has a mark of its own, and none of them is the table's."""
    image = system("win10_19041_x64", 700, free_lists=lists)
    table = image.processor.current.table
    table.view["FreeLists[0].HighWaterMark"] = 701
    assert HandleTable(MockTarget(image), table.address).most_handles == most


@pytest.mark.parametrize(("stored", "slots"), [(-72340172838076674, 256), (-3, 256), (257, 256)])
def test_a_count_that_can_not_be(stored: int, slots: int) -> None:
    image = system("win10_14393_x64", 40)
    image.processor.current.table.view["FreeLists[0].HandleCount"] = stored & 0xFFFFFFFF
    count = HandleTable(MockTarget(image), image.processor.current.table.address).handle_count
    assert isinstance(count, Unavailable)
    assert f"its {slots} slots" in words(count)


@pytest.mark.parametrize(
    ("count", "note", "failed"),
    [
        (40, None, False),
        (41, "the table counts 41 handles in use; 40 were found", True),
        (39, "the table counts 39 handles in use; 40 were found", False),
    ],
)
def test_a_count_unlike_the_number_listed_is_told(
    count: int, note: Optional[str], failed: bool
) -> None:
    image = system("win10_14393_x64", 40)
    image.processor.current.table.view["FreeLists[0].HandleCount"] = count
    for typed in ("0 1", "0 1 -1 Event"):
        answer = Answer(image, typed)
        assert answer.notes == ([note] if note else [])
        assert answer.failed is failed


def test_a_table_of_two_moments() -> None:
    """NextHandleNeedingPool ends before what the count says: the rows behind it are missing."""
    image = system("win10_14393_x64", 400)
    image.processor.current.table.view["NextHandleNeedingPool"] = 0x400
    answer = Answer(image, "0 1")
    assert len(answer.rows) == 255
    assert answer.failed
    count = answer.processes[0].handle_count
    assert isinstance(count, Unavailable) and "counts 400 handles" in words(count)
    assert answer.notes == ["the table counts 400 handles in use; 255 were found"]
