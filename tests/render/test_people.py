"""Text and table: what people see, written out by hand."""

from __future__ import annotations

import io
from typing import Any, Dict, List, Sequence

import pytest

from pykd_handle.render import find_renderer, table
from pykd_handle.render.text import TextRenderer
from pykd_handle.rows import Block, Column, Foot, Note, Part
from pykd_handle.values import NO_VALUE, NOT_REQUESTED, Details, Hex, Label, Reason, Sentence

from .made import COLUMNS, GONE, HEAD, event, show

GONE_KEYS = ("granted_access", "attributes", "handle_count", "object")
HEADINGS = ["Handle", "Type", "Access", "Attr", "Handles", "Object", "Name", "Details"]
FREE = {"handle": Hex(0x8C), "free": True, "error": NO_VALUE}
HOLE = {"handle": Hex(0x90), "error": Sentence("{}; 49 handles hidden", "not in the dump")}


def bare(number: int, **values: Any) -> Dict[str, Any]:
    """A row of which only what stands in the table itself was asked for."""
    asked = dict.fromkeys(("type", "handle_count", "name", "details"), NOT_REQUESTED)
    row = event(handle=Hex(number), object=Hex(0x1000), attributes=(), granted_access=Hex(3))
    return {**row, **asked, **values}


@pytest.mark.parametrize("form", ["text", "table"])
def test_a_value_of_every_form(form: str) -> None:
    lines = show(form, [HEAD, [event()]]).text.splitlines()
    assert lines[:2] == ["notepad.exe  pid 0x1514", ""]
    assert lines[2].split() == HEADINGS
    assert lines[-1].split(None, 7) == [
        "88", "Event", "001f0003", "I+10", "12", "ffff9681758b0b30",
        "\\BaseNamedObjects\\Event1234",
        "Event Type: Auto Reset  Size: 0x1000  file: <not in the dump>",
    ]  # fmt: skip


def test_text_in_full() -> None:
    items = [
        HEAD,
        [bare(0x4), FREE, bare(0x88, attributes=("protect", "audit"))],
        [HOLE, bare(0x12344, granted_access=GONE)],
        Note(Sentence("a warning")),
        Note(Sentence("another")),
        Note(Sentence("how a symbol was recovered"), warning=False),
        HEAD,
        [{"handle": NO_VALUE, "error": Sentence("there is no table")}],
        Foot(Sentence("4 handles"), {}),
    ]
    written = show("text", items)
    assert written.remarks == "note: how a symbol was recovered\n"
    assert (
        written.text
        == """\
notepad.exe  pid 0x1514

Handle  Access    Attr  Object
     4  00000003        1000
    8c  (free)
    88  00000003  PA    1000
    90                           <not in the dump; 49 handles hidden>
 12344  <not in the dump>        1000

a warning
another

notepad.exe  pid 0x1514

Handle  Details
     -  <there is no table>

4 handles
"""
    )


def test_the_headings_come_again_where_a_column_is_added() -> None:
    batches = [[bare(4)], [bare(8, type="Key")], [bare(12)]]
    assert (
        show("text", batches).text
        == """\
Handle  Access    Attr  Object
     4  00000003        1000
Handle  Type  Access    Attr  Object
     8  Key   00000003        1000
     c        00000003        1000
"""
    )


def test_a_table_in_full() -> None:
    items = [HEAD, [bare(0x4), FREE], [HOLE], Note(Sentence("a warning")), HEAD, [bare(8)]]
    assert (
        show("table", items).text
        == """\
notepad.exe  pid 0x1514

  Handle  Access    Attr    Object
--------  --------  ------  ------------------------------------
       4  00000003          1000
      8c  (free)
      90                    <not in the dump; 49 handles hidden>

a warning

notepad.exe  pid 0x1514

  Handle  Access    Attr    Object
--------  --------  ------  --------
       8  00000003          1000
"""
    )


