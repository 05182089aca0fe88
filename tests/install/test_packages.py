"""pykd and this package: which pip commands are run, and what is said when one fails."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest

import pykd_handle
from pykd_handle.setup.install import InstallError, Machine, survey
from pykd_handle.setup.install.machine import Outcome
from pykd_handle.setup.install.packages import PackagesStep, own_source
from pykd_handle.version import __version__

from .computer import Computer

PACKAGES = "pykd==0.3.4.15 tabulate==0.9.0"
BY_HASH = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement"]
ALL = {"pykd": "0.3.4.15", "tabulate": "0.9.0", "pykd-handle": __version__}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "a [b]" / "pykd_handle-0.1.0-py3-none-any.whl"
    path.parent.mkdir()
    path.write_bytes(b"")
    return path


@pytest.fixture
def step(computer: Computer, wheel: Path) -> PackagesStep:
    return make(computer, wheel)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "src; pykd_handle[old]"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    return folder


def make(computer: Computer, source: Path | None) -> PackagesStep:
    computer.add_python()
    python = survey(computer.registry, 64).best()
    assert python is not None
    return PackagesStep(computer.machine(), python, source)


def pip(computer: Computer) -> list[list[str]]:
    return [words[2:] for words in computer.ran if words[:2] == ["-m", "pip"]]


def test_nothing_installed(computer: Computer, step: PackagesStep, wheel: Path) -> None:
    assert step.present() == ""
    assert step.todo() == f"pip install {PACKAGES} {wheel} (Python 3.9)"
    step.install()
    by_hash, by_file = pip(computer)
    # What is fetched is known by its hash; what is here needs no index at all.
    assert by_hash[:-2] == ["install", *BY_HASH]
    assert computer.read["requirements.txt"].count("--hash=sha256:") == 5
    assert by_file[:4] == ["install", "--force-reinstall", "--no-deps", "--no-index"]
    assert by_file[-2].startswith("file:///")
    assert by_file[-2].endswith("/a%20%5Bb%5D/pykd_handle-0.1.0-py3-none-any.whl")
    # Proven by an import, as the debugger will do it.
    assert computer.ran[-1] == ["-c", "import pykd, pykd_handle.cli"]
    assert step.present() == f"pykd 0.3.4.15, pykd-handle {__version__}"


def test_a_clone_is_built_with_what_is_known_by_its_hash(computer: Computer, clone: Path) -> None:
    step = make(computer, clone)
    # Always: it may be newer than it says.
    computer.installed.update(ALL)
    assert step.todo() == f"pip install {PACKAGES} {clone} (Python 3.9)"
    step.install()
    _, build, last = pip(computer)
    assert build[:2] == ["download", "--dest"]
    assert build[3:-2] == BY_HASH
    assert computer.read["requirements-build.txt"].count("--hash=sha256:") == 1
    # Of the builder, too, pip may take nothing but that file.
    assert last[2:6] == ["--no-deps", "--no-index", "--find-links", build[2]]
    assert last[-2].endswith("/src%3B%20pykd_handle%5Bold%5D")
    assert not Path(build[2]).exists()


def test_installed_already(computer: Computer) -> None:
    step = make(computer, None)
    computer.installed.update(ALL)
    assert step.todo() == ""
    for name in ("pykd", "tabulate"):
        older = make(computer, None)
        computer.installed.update({**ALL, name: "0.1"})
        assert older.todo() == f"pip install {PACKAGES} (Python 3.9)"
    older.install()
    assert [words[:-2] for words in pip(computer)] == [["install", *BY_HASH]]
    assert older.todo() == ""


@pytest.mark.parametrize("installed", [{}, {"pykd-handle": "0.0.9"}])
def test_never_by_its_name(computer: Computer, installed: dict[str, str]) -> None:
    computer.installed.update(installed)
    step = make(computer, None)
    with pytest.raises(InstallError, match=r"neither its clone nor its wheel: run install\.ps1"):
        step.todo()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("empty", "no clone: no pyproject"),
        (f"pykd-handle=={__version__}", "not there"),
        ("x.zip", "no wheel"),
    ],
)
def test_source_that_is_none(computer: Computer, tmp_path: Path, name: str, fault: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.zip").write_bytes(b"")
    with pytest.raises(InstallError, match=fault):
        make(computer, tmp_path / name).todo()
    assert pip(computer) == []


def test_requirements_are_those_of_the_package() -> None:
    root = Path(pykd_handle.__file__).resolve().parents[1]
    text = (root / "pyproject.toml").read_text()
    needed = {*re.findall(r'^    "(pykd|tabulate)\W', text, re.MULTILINE)}
    pinned = (root / "pykd_handle" / "setup" / "install" / "requirements.txt").read_text()
    assert {*re.findall(r"^(\w+)==", pinned, re.MULTILINE)} == needed == {"pykd", "tabulate"}
    assert re.findall(r"^pykd==\S+", pinned, re.MULTILINE) == re.findall(r"pykd==[\d.]+", text)
    assert all(f"{name}==" in PACKAGES for name in needed)


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
    with pytest.raises(InstallError, match="list of packages failed: no message"):
        step.todo()


def test_python_that_cannot_be_started(computer: Computer) -> None:
    def refuse(command: object) -> Outcome:
        raise PermissionError(13, "Access is denied")

    computer.add_python()
    python = survey(computer.registry, 64).best()
    assert python is not None
    machine = Machine(computer.registry, computer.environ, refuse, lambda: None, shutil.copyfile)
    with pytest.raises(InstallError, match=r"python\.exe: Access is denied"):
        PackagesStep(machine, python, None).todo()


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
    assert own_source() == root


def test_source_of_a_wheel_and_of_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "pykd_handle-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w"):
        pass
    place = "pykd_handle/setup/install/packages.py"
    monkeypatch.setattr("pykd_handle.setup.install.packages.__file__", str(wheel / place))
    assert own_source() == wheel
    monkeypatch.setattr("pykd_handle.setup.install.packages.__file__", str(tmp_path / place))
    assert own_source() is None
