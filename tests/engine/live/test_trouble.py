"""A bad line and missing pages in the middle of a walk: the rows that can be had, and one line."""

from __future__ import annotations

import json

import pytest

from mocks.kd import Api, KdTarget, Trouble
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


@pytest.mark.parametrize(
    "trouble", [Trouble.LOSE_ANSWER, Trouble.SPOIL_ANSWER, Trouble.LOSE_REQUEST]
)
def test_a_packet_that_is_sent_again(lab: Lab, on_dump: OnDump, trouble: Trouble) -> None:
    middle = many(lab)
    with KdTarget(lab.image) as machine:
        machine.faults.add(trouble, where=lambda r: abs(r.address - middle) < 0x100)
        (answer,) = lab.answers(machine, "answers.append(run('0 3'))\n")
        assert machine.faults.happened == [trouble]
        resent = machine.phase(0).resent
    assert answer == on_dump("0 3")[0]
    # A request that the machine never heard is sent again by the debugger.
    assert resent == (0 if trouble is Trouble.LOSE_REQUEST else 1)


def test_a_line_that_is_cut(lab: Lab) -> None:
    """The engine asks for ever; the user is told, once, and what was found is there."""
    middle = many(lab)
    with KdTarget(lab.image) as machine:
        machine.faults.add(Trouble.CUT, where=lambda r: abs(r.address - middle) < 0x100)
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
        machine.faults.add(Trouble.CUT, where=lambda r: abs(r.address - middle) < 0x100)
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
        machine.faults.add(Trouble.SILENCE, where=lambda r: abs(r.address - middle) < 0x100)
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
        machine.faults.add(Trouble.SILENCE, where=lambda r: abs(r.address - middle) < 0x100)
        machine.silent_for = 2.5
        result = lab.host_result(machine, [f"!py {script}", ".echo AFTER"], timeout=40)
    assert on_dump("0 3")[0][1].strip() in result.stdout
    assert result.stdout.rstrip().endswith("AFTER")
    assert result.stderr.count("pykd-handle: no answer from the target for 1 s") == 1


def test_a_page_of_objects_that_is_missing(lab: Lab) -> None:
    """Its rows say so, all others are there, and it is asked for once."""
    image, process = lab.image, lab.image.processor.current
    lost = [image.objects.event(own_page=True) for _ in range(3)]
    small = image.pool.allocate(0x1000, image.pool.nonpaged, alignment=0x1000)
    found = [image.objects.event() for _ in range(20)]
    process.handles(40, [*found, *lost * 6, *found[:2]])
    for item in lost:
        image.memory.drop_page(item.address, PAGED_OUT)
    with KdTarget(image) as machine:
        machine.log = []
        ((code, output, errors),) = lab.answers(machine, "answers.append(run('0 3'))\n")
        asked = [r for r in machine.log if r.api == Api.ReadVirtual]
    assert code == 0 and small
    assert output.count("Type: (") == 22
    for item in lost:
        page = item.address // 0x1000
        assert output.count(f"{item.address:x}") >= 6
        assert len([r for r in asked if r.address // 0x1000 == page]) == 1
    assert errors == ""


def test_a_page_of_the_table_that_is_missing(lab: Lab) -> None:
    image, process = lab.image, lab.image.processor.current
    process.handles(700, [image.objects.event() for _ in range(10)])
    image.memory.drop_page(process.table.leaves[1], PAGED_OUT)
    ((code, output, _),) = lab.live("0 1")
    rows = [line for line in output.splitlines() if ": Object: " in line]
    assert len(rows) == 700 - 255
    # One line for the page, one at the end for the count.
    assert output.count("not readable; 256 handle values hidden (0x400-0x7fc)") == 1
    assert code == 0


def test_a_page_in_transition_is_read(lab: Lab, on_dump: OnDump) -> None:
    """The engine finds it by the page tables."""
    image, process = lab.image, lab.image.processor.current
    moving = image.objects.event("\\BaseNamedObjects\\Moving", own_page=True)
    process.handle(moving)
    image.memory.to_transition(moving.address, 8)
    ((code, output, errors),) = lab.live("0 3")
    assert "Name: Moving" in output
    assert [code, output, errors] == on_dump("0 3")[0]
