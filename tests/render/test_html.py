"""HTML pages: read again by the parser of the standard library, and their script run in node."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tracemalloc
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from mocks.sample import NAME
from pykd_handle.cli import main
from pykd_handle.commands import every
from pykd_handle.render import html
from pykd_handle.render.page import SCRIPT
from pykd_handle.rows import Column, Foot, Head, Note
from pykd_handle.values import NO_VALUE, NOT_REQUESTED, Hex, Sentence

from .made import COLUMNS, GONE, HEAD, event, show

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
HOSTILE = "</td><script>alert(1)</script><img src=http://x.y/a onerror=alert(1)>\"'&amp;\x1b[31m"
VOID = {"meta", "input", "br", "rect", "polyline", "path"}  # the last three are closed by ``/>``


class Page(HTMLParser):
    """A page: its tables, its other texts, and every attribute that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: List[Dict[str, Any]] = []
        self.attributes: List[Tuple[str, str, str]] = []
        self.texts: Dict[str, List[str]] = {}
        self.tags: List[str] = []
        self._cell: Optional[Dict[str, Any]] = None
        self._open: List[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        values = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in values.items()]
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self.tables.append({"heads": [], "rows": []})
        elif tag == "tr" and "tbody" in self._open:
            self.tables[-1]["rows"].append([])
        elif tag in ("td", "th"):
            self._cell = {"text": "", "sort": values.get("data-sort"), **values}
            row = self.tables[-1]["rows"][-1] if tag == "td" else self.tables[-1]["heads"]
            row.append(self._cell)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell["text"] += data
        elif self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def cells(self, table: int = 0) -> List[List[str]]:
        return [[cell["text"] for cell in row] for row in self.tables[table]["rows"]]

    def hidden(self, table: int = 1) -> List[int]:
        """The columns of a table, from one on, that its style hides."""
        style = "".join(self.texts.get("style", []))
        return [int(at) for at in re.findall(rf"#t{table} tr>:nth-child\((\d+)\)", style)]


def page(items: Any, columns: Any = COLUMNS) -> Page:
    return Page(show("html", items, columns=columns).text)


def test_a_value_of_every_form() -> None:
    made = page([HEAD, [event(handle_count=GONE)]])
    assert [cell["text"] for cell in made.tables[0]["heads"]] == [
        "Handle", "Type", "Access", "Attr", "Handles", "Object", "Name", "Details",
    ]  # fmt: skip
    (row,) = made.tables[0]["rows"]
    assert [(cell["text"], cell["sort"]) for cell in row] == [
        ("88", "136"),
        ("Event", None),
        ("001f0003", "2031619"),
        ("I+10", None),
        ("?", None),
        ("ffff9681758b0b30", str(0xFFFF9681758B0B30)),
        ("\\BaseNamedObjects\\Event1234", None),
        ("Event Type Auto ResetSize 0x1000file <not in the dump>", None),
    ]
    assert (row[4]["class"], row[4]["title"]) == ("u", "0x10: not in the dump")
    assert made.texts["h2"] == ["notepad.exe  pid 0x1514"]


def test_lines_of_a_cell_stay_in_it() -> None:
    columns = (Column("stack", "Stack", "lines"), Column("type", "Type"))
    made = page([[{"stack": ("nt!A", "<b>"), "type": "Event"}]], columns)
    assert made.cells() == [["nt!A<U+003C>b>", "Event"]]
    assert made.tags.count("br") == 1


def test_what_rows_do_not_have_is_hidden_and_what_is_said_of_them_shown() -> None:
    free = {"handle": Hex(0x8C), "free": True, "error": NO_VALUE}
    hole = {"handle": Hex(0x90), "error": Sentence("{} handles hidden", 49)}
    bare = event(**dict.fromkeys(("type", "handle_count", "name"), NOT_REQUESTED), details={})
    made = page([HEAD, [bare], [free, hole], HEAD, [event()]])
    assert made.hidden() == [2, 5, 7]
    assert made.hidden(2) == []
    assert [(row[0], row[-1]) for row in made.cells()] == [
        ("88", ""),
        ("8c", "(free)"),
        ("90", "<49 handles hidden>"),
    ]


