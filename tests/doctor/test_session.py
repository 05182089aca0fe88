"""What the doctor says of pykd and of each kind of session."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pykd_handle.setup.doctor import MISSING, NOTE, OK, Finding
from pykd_handle.setup.doctor.session import look_at_pykd, look_at_session
from pykd_handle.targets.session import ForeignPykd
from pykd_handle.values import TargetError

from .fake_pykd import FakePykd, Module

ALL = (
    "PsActiveProcessHead",
    "PspCidTable",
    "ObpKernelHandleTable",
    "ObTypeIndexTable",
    "ObHeaderCookie",
)


def found(pykd: FakePykd) -> dict[str, Finding]:
    return {one.subject: one for one in look_at_session(pykd)}


def test_kernel_dump_with_symbols() -> None:
    said = list(look_at_session(FakePykd(Module(ALL))))
    assert said == [
        Finding(OK, "engine", "dbgeng 10.0.15063.400"),
        Finding(
            OK, "extension", "C:\\Users\\jane\\AppData\\Local\\Dbg\\EngineExtensions\\pykd.dll"
        ),
        Finding(
            OK,
            "session",
            "kernel, dump: Windows 10 Kernel Version 19041 MP (16 procs) Free x64",
        ),
        Finding(OK, "symbols", "nt at 0xfffff80478a00000: C:\\Users\\jane\\sym\\ntkrnlmp.pdb"),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dump": False}, "kernel, live: "),
        ({"dump": False, "local": True}, "kernel, local: "),
        ({"kernel": False}, "user mode, dump: "),
        ({"kernel": False, "dump": False}, "user mode, live: "),
    ],
)
def test_kinds_of_session(options: dict[str, Any], words: str) -> None:
    assert found(FakePykd(Module(ALL), **options))["session"].text.startswith(words)


def test_user_mode_needs_no_symbols_of_the_kernel() -> None:
    said = found(FakePykd(None, kernel=False))
    assert {one.status for one in said.values()} == {OK}
    assert "symbols" not in said


def test_no_session() -> None:
    (one,) = look_at_session(FakePykd(session=False))
    assert (one.status, one.subject) == (NOTE, "session")
    assert "!py -g -m pykd_handle --doctor" in one.text


def test_no_kernel_found() -> None:
    one = found(FakePykd(None))["kernel"]
    assert one == Finding(
        MISSING, "kernel", "nt is not found: Failed to find module 'nt'", ".reload"
    )


@pytest.mark.parametrize("module", [Module(ALL, ()), Module(ALL[1:])])
def test_no_private_symbols(module: Module) -> None:
    one = found(FakePykd(module))["symbols"]
    assert one.status == MISSING
    assert ".symfix; .reload /f nt" in one.advice


def test_symbols_that_some_windows_lack() -> None:
    said = [one for one in look_at_session(FakePykd(Module(ALL[:3]))) if one.subject == "symbols"]
    assert [one.status for one in said] == [OK, NOTE]
    assert said[1].text == "without ObTypeIndexTable, ObHeaderCookie, as some Windows are"


def test_pykd_itself_as_the_extension() -> None:
    one = found(FakePykd(Module(ALL), extension="C:\\site-packages\\pykd\\PYKD.PYD"))["extension"]
    assert one.status == NOTE
    assert "loses all arguments" in one.text
    assert ".load pykd" in one.advice


def test_engine_that_says_nothing() -> None:
    pykd = FakePykd(Module(ALL))
    pykd.answers = {}
    said = found(pykd)
    assert said["engine"].text == "dbgeng, no version said"
    assert said["session"].text == "kernel, dump: Call IDebugControl::ExecuteWide failed"


# --- pykd --------------------------------------------------------------------------------------


def test_pykd_is_there() -> None:
    assert list(look_at_pykd(lambda: FakePykd())) == [Finding(OK, "pykd", "0.3.4.15")]


def failing() -> Any:
    raise ForeignPykd("can't be imported: SystemError: unreported exception (pykd.pyd)")


def none() -> Any:
    raise TargetError("this Python has no pykd")


def test_pykd_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    (one,) = look_at_pykd(none)
    assert (one.status, one.text) == (
        NOTE,
        "for Windows only; here dumps are read with --dump FILE",
    )


def test_pykd_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    (one,) = look_at_pykd(none)
    assert (one.status, one.text) == (MISSING, "not installed in this Python")
    assert one.advice.startswith("python -m pykd_handle.install, in the clone's folder (")


def test_pykd_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("pykd_handle.setup.doctor.session.version_of", lambda name: "0.3.4.15")
    (one,) = look_at_pykd(failing)
    assert one.status == MISSING
    assert one.text == (
        "0.3.4.15 is installed, but can't be imported: SystemError: unreported exception (pykd.pyd)"
    )
    assert "pip install --force-reinstall" in one.advice


@pytest.mark.parametrize(("system", "status"), [("win32", MISSING), ("linux", NOTE)])
def test_something_else_is_called_pykd(
    monkeypatch: pytest.MonkeyPatch, system: str, status: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    (one,) = look_at_pykd(failing)
    assert (one.status, one.advice) == (
        status,
        "if it is another module: move it, or run elsewhere",
    )
    assert "(pykd.pyd)" in one.text
