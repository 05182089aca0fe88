"""A bad line and missing pages in the middle of a walk: the rows that can be had, and one line."""

from __future__ import annotations

import json
from typing import Callable

import pytest

from mocks.kd import Api, KdTarget, Trouble
from mocks.kd.requests import Request
from mocks.memory import PAGED_OUT

from ..rig import RigTimeout
from .conftest import Lab, OnDump

# The user's patience is ten seconds, the tests' is one.
IMPATIENT = """
import functools
from pykd_handle.targets.session import duties as module
module.Watch = functools.partial(module.Watch, patience=1.0)
"""
NO_ANSWER = "pykd-handle: no answer from the target"
TO_THE_SCREEN = IMPATIENT + "answers = [main(['0', '2'])]\n"


def many(lab: Lab, count: int = 120) -> int:
    """Fill the current process; returns the address of the header of the middle object."""
    objects = []
    for _ in range(count):
        lab.image.pool.allocate(0x700, lab.image.pool.nonpaged)
        objects.append(lab.image.objects.event())
    lab.image.processor.current.handles(count, objects)
    return objects[count // 2].header


def test_a_packet_that_is_sent_again(lab: Lab, on_dump: OnDump) -> None:
    """An answer that is lost, one that is spoilt and a request that is lost, in one walk."""
    troubles = [Trouble.LOSE_ANSWER, Trouble.SPOIL_ANSWER, Trouble.LOSE_REQUEST]
    middles = [many(lab, 60) for _ in troubles]
    with KdTarget(lab.image) as machine:
        for trouble, middle in zip(troubles, middles):
            machine.faults.add(trouble, where=_at(middle))
        (answer,) = lab.answers(machine, "answers.append(run('0 3'))\n")
        assert machine.faults.happened == troubles
        resent = machine.phase(0).resent
    assert answer == on_dump("0 3")[0]
    # A request that the machine never heard is sent again by the debugger.
    assert resent == 2


def _at(middle: int) -> Callable[[Request], bool]:
    return lambda request: abs(request.address - middle) < 0x100


def test_a_line_that_is_cut(lab: Lab) -> None:
    """The engine asks for ever; the user is told, once, and what was found is there."""
    middle = many(lab)
    with KdTarget(lab.image) as machine:
        machine.faults.add(Trouble.CUT, where=_at(middle))
        with pytest.raises(RigTimeout) as caught:
            lab.python(machine, TO_THE_SCREEN, until=NO_ANSWER)
    # Whole groups of 32 handles: the 61st entry is in the second.
    assert caught.value.stdout.count("ObjectHeader: ") == 32
    lines = caught.value.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("pykd-handle: no answer from the target for 1 s (memory at 0x")
    assert lines[0].endswith("the listing stands at handle 0x84 of notepad.exe (pid 0x1514)")


def test_a_line_that_is_cut_in_the_debugger(lab: Lab) -> None:
    """All of its output waits; the line goes to the console that kd and this host have."""
    middle = many(lab)
    script = lab.folder / "list.py"
    script.write_text("from pykd_handle.cli import main" + IMPATIENT + "main(['0', '2'])\n")
    with KdTarget(lab.image) as machine:
        machine.faults.add(Trouble.CUT, where=_at(middle))
        with pytest.raises(RigTimeout) as caught:
            lab.host_result(machine, [f"!py {script}"], until=NO_ANSWER)
    assert caught.value.stdout.count("ObjectHeader: ") == 32
    lines = [line for line in caught.value.stderr.splitlines() if "pykd-handle" in line]
    assert len(lines) == 1
    assert lines[0].startswith("pykd-handle: no answer from the target for 1 s (memory at 0x")
    assert lines[0].endswith("the listing stands at handle 0x84 of notepad.exe (pid 0x1514)")


def test_a_machine_that_answers_again(lab: Lab, on_dump: OnDump) -> None:
    """What was silent for a while is told, and the listing goes on to its end."""
    middle = many(lab)
    with KdTarget(lab.image) as machine:
        machine.faults.add(Trouble.SILENCE, where=_at(middle))
        machine.silent_for = 2.5
        result = lab.python(machine, IMPATIENT + "answers.append(run('0 3'))\n", timeout=40)
    ((code, output, errors),) = json.loads(result.stdout)
    assert [code, output] == on_dump("0 3")[0][:2]
    assert errors.count("\n") == 1 and "no answer from the target for 1 s" in errors


def test_a_machine_that_answers_again_in_the_debugger(lab: Lab, on_dump: OnDump) -> None:
    """The thread that told of it is gone when ``!py`` ends its interpreter."""
    middle = many(lab)
    script = lab.folder / "list.py"
    script.write_text("from pykd_handle.cli import main" + IMPATIENT + "main(['0', '3'])\n")
    with KdTarget(lab.image) as machine:
        machine.faults.add(Trouble.SILENCE, where=_at(middle))
        machine.silent_for = 2.5
        result = lab.host_result(machine, [f"!py {script}", ".echo AFTER"], timeout=40)
    assert on_dump("0 3")[0][1].strip() in result.stdout
    assert result.stdout.rstrip().endswith("AFTER")
    assert result.stderr.count("pykd-handle: no answer from the target for 1 s") == 1


def test_pages_that_are_missing(lab: Lab, on_dump: OnDump) -> None:
    """Of objects: their rows say so, all others are there, and each page is asked for once. Of a
    table: one line for the page, one for the count. One in transition is no such page."""
    image, process = lab.image, lab.image.processor.current
    lost = [image.objects.event(own_page=True) for _ in range(3)]
    found = [image.objects.event() for _ in range(20)]
    moving = image.objects.event("\\BaseNamedObjects\\Moving", own_page=True)
    process.handles(41, [*found, *lost * 6, *found[:2], moving])
    other = image.processes.add("other.exe", 0x200, session=1)
    other.handles(700, [image.objects.event() for _ in range(10)])
    for item in lost:
        image.memory.drop_page(item.address, PAGED_OUT)
    image.memory.drop_page(other.table.leaves[1], PAGED_OUT)
    image.memory.to_transition(moving.address, 8)
    both = "answers.append(run('0 3'))\nanswers.append(run('0 1 200'))\n"
    with KdTarget(image) as machine:
        machine.log = []
        (code, output, errors), (_, of_table, _) = lab.answers(machine, both)
        asked = [r for r in machine.log if r.api == Api.ReadVirtual]
    assert (code, errors) == (0, "")
    assert output.count("Type: (") == 23
    for item in lost:
        page = item.address // 0x1000
        assert output.count(f"{item.address:x}") >= 6
        assert len([r for r in asked if r.address // 0x1000 == page]) == 1
    # The engine finds what is in transition by the page tables.
    assert "Name: Moving" in output
    rows = [line for line in of_table.splitlines() if ": Object: " in line]
    assert len(rows) == 700 - 255
    assert of_table.count("not readable; 256 handle values hidden (0x400-0x7fc)") == 1
    ((_, from_dump, _),) = on_dump("0 3")
    assert _block(output, "Name: Moving") == _block(from_dump, "Name: Moving")


def _block(listing: str, holds: str) -> str:
    """The lines of the handle that are said to hold this."""
    (found,) = [block for block in listing.split("\n\n") if holds in block]
    return found
