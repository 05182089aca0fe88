"""``--sort``, ``--columns``, ``--top`` and the filters: alike for every command."""

from __future__ import annotations

import io
from argparse import Namespace
from datetime import datetime, timezone
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.cli import main
from pykd_handle.commands import every
from pykd_handle.commands.arrange import Arrangement
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.render.jsonl import JsonlRenderer
from pykd_handle.render.text import TextRenderer
from pykd_handle.rows import Block, Column, Foot, Head, Note, Part
from pykd_handle.values import (
    NO_VALUE,
    NOT_REQUESTED,
    Hex,
    Reason,
    Sentence,
    Unavailable,
    UsageError,
)

from .asking import Asked

COLUMNS = (Column("pid", "", "", "PID"), Column("n", "N"), Column("name", "Name"))
LOST = Unavailable(Reason.NEVER_TOUCHED, 0x1000)
VM_WRITE, QUERY_LIMITED = 0x20, 0x1000  # PROCESS_... of winnt.h


def arranged(
    items: Any,
    sort: Optional[str] = None,
    top: Optional[str] = None,
    columns: Optional[str] = None,
) -> List[Any]:
    options = Namespace(sort=sort, top=top, columns=columns)
    return list(Arrangement(COLUMNS, options).items(iter(items)))


def values(items: Sequence[Any], key: str) -> List[Any]:
    rows = (item.rows() if isinstance(item, Block) else item for item in items)
    return [row[key] for batch in rows if isinstance(batch, list) for row in batch]


def rows(*pairs: Tuple[Any, Any]) -> List[Any]:
    return [{"pid": 4, "n": n, "name": name} for n, name in pairs]


# --- the order ---------------------------------------------------------------------------------

MIXED = rows((3, "b"), (LOST, "x"), (1, NO_VALUE), (3, "A"), (NOT_REQUESTED, "y"), (20, "a"))


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("n", [NO_VALUE, "b", "A", "a", "x", "y"]),
        ("-n", ["a", "b", "A", NO_VALUE, "x", "y"]),
        # Without regard to case; equal ones by the next key, and what is absent is last, always.
        ("-n,name", ["a", "A", "b", NO_VALUE, "x", "y"]),
        ("-name", ["y", "x", "b", "a", "A", NO_VALUE]),
    ],
)
def test_numbers_and_texts_are_sorted_and_what_is_absent_is_last(
    sort: str, names: List[Any]
) -> None:
    batches = [MIXED[:2], MIXED[2:]]
    for top in (None, "100"):
        found = values(arranged(batches, sort, top), "name")
        assert [str(name) for name in found] == [str(name) for name in names]
    assert values(arranged(batches, sort, "2"), "name") == names[:2]


def test_cells_of_several_values_and_times_are_sorted_too() -> None:
    """Rights by their first word, then by the next; details by their names; times by the clock."""
    early, late = datetime(2024, 1, 9, 23, tzinfo=timezone.utc), datetime(2024, 1, 10, 4, 5, 6, 7)
    for cells in (
        [("modify", "Query"), ("Query",), ("Query", "Modify"), LOST],
        [{"count": 2}, {"count": 10}, {"count": 10, "limit": LOST}, {"limit": 1}, NO_VALUE],
        [early, late.replace(tzinfo=timezone.utc), LOST],
    ):
        shuffled = rows(*((number, cell) for number, cell in enumerate(cells)))[::-1]
        assert values(arranged([shuffled], "name"), "n") == [*range(len(cells))]


def test_rows_of_blocks_are_sorted_as_others_are() -> None:
    """A block has a value in its lines, in a part of them, or for all of them."""
    parts = [Part({"name": name}) for name in ("b", "a")]
    block = Block(Part({"pid": 8}), ("n",), [(5, parts[0]), (2, parts[1]), (9, parts[0])])
    items = [rows((3, "c")), block]
    assert values(arranged(items, "n"), "n") == [2, 3, 5, 9]
    assert values(arranged(items, "-pid,name,-n"), "n") == [2, 9, 5, 3]
    (first, *_) = arranged(items, "-n", "1")
    assert first == [{"pid": 8, "n": Hex(9), "name": "b"}]


def test_what_stands_between_rows_keeps_its_place_around_them() -> None:
    """Heads of processes whose rows are among each other are gone, one that is alone stands above
    them; totals come behind the rows."""
    line, foot = Note(Sentence("lost")), Foot(Sentence("all"), {})
    head = Head(Sentence("one"), {})
    items = [head, rows((2, "a")), line, foot]
    assert arranged([*items, rows((1, "b"))], "n") == [line, head, rows((1, "b"), (2, "a")), foot]
    found = arranged([*items, head, rows((1, "b"))], "n")
    assert found == [line, rows((1, "b"), (2, "a")), foot]
    items = items[1:]
    found = arranged(items, "pid,name", "0")
    assert found[:2] == [line, foot]
    assert str(found[2].line) == "1 more row not shown"


