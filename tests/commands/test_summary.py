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
    assert asked.remarks == ["3 more rows not shown"]
    assert asked.feet == ["720 handles in 3 processes"]


def test_of_some_types_and_a_process(image: KernelImage) -> None:
    asked = ask(image, "summary --type file,directory --process b.exe")
    assert counts(asked, "type") == [("File", 10), ("Directory", 1)]


@pytest.mark.parametrize(
    "words", ["--by handle", "--by type,type", "--by ,", "--by type,name", "--totals --by name"]
)
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


class Leaks:
    """Three processes that leak differently, each some 300 handles, and a driver:

    one.exe opens one event again and again; names.exe makes mutants with a number in their names;
    files.exe opens keys, of which it closed all but ten. A driver makes 40 semaphores and keeps
    references to them, but no handle.
    """

    def __init__(self, layout: str = "win10_19041_x64") -> None:
        self.image = image = KernelImage(layout)
        self.one = image.processes.add("one.exe", 0x104)
        self.names = image.processes.add("names.exe", 0x208)
        self.files = image.processes.add("files.exe", 0x30C)
        image.processor.current = self.one
        self.event = image.objects.event(r"\BaseNamedObjects\Leaked")
        self.one.handles(300, self.event)
        for number in range(20):
            self.names.handle(image.objects.mutant(rf"\BaseNamedObjects\lock_{number * 7}"))
            self.names.handle(image.objects.mutant(rf"\BaseNamedObjects\other{number}"))
        key = image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE")
        for handle in self.files.handles(300, key)[10:]:
            self.files.close(handle)
        for _ in range(40):
            image.objects.semaphore()

    def ask(self, line: str) -> Asked:
        return Asked(KernelMode(MockTarget(self.image)), line)


def test_one_object_that_many_handles_lead_to() -> None:
    leaks = Leaks()
    asked = leaks.ask("summary --by object")
    first = asked.objects()[0]
    assert (first["handles"], first["processes"]) == (300, 1)
    assert first["object"] == f"0x{leaks.event.address:x}"
    assert (first["type"], first["name"]) == ("Event", r"\BaseNamedObjects\Leaked")
    assert len(asked.rows) == 1 + 40 + 1
    asked = leaks.ask("summary --by process,object")
    assert counts(asked, "process")[:2] == [("one.exe", 300), ("files.exe", 10)]


def test_names_that_differ_by_their_digits_are_one() -> None:
    asked = Leaks().ask("summary --by name --type Mutant")
    keys = ("type", "name", "objects", "processes")
    assert counts(asked, *keys) == [
        ("Mutant", r"\BaseNamedObjects\lock_#", 20, 1, 20),
        ("Mutant", r"\BaseNamedObjects\other#", 20, 1, 20),
    ]


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        (r"\Sessions\1\BaseNamedObjects\x", r"\Sessions\#\BaseNamedObjects\x"),
        (r"\Device\HarddiskVolume3", r"\Device\HarddiskVolume#"),
        (r"\RPC Control\{6B29FC40-CA47-1067-B31D-00DD010662DA}", r"\RPC Control\#"),
        ("wmi_0x1f4b_feed_12ab", "wmi_#_feed_#"),
        ("0" * 30000 + "g", "#g"),
    ],
)
def test_what_counts_as_digits(name: str, folded: str) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.handle(image.objects.event(name))
    (row,) = Asked(KernelMode(MockTarget(image)), "summary --by name --type Event").rows
    assert row["name"] == folded


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win7_sp1_x64", "win11_26100_x64"])
def test_references_without_handles_are_in_the_kernels_own_counts(layout: str) -> None:
    leaks = Leaks(layout)
    kind = leaks.image.types["Semaphore"].body("_OBJECT_TYPE")
    kind["HighWaterNumberOfObjects"] = 77
    kind["TypeInfo.DefaultNonPagedPoolCharge"] = 0x50
    rows = {row["type"]: row for row in leaks.ask("summary --totals").rows}
    semaphore = rows["Semaphore"]
    assert (semaphore["handles"], semaphore["objects"], semaphore["unheld"]) == (0, 0, 40)
    assert (semaphore["total_objects"], semaphore["most_objects"]) == (40, 77)
    assert (semaphore["pool_tag"], semaphore["nonpaged_charge"]) == ("Sema", 40 * 0x50)
    key = rows["Key"]
    assert (key["handles"], key["total_handles"], key["most_handles"]) == (10, 300, 300)
    assert rows["Mutant"]["unheld"] == 0
    # Of one process it is not known what is unheld.
    rows = {row["type"]: row for row in leaks.ask("summary --totals --process one.exe").rows}
    assert rows["Event"].get("unheld") is None
    # Nor where an object can't be: it may be one of them.
    lost = leaks.image.objects.event(own_page=True)
    handle = leaks.one.handle(lost)
    leaks.image.memory.drop_page(lost.header)
    row = next(
        row
        for row in leaks.ask("summary --totals --type Semaphore").objects()
        if row["type"] == "Semaphore"
    )
    assert row["unavailable"] == {"unheld": "not every table could be read"}
    leaks.one.close(handle)
    # Nor where a table can't be read.
    leaks.image.memory.drop_page(leaks.one.table.leaves[0])
    row = next(row for row in leaks.ask("summary --totals").objects() if row["type"] == "Mutant")
    assert row["unavailable"] == {"unheld": "not every table could be read"}


def test_how_many_handles_a_process_had_at_most() -> None:
    """Windows 7 counts it in the table, later ones in their free list, earlier ones nowhere."""
    for layout, most in (("win7_sp1_x64", 300), ("win10_19041_x64", 300), ("winxp_sp3_x86", None)):
        leaks = Leaks(layout)
        view = leaks.files.table.view
        if view.has("HandleCountHighWatermark"):
            view["HandleCountHighWatermark"] = 300
        asked = leaks.ask("summary --by process --totals")
        row = next(row for row in asked.objects() if row["process"] == "files.exe")
        assert (row["handles"], row["total_handles"], row["most_handles"]) == (10, 10, most)


def test_rights_are_looked_at_by_type_and_mask() -> None:
    """0x20 is PROCESS_VM_WRITE, and of an event nothing."""
    leaks = Leaks()
    leaks.one.handle(leaks.names, 0x20)
    leaks.one.handle(leaks.event, 0x20)
    leaks.names.handle(leaks.files, 0x10)
    for by, what in (("type", "Process"), ("process", None), ("process,type", "Process")):
        asked = leaks.ask(f"summary --by {by} --access PROCESS_VM_WRITE")
        assert [(row.get("type") or None, row["handles"]) for row in asked.rows] == [(what, 1)]