def test_notes_stand_at_the_end_wherever_they_came() -> None:
    items = [
        Note(Sentence("lost: {}", "<b>")),
        [event()],
        Note(Sentence("how a symbol was recovered"), warning=False),
        [event()],
        Foot(Sentence("{} handles", 2), {}),
    ]
    written = show("html", items)
    made = Page(written.text)
    assert len(made.tables) == 1 and len(made.cells()) == 2
    assert [text for text in made.texts["li"] if text.strip()] == [
        "lost: <U+003C>b>",
        "how a symbol was recovered",
    ]
    assert written.remarks == "note: how a symbol was recovered\n"
    assert made.texts["p"] == ["2 handles"]


def test_a_page_takes_no_more_notes_than_one_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "_MOST_NOTES", 2)
    written = show("html", [[event()], *(Note(Sentence("lost: {}", at)) for at in range(5))])
    told = ["lost: 0", "lost: 1", "3 more notes are left out"]
    assert Page(written.text).texts["li"][-3:] == told


def test_hostile_names_are_text() -> None:
    plain = page([HEAD, [event()], Note(Sentence("a"))])
    head = Head(Sentence("{}", HOSTILE), {})
    rows = [event(name=HOSTILE, type=HOSTILE, details={"a": HOSTILE, HOSTILE: 1})]
    made = page([head, rows, Note(Sentence("{}", HOSTILE)), Foot(Sentence("{}", HOSTILE), {})])
    assert set(made.tags) == {*plain.tags, "p"}
    assert {name for _, name, _ in made.attributes} <= {name for _, name, _ in plain.attributes}
    shown = HOSTILE.replace("\x1b", "<U+001B>")
    shown = re.sub("(?<![A-Za-z0-9])<(?=[/si])", "<U+003C>", shown)
    assert made.cells()[0][1] == made.cells()[0][6] == shown
    assert shown in made.texts["h2"] and shown in made.texts["li"] and shown in made.texts["p"]


@pytest.mark.parametrize(
    "words", ["list 0 3 0", "list 0 7 --details", "summary", "find *", "types"]
)
def test_a_page_needs_nothing_from_elsewhere(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = str(SAMPLES / f"{NAME}.dmp")
    assert main(["--dump", dump, *words.split(), "--format", "html"]) == 0
    text = capsys.readouterr().out
    made = Page(text)
    assert text.isascii() or "charset" in text
    assert len(made.cells()) > 1
    without = re.sub("sha256-[A-Za-z0-9+/=]+", "", text)  # two slashes may stand in it
    assert not re.search(r"https?:|//|url\(|@import|<link|<iframe", without)
    assert not [each for each in made.attributes if each[1] in ("src", "href", "style", "xmlns")]
    policy = next(value for _, name, value in made.attributes if "default-src" in value)
    digest = base64.b64encode(hashlib.sha256("".join(made.texts["script"]).encode()).digest())
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest.decode()}'; base-uri 'none'; form-action 'none'"
    )
    assert "prefers-color-scheme:dark" in text
    assert made.tags.count("script") == 1