def test_a_table_in_ascii_is_what_tabulate_makes_of_it() -> None:
    """Our own alignment, which is faster, against the library's."""
    items = [[bare(4 * number), FREE, HOLE] for number in range(300)]
    ours = show("table", items).text
    wide = bare(0x1230)
    wide["object"] = "\u0416"  # one character outside of ASCII, and tabulate makes the table
    theirs = show("table", [*items, [wide]]).text
    assert theirs.splitlines()[:-1] == ours.splitlines()


def test_details_in_few_words() -> None:
    labels = {
        "level": Label("Level"),
        "admin": Label("Admin", brief="elevated"),
        "session": Label("Session", brief="session {}"),
    }
    columns = (Column("trust", "Trust", "brief"), Column("what", "What"))
    each: List[Any] = [
        Details({"level": "high", "admin": True, "session": 1}, labels),
        Details({"level": GONE, "admin": False, "session": NO_VALUE}, labels),
        GONE,
        NO_VALUE,
    ]
    text = show("text", [[{"trust": trust, "what": "x"} for trust in each]], columns).text
    assert (
        text
        == """\
Trust                      What
high, elevated, session 1  x
Level: <not in the dump>   x
<not in the dump>          x
                           x
"""
    )


def test_other_columns_than_those_of_handles() -> None:
    columns = (Column("type", "Type"), Column("count", "Count", "count"), Column("secret"))
    rows = [
        {"type": "Event", "count": 1200, "secret": "x"},
        {"type": "\x1b[2J <none>", "count": GONE, "secret": "x"},
        {"type": GONE, "count": 3, "secret": "x"},
    ]
    assert (
        show("text", [rows], columns).text
        == """\
Type                       Count
Event                       1200
<U+001B>[2J <U+003C>none>      ?
<not in the dump>              3
"""
    )


def test_columns_of_which_no_row_has_anything_have_headings_all_the_same() -> None:
    columns = (Column("pid", "PID", "handle"), Column("who", "Process"))
    assert show("text", [[{"type": "Event"}]], columns).text == "PID  Process\n  -\n"
    table = "  PID  Process\n-----  ---------\n    -\n"
    assert show("table", [[{"type": "Event"}]], columns).text == table


def test_a_column_before_the_handle_is_shown_of_every_row() -> None:
    columns = (Column("who", "Process"), Column("handle", "Handle", "handle"), Column("x", "X"))
    rows = [{"who": "a.exe", **FREE}, {"who": "b.exe", **HOLE}, {"who": "c.exe", "x": (1, "b")}]
    assert show("text", [rows], columns).text.splitlines()[1:] == [
        "a.exe        8c  (free)",
        "b.exe        90  <not in the dump; 49 handles hidden>",
        "c.exe         -  1,b",
    ]
    # A free entry has no object: no column is shown for what it does not have.
    free, used = {**FREE, "x": NO_VALUE}, {"who": "c.exe", "handle": Hex(0x94), "y": "z"}
    more = (*columns, Column("y", "Y"))
    heading = show("text", [[free, {"x": NOT_REQUESTED, **used}]], more).text.splitlines()[0]
    assert heading.split() == ["Process", "Handle", "Y"]
    # Where there is no column behind, it is said beside the handle, which stays.
    alone = show("text", [[FREE, HOLE, {"handle": Hex(0x94)}]], columns[1:2]).text.splitlines()
    assert [line.strip() for line in alone[1:]] == [
        "8c  (free)", "90  <not in the dump; 49 handles hidden>", "94"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ({"exited": True, "pid": 8}, "exited: yes  pid: 8"),
        ({"trace": (Hex(16), Hex(32)), "none": ()}, "trace: 0x10,0x20  none: -"),
        ({"operations": ({"kind": "open", "at": Hex(1)},)}, "operations: kind=open at=0x1"),
        ({"auto_reset": False}, "Event Type: Manual Reset"),
        ({"auto_reset": GONE}, "Event Type: <not in the dump>"),
        ({"name": "\x1b <x>"}, "name: <U+001B> <U+003C>x>"),
    ],
)
def test_details(details: Dict[str, Any], shown: str) -> None:
    columns = (Column("handle", "Handle", "handle"), Column("details", "Details", "details"))
    labels = event()["details"].labels
    row = {"handle": Hex(4), "details": Details(details, labels)}
    assert show("text", [[row]], columns).text.splitlines()[1] == f"     4  {shown}"


