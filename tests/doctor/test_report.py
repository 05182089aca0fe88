"""The report: its form, its exit code, and that it names nobody."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from pykd_handle.render.escape import printable
from pykd_handle.setup.doctor import MISSING, NOTE, OK, Finding, doctor, write_report
from pykd_handle.setup.doctor.privacy import anonymous
from pykd_handle.setup.doctor.report import examine
from pykd_handle.values import TargetError
from tests.install.computer import Computer

from .fake_pykd import FakePykd, Module
from .test_session import ALL

JANE = {"USERPROFILE": "C:\\Users\\jane", "USERNAME": "jane"}


def written(findings: list[Finding]) -> tuple[int, str]:
    out = io.StringIO()
    return write_report(findings, JANE, out, printable), out.getvalue()


def test_lines() -> None:
    code, text = written(
        [Finding(OK, "engine", "dbgeng 10"), Finding(NOTE, "tabulate", "not installed", "pip it")]
    )
    assert code == 0
    assert text == (
        "ok       engine         dbgeng 10\n"
        "note     tabulate       not installed\n"
        "                        -> pip it\n"
        "\n"
        "Nothing that is needed is missing.\n"
    )


def test_what_is_missing_is_said_at_the_end() -> None:
    code, text = written(
        [Finding(MISSING, "a", "x"), Finding(MISSING, "b", "x"), Finding(MISSING, "a", "y")]
    )
    assert code == 1
    assert text.endswith("\nMissing: a, b. See the lines above.\n")


def test_here() -> None:
    out = io.StringIO()
    code = doctor(out, printable)
    text = out.getvalue()
    assert text.isascii()
    version = "{}.{}.{}".format(*sys.version_info[:3])
    assert f"Python         CPython {version}, 64-bit, in python" in text
    if sys.platform != "win32":
        assert code == 0
        assert "note     pykd           for Windows only; here dumps are read with --dump" in text


def test_stream_needs_only_write() -> None:
    class Debugger:
        """As the bootstrapper's stdout: no isatty, no fileno."""

        def __init__(self) -> None:
            self.text = ""

        def write(self, text: str) -> None:
            self.text += text

    out: Any = Debugger()
    doctor(out, printable)
    assert out.text.count("\n") > 5


# --- the whole examination ---------------------------------------------------------------------


def subjects(findings: list[Finding]) -> list[str]:
    return [one.subject for one in findings]


def test_in_a_session(computer: Computer) -> None:
    pykd = FakePykd(Module(ALL))
    said = examine(computer.machine(), lambda: pykd)
    order = [
        name for name in subjects(said) if name in ("pykd", "session", "symbols", "registered")
    ]
    assert order == ["pykd", "session", "symbols", "registered"]
    # It runs, so nothing of how it came to run can be missing.
    assert MISSING not in {one.status for one in said}


def test_on_windows_without_a_session(computer: Computer) -> None:
    pykd = FakePykd(session=False)
    said = examine(computer.machine(), lambda: pykd)
    missing = [one.subject for one in said if one.status == MISSING]
    assert missing == ["registered", "bootstrapper"]


def test_on_windows_without_pykd(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Any:
        raise TargetError("no pykd")

    monkeypatch.setattr(sys, "platform", "win32")
    said = examine(computer.machine(), none)
    assert "session" not in subjects(said)
    assert ("MISSING", "pykd") in [(one.status, one.subject) for one in said]


def test_users_folder_unknown(computer: Computer) -> None:
    computer.environ.clear()
    said = examine(computer.machine(), lambda: FakePykd(session=False))
    text = "neither LOCALAPPDATA nor USERPROFILE is set to a folder's full path"
    assert said[-1] == Finding(NOTE, "setup", text)


# --- privacy -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("in C:\\Users\\jane\\sym\\nt.pdb", "in ~\\sym\\nt.pdb"),
        ("c:\\users\\JANE\\x; C:\\Users\\jane", "~\\x; ~"),
        ("C:\\Users\\janet\\x", "C:\\Users\\janet\\x"),
        ("D:\\work\\Jane\\sym", "D:\\work\\<user>\\sym"),
        ("\\\\server\\jane", "\\\\server\\<user>"),
        ("Z:\\j\u00fcrgen", "Z:\\j\\xfcrgen"),
        ("plain jane", "plain jane"),
    ],
)
def test_users_name_is_taken_out(text: str, shown: str) -> None:
    assert anonymous(text, JANE) == shown


def test_users_name_off_windows() -> None:
    environ = {"HOME": "/home/jane", "USER": "jane", "LOGNAME": "jane"}
    assert anonymous("/home/jane/.venv (/srv/jane/x)", environ) == "~/.venv (/srv/<user>/x)"
    assert anonymous("/root/x", {"HOME": "/", "USER": ""}) == "/root/x"


def test_report_of_a_session_names_nobody() -> None:
    out = io.StringIO()
    write_report(examine(None, lambda: FakePykd(Module(ALL))), JANE, out, printable)
    assert "jane" not in out.getvalue().lower()
    assert "secret" not in out.getvalue()
