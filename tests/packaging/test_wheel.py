"""What the distributions hold, and that the wheel works on the oldest Python and the newest."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import pykd_handle
from pykd_handle.version import __version__

from .build import REPOSITORY, Distributions
from .pythons import VERSIONS, call, find_python, install

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

# Every module is imported; the table is made with what the wheel asks for; every exit code is 0.
_TRY = """\
import importlib, pkgutil, sys, pykd_handle
names = [each.name for each in pkgutil.walk_packages(pykd_handle.__path__, "pykd_handle.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), pykd_handle.__file__)
from pykd_handle.cli import main
sys.exit(main(["-?"]) or main(["--doctor"]) or main(sys.argv[1:]))
"""
WORDS = ("--dump", DUMP, "--symbols", SYMBOLS)


def listing(python: Path, folder: Path, **more: object) -> str:
    """What the command prints of the sample."""
    return call([python, "-m", "pykd_handle", *WORDS, "0", "3"], folder, **more)


@pytest.fixture(scope="module")
def installed(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put the wheel, for the oldest Python that is here."""
    root = tmp_path_factory.mktemp("installed")
    python = next(filter(None, map(find_python, OLDEST_AND_NEWEST)), Path(sys.executable))
    install(python, distributions.wheel, root / "home")
    return root / "home"


def test_the_command_that_pip_made(installed: Path, tmp_path: Path) -> None:
    said = call([installed / "bin" / "pykd-handle", "--version"], tmp_path, PYTHONPATH=installed)
    assert said == f"pykd-handle {__version__}\n"


@pytest.fixture(scope="module")
def listed_here() -> str:
    """What the package prints as it lies here."""
    return listing(Path(sys.executable), REPOSITORY)


@pytest.mark.parametrize("version", OLDEST_AND_NEWEST)
def test_installed(installed: Path, listed_here: str, tmp_path: Path, version: str) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"no CPython {version} on this machine")
    words = [python, "-W", "error", "-c", _TRY, *WORDS, "--format", "table"]
    found, said = call(words, tmp_path, PYTHONPATH=installed).split("\n", 1)
    count, place = found.split(maxsplit=1)
    modules = [name for name in source_files() if name.endswith(".py")]
    # Every file but the package's own __init__.py is a module.
    assert int(count) == len(modules) - 1
    assert str(REPOSITORY) not in place
    assert said.startswith("usage: pykd-handle [options] [Handle [Flags")
    assert f"Python         CPython {version}." in said
    assert "\nHandle table at " in listed_here or "\nKernel handle table" in listed_here
    # The same text whatever the Python.
    assert listing(python, tmp_path, PYTHONPATH=installed) == listed_here
