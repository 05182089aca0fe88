"""The user's PATH: one entry of ours, at its end, and everything else as it was."""

from __future__ import annotations

import pytest

from pykd_handle.install import InstallError, Places, Value
from pykd_handle.install.search_path import SearchPathStep

from .computer import Computer

HERE = (64, "HKCU", "Environment", "Path")


def make(computer: Computer) -> SearchPathStep:
    return SearchPathStep(computer.machine(), Places(computer.environ, 64))


def test_added_at_the_end(computer: Computer) -> None:
    computer.registry.values[HERE] = Value(r"%USERPROFILE%\bin;C:\Tools", True)
    step = make(computer)
    assert step.todo() == f"add {computer.own} to the user's PATH"
    step.install()
    # Still one with variables: else %USERPROFILE% would be a folder of that name.
    assert computer.registry.values[HERE] == Value(
        rf"%USERPROFILE%\bin;C:\Tools;{computer.own}", True
    )
    assert computer.announced == 1
    assert (step.todo(), step.present()) == ("", "on the user's PATH")


def test_no_path_yet(computer: Computer) -> None:
    step = make(computer)
    assert (step.present(), step.undo()) == ("", "")
    step.install()
    assert computer.registry.values[HERE].text == str(computer.own)
    step.uninstall()
    assert HERE not in computer.registry.values
    assert computer.announced == 2


@pytest.mark.parametrize("form", ["{0}", "{0}\\", '"{0}"', "%LocalAppData%/pykd_handle", "UPPER"])
def test_entry_is_known_in_any_form(computer: Computer, form: str) -> None:
    text = str(computer.own).upper() if form == "UPPER" else form.format(computer.own)
    computer.registry.values[HERE] = Value(f"C:\\a;{text};;C:\\b", True)
    step = make(computer)
    assert step.todo() == ""
    assert step.undo() == f"remove {computer.own} from the user's PATH"
    step.uninstall()
    assert computer.registry.values[HERE].text == "C:\\a;C:\\b"


def test_unknown_variable_stays(computer: Computer) -> None:
    computer.registry.values[HERE] = Value("%NOWHERE%;C:\\a", True)
    make(computer).install()
    assert computer.registry.values[HERE].text.startswith("%NOWHERE%;C:\\a;")


def test_registry_that_refuses(computer: Computer) -> None:
    computer.registry.writable = False
    with pytest.raises(InstallError, match="the user's PATH: Access is denied"):
        make(computer).install()
    assert computer.announced == 0
