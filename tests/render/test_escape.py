"""Names from a dump must not reach a terminal or a spreadsheet as they are."""

import re

import pytest

from pykd_handle.render.escape import cell, printable, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\BaseNamedObjects\Event1234", r"\BaseNamedObjects\Event1234"),
        ("a\x1b[31mred", "a<U+001B>[31mred"),
        ("two\nlines\r", "two<U+000A>lines<U+000D>"),
        ("\u202etxt.exe", "<U+202E>txt.exe"),
        ("\ud800", "<U+D800>"),
        ("\x9b31m", "<U+009B>31m"),
        ("\u0416\u0443\u043a", "\u0416\u0443\u043a"),
        ("nul\0", "nul<U+0000>"),
    ],
)
def test_what_is_not_printable_shows_as_its_code_point(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_plain_ascii_for_the_debugger() -> None:
    assert printable("\u0416uk", ascii_only=True) == "<U+0416>uk"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<Unavailable: not in the dump>", "<U+003C>Unavailable: not in the dump>"),
        ("<none>", "<U+003C>none>"),
        ("<U+001B>", "<U+003C>U+001B>"),
        ("\x1b<U+001B>", "<U+001B><U+003C>U+001B>"),
        ("List<Map<K>>", "List<Map<K>>"),
        ("a<b> <", "a<b> <U+003C>"),
        (" <Unavailable: x>", " <U+003C>Unavailable: x>"),
        ("abc <cut: 900 more characters>", "abc <U+003C>cut: 900 more characters>"),
        ("a  file <not in the dump>", "a  file <U+003C>not in the dump>"),
        (r"\x {<Unavailable: y>}", r"\x {<U+003C>Unavailable: y>}"),
        ("\u3164<none>", "<U+3164><U+003C>none>"),
        ("\x1b<none>", "<U+001B><U+003C>none>"),
        (r"\Device\<U+0041>", r"\Device\<U+003C>U+0041>"),
        ("a<U+0041>", "a<U+003C>U+0041>"),
    ],
)
def test_no_name_looks_like_a_mark_of_ours(text: str, shown: str) -> None:
    assert printable(text) == printable(text, ascii_only=True) == shown


@pytest.mark.parametrize(
    "char", ["\u3164", "\uffa0", "\u115f", "\u2800", "\ufe0f", "\u034f", "\U000e0101", "\u200b"]
)
def test_what_shows_nothing_shows_as_its_code_point(char: str) -> None:
    assert printable(f"a{char}b") == f"a<U+{ord(char):04X}>b"


@pytest.mark.parametrize("size", range(1, 20))
def test_no_code_point_is_cut_in_two(size: int) -> None:
    text = "ab<U+001B>cd<U+10FFFF>"
    kept = shortened(text, size)
    assert text.startswith(kept) and size - 9 <= len(kept) <= size
    assert re.sub(r"<U\+[0-9A-F]+>", "", kept).isalpha()
    assert shortened(text, 99) == text


def test_each_code_point_stands_for_one_character() -> None:
    text = "<<U+<U+41>\u0416\x1b<U+0416><"
    shown = printable(text, ascii_only=True)
    assert re.sub(r"<U\+([0-9A-F]{4,6})>", lambda found: chr(int(found[1], 16)), shown) == text


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_a_cell_is_never_a_formula(start: str) -> None:
    assert cell(start + "cmd|' /C calc'!A0") == "'" + start + "cmd|' /C calc'!A0"


@pytest.mark.parametrize("start", ["\t", "\r", "\n", "\u00a0", "\u200b"])
def test_nothing_unseen_stands_before_a_formula(start: str) -> None:
    assert cell(start + "=1") == f"<U+{ord(start):04X}>=1"


def test_a_usual_cell_stays_as_it_is() -> None:
    assert cell(r"\Device\Null") == r"\Device\Null"
