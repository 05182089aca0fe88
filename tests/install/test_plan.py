"""The whole installation: from nothing, a second time, only asked about, and back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import pykd_handle
from pykd_handle.setup.install import InstallError, Value
from pykd_handle.setup.install.__main__ import main
from pykd_handle.setup.install.files import FILE_NAMES
from pykd_handle.version import __version__

from .computer import Computer, install, write_image

PATH = (64, "HKCU", "Environment", "Path")
SOURCE = Path(pykd_handle.__file__).resolve().parents[1]


def came_from(given: Path) -> str:
    digest = hashlib.sha256(given.read_bytes()).hexdigest()
    return f"sha256 {digest}, origin unknown (no mark of the web)"


def files_of(computer: Computer) -> set[str]:
    return {str(path) for path in computer.folder.rglob("*")}


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return write_image(tmp_path / "download.dll", 64, ("info", "py"))


def test_from_nothing(computer: Computer, given: Path) -> None:
    folder = computer.add_python()
    code, said = install(computer, bootstrapper=given)
    target = computer.extensions / "pykd.dll"
    assert code == 0
    assert said == (
        f"python       Python 3.9 (64-bit) in {folder} (HKCU PythonCore\\3.9)\n"
        f"packages     pip install pykd==0.3.4.15 tabulate==0.9.0 {SOURCE} (Python 3.9)\n"
        f"bootstrapper copy {given} to {target}\n"
        f"             {came_from(given)}\n"
        f"files        write {', '.join(FILE_NAMES)} to {computer.own}\n"
        f"search path  add {computer.own} to the user's PATH\n"
        "\n"
        "Type in WinDbg (start it anew, so that it sees the new PATH):\n"
        "    .load pykd\n"
        "    !py -g -m pykd_handle 0 3\n"
        "or, with a command of its own:\n"
        f'    $$>a<"{computer.own / "khandle.wds"}"\n'
        "    !khandle 0 3\n"
    )
    assert computer.installed["pykd-handle"] == __version__
    assert target.read_bytes() == given.read_bytes()
    assert {path.name for path in computer.own.iterdir()} == set(FILE_NAMES)
    assert computer.registry.values[PATH].text == str(computer.own)


def test_a_second_time_nothing_changes(
    computer: Computer, given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer.add_python()
    install(computer, bootstrapper=given)
    # Now from where it is installed.
    monkeypatch.setattr("pykd_handle.setup.install.plan.own_source", lambda: None)
    files, values = files_of(computer), dict(computer.registry.values)
    computer.ran.clear()
    code, said = install(computer)
    assert code == 0
    assert files_of(computer) == files
    assert computer.registry.values == values
    assert not [words for words in computer.ran if "install" in words]
    assert said.splitlines()[1:6] == [
        f"packages     pykd 0.3.4.15, pykd-handle {__version__}",
        f"bootstrapper {computer.extensions / 'pykd.dll'}",
        f"             {came_from(given)}",
        f"files        {computer.own}",
        "search path  on the user's PATH",
    ]
    assert ".load pykd" in said


def test_only_asked_about(computer: Computer, given: Path) -> None:
    computer.add_python()
    computer.registry.values[PATH] = Value("C:\\a", True)
    files, values = files_of(computer), dict(computer.registry.values)
    code, said = install(computer, bootstrapper=given, what_if=True)
    assert code == 0
    assert said.count(" would ") == 4
    assert "Type in WinDbg" not in said
    assert files_of(computer) == files
    assert computer.registry.values == values
    assert all(words[0] == "-c" for words in computer.ran)


def test_no_python(computer: Computer) -> None:
    with pytest.raises(InstallError) as caught:
        install(computer)
    assert str(caught.value).startswith("no 64-bit Python 3.9 or 3.8 is registered under Python")
    assert "Install Python 3.9.13 from python.org" in str(caught.value)
    assert "Found instead" not in str(caught.value)
    assert not computer.local.exists()


def test_only_pythons_that_cannot_serve(computer: Computer) -> None:
    computer.add_python("3.13")
    folder = computer.add_python("3.9", "HKLM")
    (folder / "python39.dll").unlink()
    with pytest.raises(InstallError, match=r"Found instead: Python 3\.13 .*; HKLM .*is not there"):
        install(computer)


def test_no_bootstrapper_but_all_the_rest(computer: Computer) -> None:
    computer.add_python()
    code, said = install(computer)
    assert code == 1
    assert f"bootstrapper MISSING: no pykd.dll in {computer.extensions}" in said
    assert "Type in WinDbg" not in said
    assert computer.own.is_dir()
    computer.add_bootstrapper()
    assert install(computer)[0] == 0


def test_pip_fails_but_all_the_rest_is_done(computer: Computer, given: Path) -> None:
    computer.add_python()
    computer.fails["pip install"] = "ERROR: no network"
    code, said = install(computer, bootstrapper=given)
    assert code == 1
    assert "packages     MISSING: " in said
    assert "ERROR: no network" in said
    assert (computer.extensions / "pykd.dll").is_file()


def test_newer_python_is_the_default(computer: Computer, given: Path) -> None:
    computer.add_python("3.9")
    computer.add_python("3.13")
    code, said = install(computer, bootstrapper=given)
    assert code == 0
    assert "(!py alone would take Python 3.13, which pykd has no wheel for)" in said
    assert "    !py -3.9 -g -m pykd_handle 0 3\n" in said
    alias = (computer.own / "khandle.wds").read_text()
    assert alias.startswith('aS !khandle "!pykd.py -3.9 -g -m pykd_handle"\n')


def test_python_by_name(computer: Computer, given: Path) -> None:
    computer.add_python("3.9")
    folder = computer.add_python("3.8")
    _, said = install(computer, bootstrapper=given, python=folder / "python.exe")
    assert said.startswith(f"python       Python 3.8 (64-bit) in {folder}")
    assert "    !py -3.8 -g -m pykd_handle 0 3\n" in said


def test_folder_that_the_debugger_does_not_know(
    computer: Computer, given: Path, tmp_path: Path
) -> None:
    computer.add_python()
    code, said = install(computer, bootstrapper=given, extension_path=tmp_path / "ext")
    assert code == 0
    assert f"    .load {tmp_path / 'ext' / 'pykd.dll'}\n" in said


def test_32_bit(computer: Computer, tmp_path: Path) -> None:
    computer.add_python("3.9-32", bits=32)
    given = write_image(tmp_path / "x86.dll", 32, ("py",))
    code, said = install(computer, bits=32, bootstrapper=given)
    assert code == 0
    assert "Python 3.9 (32-bit)" in said
    assert (computer.local / "Dbg" / "EngineExtensions32" / "pykd.dll").is_file()


def test_back(computer: Computer, given: Path) -> None:
    computer.add_python()
    computer.registry.values[PATH] = Value("C:\\a", True)
    before = files_of(computer)
    install(computer, bootstrapper=given)
    assert install(computer, uninstall=True, what_if=True)[1].count(" would ") == 3
    code, said = install(computer, uninstall=True)
    assert code == 0
    target = computer.extensions / "pykd.dll"
    assert f"bootstrapper {target} stays, other scripts may need it" in said
    left = files_of(computer) - before
    assert left == {str(path) for path in (target, *list(target.parents)[:3])}
    assert computer.registry.values[PATH] == Value("C:\\a", True)
    assert "pykd-handle" not in computer.installed
    assert " remove " not in install(computer, uninstall=True)[1]


def test_back_after_the_users_folder_has_moved(
    computer: Computer, given: Path, tmp_path: Path
) -> None:
    computer.add_python()
    install(computer, bootstrapper=given)
    for moved in ({"LOCALAPPDATA": str(tmp_path / "new")}, {"USERPROFILE": str(tmp_path / "me")}):
        computer.environ = moved
        assert (
            f"would remove {computer.own} from the user's PATH"
            in (install(computer, uninstall=True, what_if=True)[1])
        )
    assert install(computer, uninstall=True)[0] == 0
    assert PATH not in computer.registry.values
    assert not computer.own.exists()


def test_back_after_python_is_gone(computer: Computer, given: Path) -> None:
    computer.add_python()
    install(computer, bootstrapper=given)
    for key in [key for key in computer.registry.values if "PythonCore" in key[2]]:
        del computer.registry.values[key]
    assert install(computer, uninstall=True)[0] == 0
    assert not computer.own.exists()


def test_back_without_the_right_to(computer: Computer, given: Path) -> None:
    computer.add_python()
    install(computer, bootstrapper=given)
    computer.registry.values[PATH] = Value(f"C:\\a;{computer.own}", True)
    computer.registry.writable = False
    code, said = install(computer, uninstall=True)
    assert code == 1
    assert "search path  FAILED: the user's PATH: Access is denied" in said
    assert not computer.own.exists()


# --- the command -------------------------------------------------------------------------------


@pytest.mark.skipif("sys.platform == 'win32'")
def test_command_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("install: this sets up WinDbg, so it needs Windows")


@pytest.mark.parametrize("words", [["--architecture", "arm"], ["surplus"], ["--what"]])
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
