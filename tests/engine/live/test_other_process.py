"""The memory of another process on a live machine: read physically, and nothing is switched."""

from __future__ import annotations

from mocks.kd import FIRST_MARK, KdTarget
from mocks.user_space import UserSpace, Vads

from .conftest import Lab, OnDump

PEB, LIBRARY = 0x2FF000, 0x71000000


def fill(lab: Lab) -> None:
    """A second process with other pages at the addresses that the current one has."""
    image = lab.image
    other = image.processes.add("two.exe", 0x208, peb=PEB)
    for process, name in ((image.processor.current, "one"), (other, "two")):
        process.view["Peb"] = PEB
        UserSpace(process, PEB, 8).module(LIBRARY, 0x5000, rf"C:\Windows\{name}.dll")
        Vads(image, process).add(LIBRARY, 0x5000, image.files.open(rf"\{name}.dll"), image=True)


def test_modules_and_values_of_another_process(lab: Lab, on_dump: OnDump) -> None:
    fill(lab)
    commands = ["modules --process two.exe", "modules", "regions --process two.exe"]
    commands += [f"explain {LIBRARY + 0x12:x} --process {name}" for name in ("two.exe", "1514")]
    dump = on_dump(*commands)
    assert lab.live(*commands) == dump
    assert "two.dll" in dump[0][1] and "one.dll" in dump[1][1]


def test_what_it_costs_and_what_stays(lab: Lab) -> None:
    """Four tables and two pages, of two round trips each; the same again costs nothing."""
    fill(lab)
    code = (
        "run('0 0')\nrun('0 0 208')\n"
        "answers.append(pykd.getImplicitProcess())\n"
        f"pykd.rdmsr({FIRST_MARK + 1})\n"
        "answers.append(run('modules --process 208'))\n"
        f"pykd.rdmsr({FIRST_MARK + 2})\n"
        "answers.append(pykd.getImplicitProcess())\n"
        "answers.append(pykd.loadBytes(%d, 4))\n" % PEB
    )
    lab.image.processor.current.user.write(PEB, b"mine")
    with KdTarget(lab.image) as machine:
        before, said, after, data = lab.answers(machine, code)
        counts = machine.phase(1)
    assert said[0] == 0
    assert "two.dll" in said[1]
    assert before == after
    assert counts.requests["ReadPhysical"] <= 14
    assert bytes(data) == b"mine", "what the current process has there, as before"
