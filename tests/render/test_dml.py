"""DML: the same text as `text`, with links, as a debugger would read it."""

from __future__ import annotations

import io
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from mocks import KernelImage
from mocks.pykd import StandIn
from pykd_handle import cli
from pykd_handle.commands import every
from pykd_handle.render import dml, find_renderer
from pykd_handle.rows import Foot, Item, Note
from pykd_handle.values import NO_VALUE, Hex, Sentence

from .made import COLUMNS, GONE, HEAD, event, show

RUN = "!pykd.py -g -m pykd_handle"
WDS = Path(cli.__file__).parent / "windbg" / "khandle.wds"


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class Window(io.StringIO):
    """A debugger's stream: what is written as text, and what as markup."""

    encoding = "ascii"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.markup = ""

    def write(self, text: str) -> int:
        assert max(map(units, text.splitlines() or [""])) <= 16383
        return super().write(text)

    def writedml(self, text: str) -> None:
        assert units(text) <= 16383, "the engine shows no more of it"
        self.markup += text


class Reader(HTMLParser):
    """What a window shows, and its links: (text, command)."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.shown = ""
        self.links: List[Tuple[str, str]] = []
        self._command = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag == "exec" and [name for name, _ in attrs] == ["cmd"]
        self._command = attrs[0][1]

    def handle_endtag(self, tag: str) -> None:
        self._command = ""

    def handle_data(self, data: str) -> None:
        self.shown += data
        if self._command:
            self.links.append((data, self._command))


def read(items: List[Item]) -> Reader:
    window = Window()
    columns = [
        column._replace(label="PID", form="handle") if column.key == "pid" else column
        for column in COLUMNS
    ]
    find_renderer("dml")(window, io.StringIO(), columns).render(items)
    assert window.getvalue() == ""
    links = window.markup.count("<exec ")
    assert window.markup.count('"') == window.markup.count(">") == 2 * links
    assert Reader(window.markup).shown == show("text", items, columns=columns).text
    return Reader(window.markup)


def test_the_text_with_links() -> None:
    gone: Dict[str, Any] = {"handle": Hex(0x90), "error": Sentence("{} handles hidden", 4)}
    free = {"handle": Hex(0x8C), "free": True, "error": NO_VALUE, "object": NO_VALUE, "pid": None}
    other = event(object=Hex(0x1A), pid=Hex(0x4))
    items: List[Item] = [
        HEAD,
        [event(), free],
        [gone, other],
        Note(Sentence("<b>a & b</b>")),
        [event(), event(pid=GONE, object=GONE)],
        Foot(Sentence('"4" handles'), {}),
    ]
    shown = [
        ("1514", f"{RUN} summary --process 1514 --format dml"),
        ("ffff9681758b0b30", f"{RUN} object ffff9681758b0b30 --format dml"),
    ]
    assert read(items).links == [
        *shown,
        ("4", f"{RUN} summary --process 4 --format dml"),
        ("1a", f"{RUN} object 1a --format dml"),
        *shown,
    ]


@pytest.mark.parametrize(
    "name", ['<exec cmd="!evil">ffff</exec>', "&lt;b&gt;", "a\ue001\ue01fb", '";.kill;"', "\ue000"]
)
def test_names_can_not_make_links(name: str) -> None:
    shown = read([[event(name=name, type=name)], Note(Sentence("{}", name))])
    assert [text for text, _ in shown.links] == [text for text, _ in read([[event()]]).links]
    assert "evil" not in "".join(command for _, command in shown.links)


def test_what_is_long_comes_in_pieces() -> None:
    """A batch of rows, and a name; a letter may be two units, a mark six letters."""
    links = len(read([[event()]]).links)
    assert len(read([[event()] * 512]).links) == 512 * links
    for letter in ("x", "\U0001f600", '"'):
        name = letter * 32767
        assert name in read([[event(name=name)], Note(Sentence("{}", name))]).shown


def test_every_process_id_that_a_command_shows_is_a_link() -> None:
    columns = {column for each in every() for shown in each.columns.values() for column in shown}
    ids = {column.key for column in columns if column.key.endswith("pid") and column.form}
    assert ids == {key for key, kind in dml._OF_COLUMN.items() if kind == 1}


def test_the_command_is_that_of_the_alias() -> None:
    assert f'aS !khandle "{RUN}"' in WDS.read_text("ascii")


def test_in_a_session(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    image = KernelImage()
    process = image.processor.current = image.processes.add("notepad.exe", 0x104)
    events = [image.objects.event(f"\\BaseNamedObjects\\e{number}\u0416") for number in range(3)]
    process.handles(600, events)
    monkeypatch.setitem(sys.modules, "pykd", StandIn(image).module)

    def said(*words: str) -> Window:
        window = Window()
        monkeypatch.setattr(sys, "stdout", window)
        assert cli.main(list(words)) == 0
        return window

    for words in (["find", "e1"], ["0", "1"], ["0", "3"], ["summary", "--by", "process"]):
        plain = said(*words, "--format", "text").getvalue()
        reader = Reader(said(*words, "--format", "dml").markup)
        assert reader.shown == plain
        commands = {command for _, command in reader.links}
        wanted = {"summary": 0, "find": 1}.get(words[0], 3)
        assert len({each for each in commands if " object " in each}) == wanted
        # What a link runs is a command, and says something of what was clicked.
        for command in commands:
            assert command.startswith(f"{RUN} ")
            again = said(*command[len(RUN) :].split())
            assert re.search("notepad.exe|Event|System", Reader(again.markup).shown)
    # Elsewhere nobody would see a link.
    for rest in ([], ["--output", str(tmp_path / "out")]):
        monkeypatch.setattr(sys, "stdout", Window() if rest else io.StringIO())
        assert cli.main(["0", "3", "--format", "dml", *rest]) == 2
        line = capsys.readouterr().err
        assert "for the window of a debugger; use text or html" in line and line.count("\n") == 1
    assert not list(tmp_path.iterdir())
