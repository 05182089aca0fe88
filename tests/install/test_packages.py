"""pykd and this package: which pip commands are run, and what is said when one fails."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import pykd_handle
from pykd_handle.install import InstallError, Machine, survey
from pykd_handle.install.machine import Outcome
from pykd_handle.install.packages import PackagesStep, own_source
from pykd_handle.version import __version__

from .computer import Computer

PINNED = f"pykd-handle=={__version__}"


@pytest.fixture
def step(computer: Computer) -> PackagesStep:
    return make(computer, PINNED)


def make(computer: Computer, source: str) -> PackagesStep:
    computer.add_python()
    python = survey(computer.registry, 64).best()
    assert python is not None
    return PackagesStep(computer.machine(), python, source)


def pip(computer: Computer) -> list[list[str]]:
    return [words[2:] for words in computer.ran if words[:2] == ["-m", "pip"]]


def test_nothing_installed(computer: Computer, step: PackagesStep) -> None:
    assert step.present() == ""
    assert step.todo() == f"pip install pykd==0.3.4.15 {PINNED} (Python 3.9)"
    step.install()
    assert pip(computer) == [["install", "pykd==0.3.4.15", PINNED, "--disable-pip-version-check"]]
    # Proven by an import, as the debugger will do it.
    assert computer.ran[-1] == ["-c", "import pykd, pykd_handle.cli"]
    assert step.todo() == ""
    assert step.present() == "pykd 0.3.4.15, pykd-handle 0.1.0"


def test_wrong_version_of_pykd(computer: Computer, step: PackagesStep) -> None:
    computer.installed.update({"pykd": "0.3.4.10", "pykd-handle": __version__})
    assert step.todo()


def test_a_clone_is_always_installed(computer: Computer, tmp_path: Path) -> None:
    step = make(computer, str(tmp_path))
    computer.installed.update({"pykd": "0.3.4.15", "pykd-handle": __version__})
    assert step.todo()
    step.install()
    assert pip(computer)[-1][:4] == ["install", "--force-reinstall", "--no-deps", str(tmp_path)]


def test_the_first_time_once_is_enough(computer: Computer, tmp_path: Path) -> None:
    make(computer, str(tmp_path)).install()
    assert [words[:3] for words in pip(computer)] == [["install", "pykd==0.3.4.15", str(tmp_path)]]


def test_python_without_pip(computer: Computer, step: PackagesStep) -> None:
    computer.installed.clear()
    step.install()
    assert ["-m", "ensurepip", "--user"] in computer.ran
    assert pip(computer)


def test_pip_fails(computer: Computer, step: PackagesStep) -> None:
    computer.fails["pip install"] = "Collecting pykd\nERROR: No matching distribution\nWARNING: x\n"
    with pytest.raises(InstallError, match=r"pip install failed: ERROR: No matching distribution$"):
        step.install()


def test_packages_cannot_be_imported(computer: Computer, step: PackagesStep) -> None:
    computer.fails["import pykd,"] = "Traceback\nImportError: DLL load failed\n"
    with pytest.raises(InstallError, match="import of the packages failed: ImportError: DLL load"):
        step.install()


def test_python_that_says_something_else(computer: Computer, step: PackagesStep) -> None:
    computer.fails["importlib.metadata"] = ""
    with pytest.raises(InstallError, match="failed: without a message"):
        step.todo()


def test_python_that_cannot_be_started(computer: Computer) -> None:
    def refuse(command: object) -> Outcome:
        raise PermissionError(13, "Access is denied")

    computer.add_python()
    python = survey(computer.registry, 64).best()
    assert python is not None
    machine = Machine(computer.registry, computer.environ, refuse, lambda: None)
    with pytest.raises(InstallError, match=r"python\.exe: Access is denied"):
        PackagesStep(machine, python, PINNED).todo()


def test_uninstalled(computer: Computer, step: PackagesStep) -> None:
    assert step.undo() == ""
    step.install()
    assert step.undo() == "pip uninstall pykd-handle"
    step.uninstall()
    assert pip(computer)[-1][:3] == ["uninstall", "--yes", "pykd-handle"]
    assert step.undo() == ""
    assert step.leftover() == "pykd 0.3.4.15 stays, other scripts may need it"


def test_source_of_a_clone() -> None:
    root = Path(pykd_handle.__file__).resolve().parents[1]
    assert (root / "pyproject.toml").is_file()
    assert Path(own_source()) == root


def test_source_of_a_wheel_and_of_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "pykd_handle-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w"):
        pass
    place = "pykd_handle/install/packages.py"
    monkeypatch.setattr("pykd_handle.install.packages.__file__", str(wheel / place))
    assert own_source() == str(wheel)
    monkeypatch.setattr("pykd_handle.install.packages.__file__", str(tmp_path / place))
    assert own_source() == PINNED
