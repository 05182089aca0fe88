"""What the doctor says of a Windows computer."""

from __future__ import annotations

from pykd_handle.setup.doctor import MISSING, NOTE, OK, Finding
from pykd_handle.setup.doctor.setup import look_at_setup
from tests.install.computer import Computer, write_image


def look(computer: Computer, needed: bool = True) -> list[Finding]:
    return list(look_at_setup(computer.machine(), 64, needed))


def statuses(said: list[Finding]) -> list[tuple[str, str]]:
    return [(one.status, one.subject) for one in said]


def test_nothing_there(computer: Computer) -> None:
    said = look(computer)
    assert statuses(said) == [
        (MISSING, "registered"),
        (MISSING, "bootstrapper"),
        (NOTE, "!py handle.py"),
    ]
    assert "no 64-bit Python 3.9 or 3.8" in said[0].text
    assert "Python 3.9.13 from python.org" in said[0].advice
    assert str(computer.extensions) in said[1].text
    assert "get pykd.dll from" in said[1].advice


def test_in_a_session_none_of_it_is_needed(computer: Computer) -> None:
    assert {one.status for one in look(computer, needed=False)} == {NOTE}


def test_all_there(computer: Computer) -> None:
    folder = computer.add_python()
    computer.add_bootstrapper()
    computer.own.mkdir(parents=True)
    (computer.own / "handle.py").write_bytes(b"")
    computer.environ["PATH"] = f"C:\\nowhere;;{computer.own}"
    assert look(computer) == [
        Finding(
            OK,
            "registered",
            f"Python 3.9 (64-bit) in {folder} (HKCU PythonCore\\3.9): default of !py, to use",
        ),
        Finding(OK, "bootstrapper", str(computer.extensions / "pykd.dll")),
        Finding(OK, "!py handle.py", str(computer.own / "handle.py")),
    ]


def test_another_python_is_the_default(computer: Computer) -> None:
    computer.add_python("3.9")
    computer.add_python("3.13")
    computer.add_bootstrapper()
    said = look(computer)
    assert statuses(said)[:3] == [(OK, "registered"), (NOTE, "registered"), (NOTE, "!py")]
    assert said[0].text.endswith(": to use")
    assert said[1].text.endswith(": default of !py")
    assert said[2].text == "takes Python 3.13 unless told otherwise"
    assert said[2].advice.startswith("!py -3.9 -g -m pykd_handle")


def test_python_that_the_bootstrapper_cannot_load(computer: Computer) -> None:
    folder = computer.add_python()
    (folder / "python39.dll").unlink()
    said = look(computer)
    assert statuses(said)[:2] == [(NOTE, "registered"), (MISSING, "registered")]
    assert said[0].text.startswith("not usable: HKCU PythonCore\\3.9: ")


def test_wrong_bootstrapper(computer: Computer) -> None:
    computer.add_python()
    write_image(computer.extensions / "pykd.dll", 32)
    said = [one for one in look(computer) if one.subject == "bootstrapper"]
    assert [one.status for one in said] == [NOTE, MISSING]
    assert said[0].text.endswith("pykd.dll: 32-bit, the debugger is 64-bit")
