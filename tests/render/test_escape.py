"""Names from a dump must not reach a terminal or a spreadsheet as they are."""

import pytest

from pykd_handle.render.escape import cell, printable


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


@pytest.mark.parametrize("start", "=+-@")
def test_a_cell_is_never_a_formula(start: str) -> None:
    assert cell(start + "cmd|' /C calc'!A0") == "'" + start + "cmd|' /C calc'!A0"


def test_a_usual_cell_stays_as_it_is() -> None:
    assert cell(r"\Device\Null") == r"\Device\Null"
