"""What the distributions hold, and that the wheel works on the oldest Python and the newest."""

from __future__ import annotations

import tarfile
import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from email.parser import HeaderParser
from pathlib import Path
from typing import Dict, Iterator, Optional

import pytest

import pykd_handle
from pykd_handle.version import __version__

from .build import REPOSITORY, Distributions
from .pythons import VERSIONS, Environment, find_python

pytestmark = pytest.mark.packaging

PACKAGE = Path(pykd_handle.__file__).parent
DUMP = REPOSITORY / "samples" / "windows10_x64.dmp"
SYMBOLS = REPOSITORY / "samples" / "windows10_x64.json"


# --- what is in them ---------------------------------------------------------------------------


def source_files() -> set[str]:
    """The package as it lies here."""
    found = (path for path in PACKAGE.rglob("*") if path.is_file())
    names = (path.relative_to(PACKAGE.parent).as_posix() for path in found)
    return {name for name in names if "__pycache__" not in name}


@pytest.mark.parametrize("made", ["wheel", "from_clone"])
def test_wheel_holds_the_package_and_nothing_else(distributions: Distributions, made: str) -> None:
    with zipfile.ZipFile(getattr(distributions, made)) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == source_files()
    assert {"pykd_handle/py.typed", "pykd_handle/windbg/khandle.js"} <= names


def test_wheel_is_for_every_python_3(distributions: Distributions) -> None:
    assert distributions.wheel.name == f"pykd_handle-{__version__}-py3-none-any.whl"
    assert distributions.wheel.stat().st_size < 1_500_000  # with the layouts of all builds


def test_metadata(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        info = f"pykd_handle-{__version__}.dist-info"
        fields = HeaderParser().parsestr(wheel.read(f"{info}/METADATA").decode())
        entry_points = wheel.read(f"{info}/entry_points.txt").decode()
        names = wheel.namelist()
    assert (fields["Name"], fields["Version"]) == ("pykd-handle", __version__)
    assert fields["Requires-Python"] == ">=3.8"
    assert fields["License-Expression"] == "MIT"
    versions = {line.rpartition(" ")[2] for line in fields.get_all("Classifier", [])}
    assert versions >= set(VERSIONS)
    needed = fields.get_all("Requires-Dist", [])
    plain = [line.replace("'", '"') for line in needed if "extra ==" not in line]
    (pykd,) = [line for line in plain if line.startswith("pykd")]
    assert 'sys_platform == "win32"' in pykd
    assert {line.split(";")[0].strip() for line in plain} == {"pykd==0.3.4.15", "tabulate>=0.9"}
    assert "pykd-handle=pykd_handle.__main__:main" in entry_points.replace(" ", "")
    assert any(name.endswith("/LICENSE") for name in names)


def test_sdist(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert source_files() <= names
    assert {"install.ps1", "pyproject.toml", "LICENSE", "CHANGELOG.md"} <= names
    assert not [name for name in names if name.startswith(("tests", "mocks", "samples", "build"))]


# --- installed ---------------------------------------------------------------------------------

# Between them stand the one that runs the tests, and the debugger's (tests/engine/test_install.py).
OLDEST_AND_NEWEST = (VERSIONS[0], VERSIONS[-1])

_IMPORT_ALL = """\
import importlib, pkgutil, pykd_handle
names = [each.name for each in pkgutil.walk_packages(pykd_handle.__path__, "pykd_handle.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), pykd_handle.__file__)
"""


def smoke(python: Path, folder: Path, wheel: Path) -> Dict[str, str]:
    """Install into a new environment and try the commands; what each printed."""
    there = Environment(python, folder)
    there.pip("install", wheel)
    said = {
        "version": there.python("-m", "pykd_handle", "--version"),
        "help": there.python("-m", "pykd_handle", "-?"),
        "modules": there.python("-W", "error", "-c", _IMPORT_ALL),
        "doctor": there.python("-m", "pykd_handle", "--doctor"),
        "script": there.python(
            "-c",
            "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))",
            there.bin / "pykd-handle",
            "--version",
        ),
    }
    words = ("--dump", DUMP, "--symbols", SYMBOLS, "0", "3")
    said["listing"] = there.python("-m", "pykd_handle", *words)
    words = ("--dump", DUMP, "--symbols", SYMBOLS, "--format", "table")
    said["table"] = there.python("-m", "pykd_handle", *words)
    return said


@pytest.fixture(scope="module")
def runs(
    distributions: Distributions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dict[str, Optional[Future[Dict[str, str]]]]]:
    """One run for each version, two at a time; None for a version that is not there."""
    root = tmp_path_factory.mktemp("installed")
    with ThreadPoolExecutor(2) as pool:
        started: Dict[str, Optional[Future[Dict[str, str]]]] = {}
        for version in OLDEST_AND_NEWEST:
            python = find_python(version)
            started[version] = python and pool.submit(
                smoke, python, root / version, distributions.wheel
            )
        yield started


@pytest.mark.parametrize("version", OLDEST_AND_NEWEST)
def test_installed(
    runs: Dict[str, Optional[Future[Dict[str, str]]]], version: str, request: pytest.FixtureRequest
) -> None:
    run = runs[version]
    if run is None:
        pytest.skip(f"no CPython {version} on this machine")
    said = run.result()
    assert said["version"] == said["script"] == f"pykd-handle {__version__}\n"
    assert said["help"].startswith("usage: pykd-handle [options] [Handle [Flags")
    count, place = said["modules"].split(maxsplit=1)
    modules = [name for name in source_files() if name.endswith(".py")]
    # Every file but the package's own __init__.py is a module.
    assert int(count) == len(modules) - 1
    assert str(REPOSITORY) not in place
    assert f"Python         CPython {version}." in said["doctor"]
    assert "\nHandle table at " in said["listing"] or "\nKernel handle table" in said["listing"]
    # The same text whatever the Python.
    first = next(run for run in runs.values() if run is not None).result()
    assert said["listing"] == first["listing"]
