"""Arguments as the debugger reads them.

Expectations: Microsoft's documentation of ``!handle`` and of MASM numbers and operators.
"""

import pytest

from pykd_handle.commands.list.request import Request, parse_request
from pykd_handle.commands.list.user_request import parse_user_request
from pykd_handle.commands.words import parse_number
from pykd_handle.values import UsageError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("14", 0x14),
        ("0x14", 0x14),
        ("0X14", 0x14),
        ("14h", 0x14),
        ("0n20", 20),
        ("0t24", 20),
        ("0y10100", 20),
        ("ffff9681`7396c4c0", 0xFFFF96817396C4C0),
        ("FFFF96817396C4C0", 0xFFFF96817396C4C0),
        ("-1", 0xFFFFFFFFFFFFFFFF),
        ("-0x1", 0xFFFFFFFFFFFFFFFF),
        ("-c", 0xFFFFFFFFFFFFFFF4),
        ("ffffffff", 0xFFFFFFFF),
        ("0n4294967295", 0xFFFFFFFF),
        ("0", 0),
    ],
)
def test_numbers_are_hexadecimal_unless_marked(text: str, value: int) -> None:
    assert parse_number(text, "Handle") == value


@pytest.mark.parametrize(
    "text", ["", "zz", "0nff", "0y2", "0t8", "1.5", "0x", "--1", "@$proc", "`"]
)
def test_what_is_no_number_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(UsageError, match=r"^Flags .* is no number") as caught:
        parse_number(text, "Flags")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["0n" + 5000 * "7", "-0n" + 5000 * "7", 5000 * "f", "g" * 5000])
def test_thousands_of_digits_are_one_short_line(text: str) -> None:
    # Python 3.11 and later refuse to make a number of more than 4,300 decimal digits.
    with pytest.raises(UsageError, match=r"64 bits|no number") as caught:
        parse_number(text, "Handle")
    assert len(str(caught.value)) < 200
    assert parse_number("0n" + 5000 * "0" + "5", "Handle") == 5


def test_a_number_above_64_bits_is_refused() -> None:
    with pytest.raises(UsageError, match="64 bits"):
        parse_number("1" + "0" * 16, "Handle")


def test_expressions_go_to_the_debugger_and_numbers_do_not() -> None:
    asked = []

    def evaluate(text: str) -> int:
        asked.append(text)
        return 0xFFFF96817396C4C0

    assert parse_number("@$proc", "Process", evaluate) == 0xFFFF96817396C4C0
    assert parse_number("14", "Handle", evaluate) == 0x14
    assert asked == ["@$proc"]


def test_an_expression_without_a_value_is_no_number() -> None:
    with pytest.raises(UsageError):
        parse_number("nosuchsymbol", "Process", lambda text: None)


def test_defaults() -> None:
    assert parse_request([]) == Request(None, 3, -1, "", False)


@pytest.mark.parametrize("text", ["0", "-1", "-0x1", "ffffffff", "ffffffffffffffff"])
def test_handle_0_and_minus_1_mean_all(text: str) -> None:
    assert parse_request([text]).handle is None


@pytest.mark.parametrize("text", ["-1", "-0x1", "ffffffff", "ffffffffffffffff"])
def test_process_minus_1_is_the_current_one(text: str) -> None:
    assert parse_request(["0", "3", text]).process == -1


# GetCurrentProcessToken and its like: documented with processthreadsapi.h; the others: ntifs.h
@pytest.mark.parametrize(
    ("number", "name"),
    [
        (2, "NtCurrentThread"),
        (3, "NtCurrentSession"),
        (4, "NtCurrentProcessToken"),
        (5, "NtCurrentThreadToken"),
        (6, "NtCurrentThreadEffectiveToken"),
    ],
)
def test_pseudo_handles_are_named_and_in_no_table(number: int, name: str) -> None:
    for text in (f"-{number}", f"{2**32 - number:x}", f"{2**64 - number:x}"):
        for parse in (parse_request, parse_user_request):
            for flags in ([], ["13"]):
                with pytest.raises(UsageError) as caught:
                    parse([text, *flags])
                message = str(caught.value)
                assert f"pseudo handle {name} (-{number})" in message
                assert "in no handle table" in message


def test_what_lies_beside_the_pseudo_handles_is_a_handle() -> None:
    assert parse_request(["-7"]).handle == 0x7FFFFFF9
    # An id is no handle, so no pseudo handle and no kernel handle either.
    assert parse_request(["fffffffe", "23"]).handle == 0xFFFFFFFE


def test_the_documented_example() -> None:
    request = parse_request(["14", "13"])
    assert (request.handle, request.flags) == (0x14, 0x13)
    assert request.wants_kernel_table and request.wants_objects and not request.wants_free


def test_all_processes_and_a_type() -> None:
    request = parse_request(["0", "3", "0", "Section"])
    assert (request.handle, request.process, request.type_name) == (None, 0, "Section")


def test_a_type_may_hold_a_blank() -> None:
    assert parse_request(["0", "3", "0", "ALPC", "Port"]).type_name == "ALPC Port"


@pytest.mark.parametrize("text", ["800009e0", "0x800009e0", "ffffffff800009e0"])
def test_kernel_handles_are_indexes_into_the_kernel_table(text: str) -> None:
    request = parse_request([text])
    assert (request.handle, request.kernel_handle) == (0x9E0, True)
    assert request.wants_kernel_table


def test_an_id_is_never_a_kernel_handle() -> None:
    request = parse_request(["4d4", "23"])
    assert request.wants_ids and not request.wants_kernel_table


@pytest.mark.parametrize("text", ["ffffffff", "-1", "ffffffffffffffff"])
def test_all_flags_fit_into_a_ulong(text: str) -> None:
    assert parse_request(["0", text]).flags == 0xFFFFFFFF
    assert parse_user_request(["0", text]).flags == 0xFFFFFFFF


def test_flags_must_fit_into_a_ulong() -> None:
    with pytest.raises(UsageError, match="Flags"):
        parse_request(["0", "1ffffffff"])
