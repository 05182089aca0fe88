"""``summary``: counts of a system that was built with them."""

from typing import Any, List, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.values import UsageError

from .asking import Asked


@pytest.fixture(scope="module")
def image() -> KernelImage:
    """a.exe: 700 events, 3 files; b.exe: 5 events, 10 files, 1 directory; System: 1 process."""
    image = KernelImage()
    first, second = image.processes.add("a.exe", 0x104), image.processes.add("b.exe", 0x208)
    image.processor.current = first
    event, file = image.objects.event(), image.files.open(r"\a.txt")
    image.processes.system.handle(first)
    first.handles(700, event)
    first.handles(3, file)
    image.last_event = event  # type: ignore[attr-defined]
    second.handles(5, event)
    second.handles(10, file)
    second.handle(image.objects.directory(r"\KnownDlls"))
    return image


def ask(image: KernelImage, line: str) -> Asked:
    return Asked(KernelMode(MockTarget(image)), line)


def counts(asked: Asked, *keys: str) -> List[Tuple[Any, ...]]:
    return [tuple(row[key] for key in (*keys, "handles")) for row in asked.rows]


def test_by_type_the_most_first(image: KernelImage) -> None:
    asked = ask(image, "summary")
    assert counts(asked, "type", "processes") == [
        ("Event", 2, 705),
        ("File", 2, 13),
        ("Directory", 1, 1),
        ("Process", 1, 1),
    ]
    assert asked.feet == ["720 handles in 3 processes"]


def test_by_process(image: KernelImage) -> None:
    asked = ask(image, "summary --by process")
    assert counts(asked, "pid", "process") == [
        (0x104, "a.exe", 703),
        (0x208, "b.exe", 16),
        (4, "System", 1),
    ]


def test_by_process_no_object_is_read(image: KernelImage) -> None:
    target = MockTarget(image)
    header = image.last_event.header  # type: ignore[attr-defined]

    def reads(line: str) -> int:
        assert Asked(KernelMode(target), line).run.found == 720
        found = sum(at <= header < at + size for at, size in target.log)
        target.log.clear()
        return found

    assert (reads("summary"), reads("summary --by process")) == (1, 0)


def test_by_both_and_the_top(image: KernelImage) -> None:
    asked = ask(image, "summary --by process,type --top 3")
    assert counts(asked, "process", "type") == [
        ("a.exe", "Event", 700),
        ("b.exe", "File", 10),
        ("b.exe", "Event", 5),
    ]
    assert asked.remarks == ["3 rows more not shown"]
    assert asked.feet == ["720 handles in 3 processes"]


def test_of_some_types_and_a_process(image: KernelImage) -> None:
    asked = ask(image, "summary --type file,directory --process b.exe")
    assert counts(asked, "type") == [("File", 10), ("Directory", 1)]


@pytest.mark.parametrize("words", ["--by handle", "--by type,type", "--by ,", "--top x"])
def test_wrong_words(image: KernelImage, words: str) -> None:
    with pytest.raises(UsageError):
        ask(image, f"summary {words}")


def test_a_type_that_can_not_be_read_has_a_row_with_its_reason() -> None:
    image = KernelImage()
    event = image.objects.event(own_page=True)
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.handles(2, event)
    image.memory.drop_page(event.header)
    asked = ask(image, "summary")
    (row,) = asked.objects()
    assert (row["type"], row["handles"]) == (None, 2)
    assert "not in the dump" in row["unavailable"]["type"]
    assert "not in the dump" in asked.shown("text")