def test_a_note_that_has_lost_its_head_says_what_it_is_of() -> None:
    """As it does in formats without heads."""
    lost = Note(Sentence("lost"), under=Sentence("a.exe"))
    items = [Head(Sentence("a.exe  pid 0x104"), {}), rows((1, "a")), lost]
    assert arranged(items)[-1] == lost
    (note, *_) = arranged(items, "n")
    assert str(note.line) == "a.exe: lost"
    # One under a head that is shown, one under one that --top leaves out.
    other = Note(Sentence("lost"), under=Sentence("b.exe"))
    items += [Head(Sentence("b.exe  pid 0x208"), {}), other]
    first = Arrangement(COLUMNS, Namespace(sort=None, top="1", columns=None)).items(items)
    notes = [each for each in first if isinstance(each, Note)]
    assert [str(each.line) for each in notes] == ["lost", "b.exe: lost"]
    del items[3:]
    for renderer, count in ((TextRenderer, 0), (JsonlRenderer, 1)):
        out, remarks = io.StringIO(), io.StringIO()
        renderer(out, remarks, COLUMNS).render(items)
        assert (out.getvalue() + remarks.getvalue()).count("a.exe: lost") == count


def test_a_sort_that_nothing_has_a_value_for_is_told() -> None:
    found = arranged([rows((NOT_REQUESTED, "b"), (LOST, "a"))], "n,name")
    assert values(found, "name") == ["a", "b"]
    assert [str(item.line) for item in found if isinstance(item, Note)] == [
        "no row has anything to sort by in n"
    ]


@pytest.mark.parametrize("top", [None, "2"])
def test_stopped_on_the_way_what_was_found_comes_first(top: Optional[str]) -> None:
    def stopping() -> Iterator[Any]:
        yield rows((1, "c"), (2, "b"), (3, "a"))
        raise KeyboardInterrupt

    found: List[Any] = []
    with pytest.raises(KeyboardInterrupt):
        for item in Arrangement(COLUMNS, Namespace(sort="name", top=top, columns=None)).items(
            stopping()
        ):
            found.append(item)
    assert values(found, "n") == [3, 2, 1][: 2 if top else 3]


# --- the first ---------------------------------------------------------------------------------


def test_the_first_rows_come_at_once_and_nothing_is_read_behind_them() -> None:
    asked = []

    def pages() -> Iterator[Any]:
        for number in range(10):
            asked.append(number)
            yield Head(Sentence("a process"), {})
            yield rows((number, "a"), (number, "b"))

    items = Arrangement(COLUMNS, Namespace(sort=None, top="3", columns=None)).items(pages())
    assert isinstance(next(items), Head)
    assert values([next(items)], "n") == [0, 0]
    assert asked == [0]
    rest = list(items)
    assert values(rest, "n") == [1]
    assert asked == [0, 1, 2]
    assert [type(item) for item in rest] == [Head, list, Note]
    # A batch without a row is none that is left out.
    exact = Arrangement(COLUMNS, Namespace(sort=None, top="2", columns=None)).items(
        [rows((1, "a"), (2, "b")), [], Foot(Sentence("2 rows"), {})]
    )
    assert [type(item) for item in exact] == [list, list, Foot]


def test_no_more_rows_are_kept_than_the_first_ones_take() -> None:
    import tracemalloc

    def many() -> Iterator[Any]:
        for number in range(60):
            yield rows(*[((number * 7919 + at) % 100_000, "x" * 50) for at in range(512)])

    tracemalloc.start()
    found = values(arranged(many(), "-n", "3"), "n")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (
        found
        == sorted(
            ((number * 7919 + at) % 100_000 for number in range(60) for at in range(512)),
            reverse=True,
        )[:3]
    )
    assert peak < 5 << 20  # 30,720 rows would take several times as much


# --- columns, and wrong words ------------------------------------------------------------------


def test_columns_are_those_named_in_their_order_and_have_headings() -> None:
    options = Namespace(sort=None, top=None, columns="name,pid")
    assert Arrangement(COLUMNS, options).columns == [
        Column("name", "Name"),
        Column("pid", "PID", "", "PID"),
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"sort": "nom"}, "--sort: there is no column 'nom', but pid, n, name"),
        ({"sort": "--n"}, "--sort: there is no column '-n', but pid, n, name"),
        ({"columns": "n,-name"}, "--columns: there is no column '-name', but pid, n, name"),
        ({"columns": "n,n"}, "--columns names n twice"),
        ({"sort": ","}, "--sort is empty: name one or more of pid, n, name"),
        ({"top": "a"}, "--top 'a' is no decimal number"),
    ],
)
def test_wrong_words_are_told_with_what_there_is(words: Any, line: str) -> None:
    with pytest.raises(UsageError) as raised:
        arranged([], **words)
    assert str(raised.value) == line