# --- much of it --------------------------------------------------------------------------------


def test_a_long_cell_pushes_its_own_row_only() -> None:
    columns = (Column("name", "Name"), Column("count", "Count", "count"))
    rows = [{"name": "x" * 32_767, "count": 1}, {"name": "y", "count": 2}]
    _, first, second = show("text", [rows], columns).text.splitlines()
    assert first == "x" * 32_767 + "      1"
    assert second == "y" + " " * 63 + "      2"


def test_a_cell_of_a_table_that_is_cut_says_so_and_no_name_does() -> None:
    names = ["\x1b" * 300, "x" + "\x1b" * 64, "abc <cut: 9 more characters>"]
    rows = [event(name=name, details=Details()) for name in names]
    cut, edge, whole = show("table", [rows]).text.splitlines()[-3:]
    assert cut.endswith("<U+001B>" * 64 + f" <cut: {236 * 8} more characters>")
    assert edge.endswith("x" + "<U+001B>" * 63 + " <cut: 8 more characters>")
    assert whole.endswith("abc <U+003C>cut: 9 more characters>")


def test_on_a_terminal_a_table_is_as_wide_as_that() -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"
        width = 30

    named = event(name="\x1b" * 9, details=Details(), **dict.fromkeys(GONE_KEYS, NOT_REQUESTED))
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        find_renderer("table")(stream, stream, COLUMNS).render([[named]])
    assert terminal.getvalue().splitlines() == [
        "  Handle  Type    Name",
        "--------  ------  ----------->",
        "      88  Event   <U+001B>>",
    ]
    assert pipe.getvalue().splitlines()[2].endswith("<U+001B>" * 9)
    # An ideograph is drawn as wide as two letters, a combining mark takes no place.
    for name, shown in (("\u8a9e" * 9, "\u8a9e" * 5 + ">"), ("e\u0301" * 12, "e\u0301" * 12)):
        terminal = Terminal()
        rows = [{**named, "name": name}]
        find_renderer("table")(terminal, terminal, COLUMNS).render([rows])
        assert terminal.getvalue().splitlines()[2] == f"      88  Event   {shown}"


def test_parts_that_were_written_before_are_written_alike() -> None:
    """What the rows of each block are in text, where a column grows, is added, or a head comes."""
    columns = [
        Column("pid", "PID", "handle"),
        Column("process", "Process"),
        Column("handle", "Handle", "handle"),
        Column("type", "Type"),
        Column("name", "Name"),
        Column("file", "File"),
    ]
    kinds = {"a": "Event", "b": "File", "c": "SymbolicLink", "long": "x" * 70}
    parts = {key: Part({"type": kind, "name": f"100%s {key}"}) for key, kind in kinds.items()}
    parts["file"] = Part({"type": "File", "name": NO_VALUE, "file": "%d.txt"})
    here = Part({"pid": Hex(4), "process": "100%s.exe"})
    there = Part({"pid": Hex(0x10000), "process": "a process of a longer name"})

    def block(shared: Part, handles: List[int], *keys: str) -> Block:
        lines = [(handle, parts[key]) for handle, key in zip(handles, keys)]
        return Block(shared, ("handle",), lines)

    made: List[Any] = [
        block(here, [4, 8], "a", "b"),
        block(here, [12, 16, 20], "b", "a", "b"),
        block(here, [24], "c"),
        block(here, [28, 32], "c", "a"),
        block(here, [0x123456789], "a"),
        block(here, [36], "a"),
        block(there, [4], "a"),
        block(there, [8], "c"),
        block(here, [40, 44], "a", "long"),
        Note(Sentence("a note")),
        block(here, [48, 52], "long", "a"),
        block(here, [56], "file"),
        block(here, [60, 64], "a", "file"),
        HEAD,
        block(here, [68], "b"),
        block(here, [72], "b"),
        block(here, [76], "file"),
        block(here, [80], "long"),
    ]
    tables: List[int] = []

    class Counted(TextRenderer):
        def table(self, columns: Sequence[Column], rows: List[List[str]]) -> str:
            tables.append(len(rows))
            return super().table(columns, rows)

    texts = []
    for items in (made, [item.rows() if isinstance(item, Block) else item for item in made]):
        stream = io.StringIO()
        Counted(stream, stream, columns).render(items)
        texts.append(stream.getvalue())
    assert texts[0] == texts[1]
    assert "100%s.exe       c  File   100%s b\n" in texts[0]
    # Six of the sixteen blocks needed no cells.
    assert len(tables) == 16 + 10


