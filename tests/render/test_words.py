"""Every reason has words, and whatever the package puts into a template has a place there."""

from __future__ import annotations

import ast
import copy
import io
import pickle
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Dict, List, Set, Tuple

import pytest

import pykd_handle
from pykd_handle.render.csv import CsvRenderer
from pykd_handle.render.jsonl import JsonlRenderer
from pykd_handle.render.table import TableRenderer
from pykd_handle.render.text import TextRenderer
from pykd_handle.render.words import PHRASES, words
from pykd_handle.rows import Column
from pykd_handle.values import (
    CorruptedError,
    Details,
    Impossible,
    MemoryUnavailable,
    MissingField,
    PykdHandleError,
    Reason,
    Sentence,
    Unavailable,
)

PACKAGE = Path(pykd_handle.__file__).parent
# Where the reason stands among the arguments; what the template gets comes behind the address.
REASONED = {"Unavailable": 0, "Impossible": 0, "MemoryUnavailable": 1, "CorruptedError": 1}

Call = Tuple[str, ast.Call]


@lru_cache(maxsize=None)
def calls() -> List[Call]:
    return [
        (f"{path.relative_to(PACKAGE)}:{node.lineno}", node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def places(template: str) -> int:
    """How many parts a template takes."""
    fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    assert all(not field or field.isdigit() for field in fields), template
    return len(fields) if "" in fields or not fields else 1 + max(map(int, fields))


def errors() -> Set[str]:
    """The names of the errors that take a template."""
    found = {"PykdHandleError"}
    for kind in PykdHandleError.__subclasses__():
        found |= {kind.__name__, *(each.__name__ for each in kind.__subclasses__())}
    return {name for name in found if not name.startswith(("Missing", "Unavailable", "Engine"))}


def test_a_reason_gets_as_many_arguments_as_its_words_have_places_for() -> None:
    met: Dict[str, List[str]] = {}
    for place, call in calls():
        at = REASONED.get(name_of(call))
        if at is None or len(call.args) <= at:
            continue
        reason = call.args[at]
        if not (isinstance(reason, ast.Attribute) and getattr(reason.value, "id", "") == "Reason"):
            continue
        arguments = call.args[2:]
        if any(isinstance(each, ast.Starred) for each in arguments):
            continue
        member: Reason = getattr(Reason, reason.attr)
        met.setdefault(member.name, []).append(place)
        wanted = places(PHRASES.get(member, ""))
        assert len(arguments) == wanted, f"{place}: {member}"
    assert len(met) > 40  # the walk saw the package


def test_a_template_gets_as_many_parts_as_it_has_places() -> None:
    takes = {"Sentence", "_aside", "_broken", *errors()} - set(REASONED)
    count = 0
    for place, call in calls():
        if name_of(call) not in takes or len(call.args) < 2:
            continue
        template, *parts = call.args
        # What a name of the target's became part of is no template.
        assert not isinstance(template, ast.JoinedStr), place
        if any(isinstance(each, ast.Starred) for each in parts):
            continue
        if isinstance(template, ast.Constant) and isinstance(template.value, str):
            count += 1
            assert len(parts) == places(template.value), f"{place}: {template.value}"
    assert count > 40


def test_words_of_a_reason_are_its_name_where_it_has_no_other() -> None:
    assert words(Unavailable(Reason.NOT_IN_THE_DUMP)) == "not in the dump"
    assert words(Unavailable(Reason.IN_THE_PAGE_FILE, 0x10)) == "0x10: in the page file"
    every: List[Reason] = [getattr(Reason, name) for name in Reason.__annotations__]
    said = [words(Unavailable(each)) for each in every if not places(PHRASES.get(each, ""))]
    assert len(set(said)) == len(said) > 30
    for each, phrase in PHRASES.items():
        assert phrase != str(each), f"{each.name} is called by its words"
        assert copy.deepcopy(each) is pickle.loads(pickle.dumps(each)) is each


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            Impossible(Reason.NAME_OF_ODD_LENGTH, 0x1F, 5),
            "0x1f: a name of 5 bytes, an odd",
        ),
        (
            Unavailable(Reason.TYPE_TABLE, 0x20, 7, Unavailable(Reason.NOT_MAPPED)),
            "0x20: nt!ObTypeIndexTable[0x7]: not mapped",
        ),
        (MissingField("_EPROCESS", "{0}"), "nt!_EPROCESS has no field {0}"),
        (PykdHandleError("C:\\{x}\\{}.dmp: gone"), "C:\\{x}\\{}.dmp: gone"),
        (
            PykdHandleError("{}: {}", "{x}.dmp", MemoryUnavailable(0x30, Reason.NEVER_TOUCHED)),
            "{x}.dmp: 0x30: never touched (demand zero)",
        ),
        (
            Sentence("{:x} of {}", 255, Sentence("<{}>", CorruptedError(1, Reason.NO_IMAGE))),
            "ff of <0x1: no image begins here (no MZ)>",
        ),
    ],
)
def test_what_is_inside_comes_in_words_too(value: object, expected: str) -> None:
    assert words(value).startswith(expected)


def test_without_render_an_error_says_what_it_is() -> None:
    assert str(MissingField("_EPROCESS", "Peb")) == "no field (_EPROCESS, Peb)"
    assert str(MemoryUnavailable(0x30, Reason.NOT_MAPPED)) == "0x30: not mapped"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2024, 1, 1, tzinfo=timezone.utc), "2024-01-01T00:00:00Z"),
        (datetime(2024, 12, 7, 18, 21, 9, 939372, timezone.utc), "2024-12-07T18:21:09.939372Z"),
        (datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2024-01-01T00:00:00Z"),
    ],
)
def test_a_time_looks_alike_everywhere(moment: datetime, text: str) -> None:
    """In a line, in a cell of a table, in a detail, and in data."""
    assert words(Sentence("at {}", moment)) == f"at {text}"
    row = {"ended": moment, "details": Details({"due": moment})}
    columns = [Column("ended", "Ended"), Column("details", "Details", "details")]
    for renderer in (TextRenderer, TableRenderer, JsonlRenderer, CsvRenderer):
        stream = io.StringIO()
        renderer(stream, io.StringIO(), columns).render([[row]])
        assert stream.getvalue().count(text) == 2, renderer