@pytest.mark.parametrize("words", ["--top 3", "--sort=-name", "--columns name", "--type File"])
def test_the_classic_text_has_none_of_it(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dump", "no.dmp", "--format", "windbg", *words.split()]) == 2
    said = capsys.readouterr().err
    assert f"has no {words.split('=')[0].split()[0]}; text, table" in said


def test_columns_are_checked_before_a_dump_is_opened(capsys: pytest.CaptureFixture[str]) -> None:
    for command in every():
        needed = ["1" for each in command.arguments if not each.names[0].startswith("-")]
        if command.run is not None:
            assert main(["--dump", "no.dmp", command.name, *needed, "--sort", "-nope"]) == 2
            assert "there is no column 'nope', but " in capsys.readouterr().err


# --- commands ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image() -> KernelImage:
    """a.exe: 2 events, b.exe as VM_WRITE and QUERY_LIMITED; b.exe: a.exe as QUERY_LIMITED."""
    image = KernelImage()
    first, second = image.processes.add("a.exe", 0x104), image.processes.add("b.exe", 0x208)
    image.processor.current = first
    first.handle(image.objects.event(r"\BaseNamedObjects\z"), 0x100000)
    first.handle(image.objects.event(r"\BaseNamedObjects\Y"), 0x3)
    first.handle(second, VM_WRITE)
    first.handle(second, QUERY_LIMITED)
    second.handle(first, QUERY_LIMITED)
    return image


def pairs(image: KernelImage, line: str) -> List[Tuple[int, int]]:
    asked = Asked(KernelMode(MockTarget(image)), line)
    return [(row["pid"], row["granted_access"]) for row in asked.rows]


COMMANDS = ["find *", "list 0 3 0"]


@pytest.mark.parametrize("command", COMMANDS)
def test_handles_are_chosen_and_sorted_alike(image: KernelImage, command: str) -> None:
    named = f"{command} --type process,EVENT"
    assert pairs(image, f"{named} --sort=-granted_access --top 2") == [
        (0x104, 0x100000),
        (0x104, QUERY_LIMITED),
    ]
    assert [at for at, _ in pairs(image, f"{named} --sort=-pid")] == [
        0x208,
        *[0x104] * 4,
    ]
    assert pairs(image, f"{command} --access vm_write,SYNCHRONIZE --type Process") == [
        (0x104, VM_WRITE)
    ]
    assert pairs(image, f"{command} --access 3") == [(0x104, 3)]
    assert pairs(image, f"{command} --access PROCESS_QUERY_LIMITED_INFORMATION") == [
        (0x104, QUERY_LIMITED),
        (0x208, QUERY_LIMITED),
    ]
    # As WinDbg spells it; the bit of a process is another right of another type.
    assert pairs(image, f"{command} --access ModifyState") == [(0x104, 3)]
    if command.startswith("find"):
        assert pairs(image, f"{command} --process b.exe") == [(0x208, QUERY_LIMITED)]


def test_a_listing_takes_a_process_by_option(image: KernelImage) -> None:
    assert pairs(image, "list --process B.EXE") == [(0x208, QUERY_LIMITED)]
    with pytest.raises(UsageError, match="--process and Process both name a process"):
        pairs(image, "list 0 3 104 --process b.exe")


def test_summary_counts_what_the_filters_take(image: KernelImage) -> None:
    asked = Asked(KernelMode(MockTarget(image)), "summary --access QueryLimitedInfo --by process")
    assert [(row["process"], row["handles"]) for row in asked.rows] == [("a.exe", 1), ("b.exe", 1)]
    asked = Asked(KernelMode(MockTarget(image)), "summary --sort type --columns type,handles")
    assert asked.shown("csv").splitlines() == [
        "type,handles,unavailable",
        "Event,2,",
        "Process,3,",
    ]


def test_one_handle_that_the_filters_do_not_take_is_told(image: KernelImage) -> None:
    asked = Asked(KernelMode(MockTarget(image)), "list 4 --access WRITE_DAC")
    assert asked.rows == []
    assert asked.notes == ["handle 0x4 is not shown: the options name others"]


def test_a_handle_whose_type_can_not_be_read_may_be_meant() -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    lost = image.objects.event(own_page=True)
    image.processor.current.handle(lost, 0x20)
    image.processor.current.handle(image.objects.event(), 0x20)
    image.memory.drop_page(lost.header)
    for line in ("list", "find"):
        asked = Asked(KernelMode(MockTarget(image)), f"{line} --access VM_WRITE")
        assert asked.rows == []
        assert (
            "1 handle left out, since whether it has one of the rights can't be told" in asked.notes
        )
        assert asked.run.failed
        # A mask needs no type.
        assert len(Asked(KernelMode(MockTarget(image)), f"{line} --access 0x20").rows) == 2


def test_no_such_right(image: KernelImage) -> None:
    with pytest.raises(UsageError) as raised:
        pairs(image, "find --access VM_WRIT")
    assert str(raised.value) == (
        "--access 'VM_WRIT' is no right of any type, and no hexadecimal mask; did you mean "
        "VMWRITE, WRITE, MAPWRITE?"
    )
