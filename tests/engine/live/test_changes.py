"""The machine runs on between two listings: what changed shows, and nothing stale does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest

from mocks.kd import KdTarget

from ..rig import Rig
from .conftest import Lab, ask_dump, make_lab

# One target kept over a run, as a script of a user's may do.
KEPT = """
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.targets.session import SessionTarget, connect
from pykd_handle.render.words import words

target = SessionTarget(connect())


def rows():
    return [[handle.value, handle.name if isinstance(handle.name, str) else ""]
            for handle in KernelMode(target).current_process.handles()]
"""


@pytest.mark.parametrize("layout", ["win10_19041_x64", "win7_sp1_x86", "win11_26100_arm64"])
def test_handles_opened_and_closed_while_it_ran(
    rig: Rig, tmp_path: Path, layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = make_lab(rig, tmp_path, layout)
    image = lab.image
    process = image.processor.current = image.processes.add("notepad.exe", 0x1514)
    closed = process.handle(image.objects.event("\\BaseNamedObjects\\Closed"))
    process.handle(image.objects.event("\\BaseNamedObjects\\Stays"))
    before = ask_dump(lab, capsys, "0 3")[0]

    def run(number: int) -> None:
        process.close(closed)
        process.handle(image.objects.event("\\BaseNamedObjects\\Opened"), value=0x200)

    code = "answers.append(run('0 3'))\npykd.go()\nanswers.append(run('0 3'))\n"
    with KdTarget(image, while_running=run, runs_for=0.05) as machine:
        first, second = lab.answers(machine, code)
    assert first == before
    assert second == ask_dump(lab, capsys, "0 3")[0]
    assert "Name: Closed" in first[1] and "Name: Opened" not in first[1]
    assert "Name: Closed" not in second[1] and "Name: Opened" in second[1]


def test_a_target_that_is_kept(lab: Lab) -> None:
    image, process = lab.image, lab.image.processor.current
    closed = process.handle(image.objects.event("\\BaseNamedObjects\\Closed"))
    entry = process.table.entry_address(closed)
    gone = image.pool.allocate(0x1000, alignment=0x1000)
    image.memory.drop_page(gone)

    def run(number: int) -> None:
        process.close(closed)
        process.handle(image.objects.event("\\BaseNamedObjects\\Opened"), value=0x200)
        image.memory.restore(gone, 0x1000)
        image.memory.write(gone, b"came in.")

    look = f"[rows(), target.read_pointer({entry}), target.read_partial({gone}, 8).complete]"
    code = f"{KEPT}\nanswers.append({look})\npykd.go()\n"
    # The plain reads first: no new listing tells the target that it may be out of date.
    code += f"answers.append([target.read_pointer({entry}), "
    code += f"target.read({gone}, 8).decode(), rows()])\n"
    with KdTarget(image, while_running=run, runs_for=0.05) as machine:
        (rows, used, there), (after, text, later) = lab.answers(machine, code)
    assert rows == [[closed, "\\BaseNamedObjects\\Closed"]]
    assert used != 0 and not there
    assert after == 0 and text == "came in."
    assert later == [[0x200, "\\BaseNamedObjects\\Opened"]]


def test_the_process_that_it_stopped_in_is_the_current_one(lab: Lab) -> None:
    image = lab.image
    other = image.processes.add("other.exe", 0x200, session=1)

    def run(number: int) -> None:
        image.processor.current = other

    code = "answers.append(run('0 1'))\npykd.go()\nanswers.append(run('0 1'))\n"
    with KdTarget(image, while_running=run, runs_for=0.05) as machine:
        first, second = lab.answers(machine, code)
    assert "Image: notepad.exe" in first[1]
    assert "Image: other.exe" in second[1]


def test_in_the_debugger_with_g(lab: Lab) -> None:
    image, process = lab.image, lab.image.processor.current
    closed = process.handle(image.objects.event("\\BaseNamedObjects\\Closed"))
    script = lab.folder / "list.py"
    script.write_text("from pykd_handle.cli import main\nmain(['0', '3'])\n")

    def run(number: int) -> None:
        process.close(closed)
        process.handle(image.objects.event("\\BaseNamedObjects\\Opened"))

    with KdTarget(image, while_running=run, runs_for=0.05) as machine:
        said = lab.host(machine, [f"!py {script}", ".echo RUN", "g", f"!py {script}"])
    first, _, second = said.partition("RUN\n")
    assert "Name: Closed" in first and "Name: Opened" not in first
    assert "Name: Closed" not in second and "Name: Opened" in second


def test_the_process_that_was_chosen_is_the_current_one(lab: Lab) -> None:
    """Not that of the thread, which is only read ahead."""
    system = lab.image.processes.system
    code = f"""
pykd.setImplicitProcess({system.address})
answers.append(run('0 0'))
pykd.setImplicitProcess(0)
answers.append(run('0 0'))
"""
    with KdTarget(lab.image) as machine:
        answers: List[Any] = lab.answers(machine, code)
    assert [code for code, _, _ in answers] == [0, 0]
    assert f"PROCESS {system.address:x}" in answers[0][1] and "Image: System" in answers[0][1]
    assert f"PROCESS {lab.image.processor.current.address:x}" in answers[1][1]


def test_user_memory_is_never_that_of_another_process(lab: Lab) -> None:
    """Both have the address; which one the engine would read depends on what it did before."""
    image = lab.image
    other = image.processes.add("other.exe", 0x200, session=1)
    image.processor.current.user.write(0x7FF60000, b"NOTEPAD!")
    other.user.write(0x7FF60000, b"OTHER!!!")
    code = f"""{KEPT}
for process in ({image.processor.current.address}, {other.address}):
    pykd.setImplicitProcess(process)
    span = target.read_partial(0x7ff60000, 8)
    answers.append([len(span.pieces), words(span.gaps[0].why)])
"""
    with KdTarget(image) as machine:
        machine.log = []
        answers: List[Any] = lab.answers(machine, code)
        asked = [request.address for request in machine.log if request.api == 0x3130]
    for pieces, reason in answers:
        assert pieces == 0 and reason.startswith("a user-mode address")
    assert 0x7FF60000 not in asked
