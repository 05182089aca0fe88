"""Long walks: the status line, and Ctrl+Break at any moment."""

from __future__ import annotations

import re

from mocks.kd import KdTarget

from .conftest import Lab, OnDump
from .test_trouble import many

# A clock that goes on by so much whenever it is looked at, so that no machine is too slow.
RECORD = """
import itertools, types
from pykd_handle.targets.session import duties
told = []
pykd.setStatusMessage, real = (lambda text: (told.append(text), real(text))), pykd.setStatusMessage
for seconds in (0.001, 0.3):
    duties.time = types.SimpleNamespace(monotonic=itertools.count(0, seconds).__next__)
    answers.append([run('0 3'), told[:]])
    told.clear()
"""


def test_the_status_line_tells_how_far_it_is(lab: Lab) -> None:
    many(lab, 200)
    with KdTarget(lab.image) as machine:
        (quick, nothing), (slow, told) = lab.answers(machine, RECORD)
    assert quick[0] == 0 and quick == slow
    assert nothing == []  # a short walk leaves it alone
    assert len(told) >= 3
    assert all(re.fullmatch(r"at handle 0x\w+ of notepad.exe \(pid 0x1514\)", t) for t in told[:-1])
    assert told[-1] == ""  # nothing is left there
    places = [int(text.split()[2], 16) for text in told[:-1]]
    assert places == sorted(set(places))


# What WinDbg does on Ctrl+Break, IDebugControl::SetInterrupt, when the fortieth row is out.
BREAK = """
import ctypes, uuid

create = ctypes.WinDLL("dbgeng").DebugCreate
control = ctypes.c_void_p()
create(uuid.UUID("5182e668-105e-416e-ad92-24ef800424ba").bytes_le, ctypes.byref(control))
table = ctypes.cast(ctypes.cast(control, ctypes.POINTER(ctypes.c_void_p))[0],
                    ctypes.POINTER(ctypes.c_void_p))
interrupt = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong)(table[4])


class Tap(io.StringIO):
    rows = 0

    def write(self, text):
        before, self.rows = self.rows, self.rows + text.count("GrantedAccess: ")
        if before < 40 <= self.rows:
            interrupt(control, 0)
        return super().write(text)


kept, io.StringIO = io.StringIO, Tap
answers.append(run("0 3"))
io.StringIO = kept
answers.append(run("0 3"))
"""


def test_ctrl_break_in_mid_walk(lab: Lab, on_dump: OnDump) -> None:
    """The engine breaks off the read that it is at; what was printed stays, and one line tells.

    Not by `!py` in the debugger: the watcher of pykd.pyd, where it sees an interrupt before the
    engine does, loses it and hangs, whatever the script is. (That of pykd-ext is another one.)
    """
    many(lab, 400)
    with KdTarget(lab.image) as machine:
        (code, output, errors), again = lab.answers(machine, BREAK)
    # Whole groups of 32 handles: the begun one was not read to its end.
    rows = re.findall(r"^([0-9a-f]{4}): Object: ", output, re.MULTILINE)
    assert [int(row, 16) for row in rows] == [4 * n for n in range(1, 65)]
    assert output.count("ObjectHeader: ") == 64
    assert code == 1
    assert errors == (
        "pykd-handle: stopped at handle 0x104 of notepad.exe (pid 0x1514); "
        "what was found so far is above\n"
    )
    # The line is as good as before.
    assert again == on_dump("0 3")[0]
