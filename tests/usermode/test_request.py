"""The words ``[Handle [Flags [TypeName]]]`` and what of a listing they choose."""

from __future__ import annotations

import pytest

from mocks.minidump import MockHandle
from pykd_handle.commands.list.user_request import UserRequest, parse_user_request
from pykd_handle.values import UsageError

from .show import show_live, typed


@pytest.mark.parametrize(
    ("words", "handle", "flags", "type_name"),
    [
        ("", None, 1, ""),
        ("0", None, 1, ""),
        ("-1", None, 1, ""),
        ("ffffffffffffffff", None, 1, ""),
        ("1c", 0x1C, 1, ""),
        ("0x1c f", 0x1C, 0xF, ""),
        ("0n28 0n15", 0x1C, 0xF, ""),
        ("0 ff file", None, 0xFF, "file"),
        ("0 2 ALPC Port", None, 2, "ALPC Port"),
        ("80000001", 0x80000001, 1, ""),
    ],
)
def test_words(words: str, handle: int, flags: int, type_name: str) -> None:
    assert parse_user_request(words.split()) == UserRequest(handle, flags, type_name)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("xyz", "Handle 'xyz' is no number"),
        ("4 zz", "Flags 'zz' is no number"),
        ("4 100000000", "Flags '100000000' does not fit into 32 bits"),
        ("10000000000000000", "Handle '10000000000000000' does not fit into 64 bits"),
    ],
)
def test_wrong_words(words: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_user_request(words.split())
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 2


def test_flags_beyond_the_fourth_change_nothing() -> None:
    # Capture 070: ff is the same as f.
    row = MockHandle(4, "Event", 3, "x")
    assert show_live([row], "4 ff").text == show_live([row], "4 f").text


def test_no_flags_leave_the_handle() -> None:
    assert show_live([MockHandle(4, "Event", 3, "x")], "4 0").lines == ["Handle 4"]


def test_a_type_with_one_handle_prints_no_total() -> None:
    assert show_live(list(typed("4 File")), "4 1 File").lines == [
        "Handle 4",
        "  Type         \tFile",
    ]


def test_a_handle_of_another_type() -> None:
    shown = show_live(list(typed("4 File")), "4 1 event")
    assert shown.lines == ["handle 0x4 is not of type Event: it is File"]


def test_a_type_of_which_there_is_none() -> None:
    shown = show_live(list(typed("4 File")), "0 1 alpc port")
    assert (shown.lines, shown.failed) == (["0 handles of type ALPC Port"], False)


def test_a_type_that_no_windows_has() -> None:
    shown = show_live(list(typed("4 File")), "0 1 Fiel")
    assert shown.failed
    assert shown.lines == [
        "0 handles of type Fiel",
        "no handle is of type Fiel, and no such type is known",
    ]


def test_a_new_type_is_found_by_its_own_name() -> None:
    shown = show_live(list(typed("4 BrandNew", "8 File")), "0 1 brandNEW")
    assert (shown.lines[-1], shown.failed) == ("1 handles of type BrandNew", False)


def test_none_is_what_the_table_counts_as_none() -> None:
    rows = list(typed("4 File", "8 IRTimer", "c"))
    assert show_live(rows, "0 1 none").lines == [
        "Handle 8",
        "  Type         \tIRTimer",
        "Handle c",
        "  Type         \t",
        "2 handles of type None",
    ]
