"""Long walks: the status line, and Ctrl+Break at any moment."""

from __future__ import annotations

import re

from mocks.kd import KdTarget

from .conftest import Lab
from .test_trouble import many

RECORD = """
told = []
pykd.setStatusMessage, real = (lambda text: (told.append(text), real(text))), pykd.setStatusMessage
answers.append(run('0 3'))
answers.append(told)
"""


def test_the_status_line_tells_how_far_it_is(lab: Lab) -> None:
    many(lab, 200)
    with KdTarget(lab.image, latency=0.015) as machine:
        answer, told = lab.answers(machine, RECORD)
    assert answer[0] == 0
    assert len(told) >= 3
    assert all(re.fullmatch(r"at handle 0x\w+ of notepad.exe \(pid 0x1514\)", t) for t in told[:-1])
    assert told[-1] == ""  # nothing is left there
    places = [int(text.split()[2], 16) for text in told[:-1]]
    assert places == sorted(set(places))


def test_a_short_walk_leaves_the_status_line_alone(lab: Lab) -> None:
    many(lab, 5)
    with KdTarget(lab.image) as machine:
        _, told = lab.answers(machine, RECORD)
    assert told == []


def test_ctrl_break_in_mid_walk(lab: Lab) -> None:
    """In the debugger, by pykd's own way: the engine's interrupt becomes SystemExit."""
    many(lab, 400)
    script = lab.folder / "list.py"
    script.write_text(
        "import threading, pykd\n"
        "from pykd_handle.cli import main\n"
        "timer = threading.Timer(1.5, pykd.breakin)\n"
        "timer.start()\n"
        "main(['0', '3'])\n"
        "timer.join()\n"
    )
    with KdTarget(lab.image, latency=0.02) as machine:
        said = lab.host(machine, [f"!py {script}", ".echo ALIVE"])
    rows = re.findall(r"^([0-9a-f]{4}): Object: ", said, re.MULTILINE)
    (place,) = re.findall(r"stopped at handle 0x(\w+) of notepad.exe \(pid 0x1514\)", said)
    assert rows and 0 < len(rows) < 400
    # Every row before the place is there, and whole.
    assert int(place, 16) <= int(rows[-1], 16) + 4 * 32
    assert said.count("ObjectHeader: ") == len(rows)
    assert "Traceback" not in said
    assert said.rstrip().endswith("ALIVE")