def handles(text: str) -> List[int]:
    words = [line.split()[0] for line in text.splitlines() if line.strip()]
    return [int(word, 16) for word in words if word.strip("0123456789abcdef") == ""]


def many(count: int) -> List[List[Dict[str, Any]]]:
    rows = [bare(4 * number + 4) for number in range(count)]
    return [rows[start : start + 256] for start in range(0, count, 256)]


def test_many_rows_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    real = table._aligned

    def counting(headers: Any, body: Any, right: Any) -> Any:
        sizes.append(len(body))
        return real(headers, body, right)

    monkeypatch.setattr(table, "_aligned", counting)
    assert handles(show("table", many(2500)).text) == [4 * n + 4 for n in range(2500)]
    assert sizes == [1000, 1000, 500]


@pytest.mark.parametrize("room", [400, 40, 1])
def test_little_memory_makes_smaller_tables(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    real = table._aligned

    def narrow(headers: Any, body: Any, right: Any) -> Any:
        if len(body) > room:
            raise MemoryError
        return real(headers, body, right)

    monkeypatch.setattr(table, "_aligned", narrow)
    assert handles(show("table", many(700)).text) == [4 * n + 4 for n in range(700)]


# --- on every stream ---------------------------------------------------------------------------

BEYOND = "\u0422\u0438\u043f\u20ac\x1b[31m\ud800\n"
IMITATION = "<Unavailable: not in the dump>"


@pytest.mark.parametrize("text", [BEYOND, IMITATION], ids=["beyond", "imitation"])
@pytest.mark.parametrize("encoding", ["ascii", "cp437", "utf-8"])
@pytest.mark.parametrize("form", ["text", "table", "csv"])
def test_every_text_is_escaped_once(form: str, encoding: str, text: str) -> None:
    from pykd_handle.rows import Head
    from pykd_handle.values import Unavailable

    why = Unavailable(Reason.ERROR, None, text)
    details = Details({"target": text, "list": (text,), "why": why, "deep": {"x": text}})
    said = Sentence("{}", text)
    rows = [
        event(type=text, name=text, details=details),
        event(type=why, granted_access=why, object=why, name=why, attributes=why),
        {**HOLE, "error": said},
    ]
    out = show(form, [Head(said, {}), rows, Note(said), Foot(said, {})], encoding=encoding).text
    assert all(char.isprintable() or char == "\n" for char in out)
    if text == BEYOND:
        assert "<U+001B>[31m<U+D800><U+000A>" in out
        assert ("\u0422\u0438\u043f" if encoding == "utf-8" else "<U+0422><U+0438>") in out
    else:
        assert "<U+003C>Unavailable: not in the dump>" in out
        # What stands in JSON, in two columns of CSV, can't be mistaken.
        assert not [place for place in out.split(text)[:-1] if not place.endswith(('"', "<"))]


def test_what_does_not_say_how_it_encodes_gets_ascii() -> None:
    class Pipe:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

    pipe = Pipe()
    find_renderer("text")(pipe, Pipe(), (Column("x", "X"),)).render([[{"x": "\u0416"}]])
    assert pipe.text == "X\n<U+0416>\n"
