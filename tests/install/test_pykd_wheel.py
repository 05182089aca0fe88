"""A wheel of pykd that is given: for which Python, what is refused, what pip is told."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Tuple

import pytest

from mocks.pdb_cache import default_folder
from pykd_handle.setup.doctor import setup as doctor_setup
from pykd_handle.setup.doctor.finding import OK
from pykd_handle.setup.install import InstallError
from pykd_handle.setup.install.pykd_wheel import read_pykd_wheel

from .computer import Computer, install, write_image

NAME = "pykd-0.3.4.15-cp312-cp312-win_amd64.whl"


def make(folder: Path, name: str = NAME) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("pykd/__init__.py", "")
    return path


@pytest.mark.parametrize(
    ("name", "bits", "python"),
    [
        (NAME, 64, (3, 12)),
        ("pykd-0.3.4.15-cp313-cp313-win32.whl", 32, (3, 13)),
        ("pykd-0.3.4.15-cp38-cp38-win_amd64.whl", 64, (3, 8)),
        ("pykd-0.3.4.15-cp27-cp27m-win_amd64.whl", 64, (2, 7)),
        ("pykd-0.3.5+fork.2-1-cp310-cp310-win_amd64.whl", 64, (3, 10)),
    ],
)
def test_what_a_name_says(tmp_path: Path, name: str, bits: int, python: Tuple[int, int]) -> None:
    path = make(tmp_path, name)
    assert read_pykd_wheel(path, bits) == (path, python, bits)
    with pytest.raises(InstallError, match=f"{bits}-bit, the debugger is {96 - bits}-bit: take"):
        read_pykd_wheel(path, 96 - bits)


@pytest.mark.parametrize(
    "name",
    ["pykd.dll", "pykd-0.3.4.15.zip", "pykd_handle-0.1.0-py3-none-any.whl", "pykd-0.3.4.15.tar.gz",
     "pykd-0.3.4.15-cp312-cp312-manylinux2014_x86_64.whl", "numpy-2.0-cp312-cp312-win_amd64.whl"],
)  # fmt: skip
def test_other_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(InstallError, match="its name is not that of a wheel of pykd for Windows"):
        read_pykd_wheel(make(tmp_path, name), 64)


def test_a_wheel_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="not there"):
        read_pykd_wheel(tmp_path / NAME, 64)
    (tmp_path / NAME).write_bytes(b"<html>Sign in</html>")
    with pytest.raises(InstallError, match=r"no wheel \(it is no zip file\): fetch it again"):
        read_pykd_wheel(tmp_path / NAME, 64)


@pytest.fixture
def rig() -> Path:
    """The wheel of pykd, as pip has fetched it for the engine tests."""
    return min(default_folder().parent.glob("*/wheels/pykd-*.whl"))


def test_the_wheel_of_pypi(rig: Path, computer: Computer, tmp_path: Path) -> None:
    assert read_pykd_wheel(rig, 64).python == (3, 9)
    computer.add_python("3.9")
    bootstrapper = write_image(tmp_path / "download.dll", 64, ("info", "py"))
    code, said = install(computer, pykd_wheel=rig, bootstrapper=bootstrapper)
    assert code == 0 and f"pip install {rig} tabulate==0.9.0 " in said


def test_the_python_that_it_is_for(computer: Computer, tmp_path: Path) -> None:
    computer.add_python("3.9")
    folder = computer.add_python("3.12")
    computer.add_python("3.13")
    wheel = make(tmp_path)
    bootstrapper = write_image(tmp_path / "download.dll", 64, ("info", "py"))
    code, said = install(computer, pykd_wheel=wheel, bootstrapper=bootstrapper)
    assert code == 0
    assert f"python       Python 3.12 (64-bit) in {folder}" in said
    assert "(!py alone would take Python 3.13, which the wheel of pykd is not for)" in said
    assert f"packages     pip install {wheel} tabulate==0.9.0 " in said
    assert "pykd: sha256 " in said and "!py -3.12 -g -m pykd_handle 0 3" in said
    # By its file, and nothing of pykd from an index.
    pip = [words[2:] for words in computer.ran if words[:2] == ["-m", "pip"]]
    offline = [words for words in pip if wheel.absolute().as_uri() in words]
    assert [words[:4] for words in offline] == [
        ["install", "--force-reinstall", "--no-deps", "--no-index"]
    ]
    fetched = computer.read["requirements.txt"]
    assert "pykd==" not in fetched and fetched.count("--hash=sha256:") == 1
    assert "tabulate==0.9.0" in fetched


def test_without_that_python(computer: Computer, tmp_path: Path) -> None:
    folder = computer.add_python("3.9")
    with pytest.raises(InstallError, match=r"no 64-bit Python 3\.12, which the wheel of pykd is"):
        install(computer, pykd_wheel=make(tmp_path))
    with pytest.raises(InstallError, match=r"the wheel of pykd is for Python 3\.12"):
        install(computer, pykd_wheel=make(tmp_path), python=folder / "python.exe")


def test_without_a_wheel_the_way_is_told(computer: Computer) -> None:
    computer.add_python("3.12")
    with pytest.raises(InstallError, match=r"Or name a wheel of pykd .* -PykdWheel FILE"):
        install(computer)


def test_the_doctor_knows_a_python_that_has_it(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 1, "final", 0))
    computer.add_python("3.12")

    def said() -> list:
        found = doctor_setup.look_at_setup(computer.machine(), 64, True)
        return [one for one in found if one.subject == "registered"]

    monkeypatch.setattr(doctor_setup, "version_of", lambda name: None)
    assert any("-PykdWheel FILE" in one.advice for one in said())
    monkeypatch.setattr(doctor_setup, "version_of", lambda name: "0.3.4.15")
    (one,) = said()
    assert one.status == OK and "to use" in one.text