def test_a_page_says_what_it_is_and_what_was_said_of_the_dump(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dump = str(SAMPLES / f"{NAME}.dmp")
    asked = ["--dump", dump, "find", "<b>&", "--format", "html"]
    assert main(asked) == 1  # a name that can't be read may be this one
    told = capsys.readouterr()
    made = Page(told.out)
    words = "pykd-handle " + " ".join(asked)
    assert made.texts["h1"] == made.texts["title"] == [words.replace("<b", "<U+003C>b")]
    notes = [line[len("note: ") :] for line in told.err.splitlines() if "symbols:" in line]
    assert len(notes) == 1 and made.texts["li"][0] == notes[0]


def test_every_command_has_it() -> None:
    from pykd_handle.options import parse

    for command in every():
        needed = ["1" for each in command.arguments if not each.names[0].startswith("-")]
        assert parse([command.name, *needed, "--format", "html"]).options.format == "html"


# --- figures -----------------------------------------------------------------------------------

CHARTED = (
    Column("process", "Process"),
    Column("n", "N", "count", chart="bar"),
    Column("counts", "Counts", chart="line"),
)


def test_bars_are_as_long_as_their_share_of_the_largest_in_whatever_batch() -> None:
    batches = [[{"process": "a", "n": 50}], [{"process": "b", "n": 200}, {"process": "c", "n": 0}]]
    made = page([*batches, Foot(Sentence("all"), {})], CHARTED)
    assert [value for tag, name, value in made.attributes if (tag, name) == ("rect", "width")] == [
        "25.0", "100.0", "0.0",
    ]  # fmt: skip
    assert [cell["sort"] for row in made.tables[0]["rows"] for cell in row[1:2]] == [
        "50", "200", "0",
    ]  # fmt: skip


def test_of_many_rows_bars_are_those_of_the_rows_held_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(html, "_HELD", 2)
    made = page(
        [[{"process": "a", "n": n} for n in each] for each in ((50,), (200,), (7,))], CHARTED
    )
    assert [value for tag, name, value in made.attributes if (tag, name) == ("rect", "width")] == [
        "25.0", "100.0", "100.0",
    ]  # fmt: skip


def test_what_is_said_of_a_handle_without_another_column_stands_beside_it() -> None:
    rows = [
        {"handle": Hex(0x8C), "free": True, "error": NO_VALUE},
        {"handle": Hex(0x90), "error": Sentence("a <hole>")},
    ]
    made = page([rows], (Column("handle", "Handle", "handle"),))
    found = [(cell["text"], cell["sort"]) for (cell,) in made.tables[0]["rows"]]
    assert found == [("8c (free)", "140"), ("90 <a <U+003C>hole>>", "144")]


def test_lines_go_through_the_numbers() -> None:
    """By hand: 80 wide, 18 high below 1 for each row; the figure has one scale for all."""
    rows = [{"process": HOSTILE, "counts": (0, 9, 18)}, {"process": "b", "counts": (10, 5)}]
    made = page([rows], CHARTED)
    points = [value for tag, name, value in made.attributes if name == "points"]
    assert points[:2] == ["0.0,19.0 40.0,10.0 80.0,1.0", "0.0,1.0 80.0,10.0"]
    assert points[2].split()[0] == "64.0,216.0" and points[2].split()[2] == "712.0,8.0"
    assert len(points) == 4
    anchors = [value for tag, name, value in made.attributes if name == "text-anchor"]
    assert anchors == ["end", "end", "start", "middle", "end"]  # of the scale, of the places
    assert [row[2]["sort"] for row in made.tables[0]["rows"]] == ["18", "-5"]
    assert "b: 10, 5" in made.texts["text"]
    assert "script" not in [tag for tag in made.tags if tag != "script"]
    assert made.tags.count("script") == 1


# --- large pages -------------------------------------------------------------------------------


class Nowhere:
    encoding = "utf-8"

    def write(self, text: str) -> None:
        pass


def test_memory_is_flat() -> None:
    def batches(count: int) -> Iterator[Any]:
        yield HEAD
        for _ in range(count):
            yield [event() for _ in range(100)]

    peaks = []
    for count in (3, 60):
        tracemalloc.start()
        html.HtmlRenderer(Nowhere(), Nowhere(), COLUMNS).render(batches(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


# --- the script --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node() -> str:
    return shutil.which("node") or ""


def test_sorting_and_searching(node: str, tmp_path: Path) -> None:
    """By what the parser finds in the page."""
    objects = [2**64 - 1, 2**64 - 2, 5, 70]
    rows = [
        event(handle=Hex(at), object=Hex(number), name=name)
        for at, (number, name) in enumerate(zip(objects, ("b", "A", "zz top", NO_VALUE)))
    ]
    rows.append(event(handle=Hex(4), object=GONE, name="a"))
    made = page([HEAD, rows, HEAD, [event(handle=Hex(9), name="other zz top")]])
    script = tmp_path / "page.js"
    script.write_text(SCRIPT, encoding="ascii")
    steps: List[Dict[str, Any]] = [
        {"click": [0, 5]},
        {"click": [0, 5]},
        {"click": [0, 6]},
        {"click": [0, 6]},
        {"search": "TOP  zz"},
        {"search": ""},
    ]
    done = subprocess.run(
        [node, str(Path(__file__).with_name("page.js")), str(script)],
        input=json.dumps({"tables": made.tables, "steps": steps}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert ["".join(answer["rows"][0]) for answer in answers[:4]] == [
        "23104",  # 5, 70, 2^64 - 2, 2^64 - 1, and what could not be read
        "01324",
        "14023",  # A and a are one, and stay in their order
        "20143",
    ]
    assert answers[4]["rows"] == [["2"], ["9"]]
    assert answers[4]["said"] == "2 of 6 rows"
    assert [len(each) for each in answers[5]["rows"]] == [5, 1]
