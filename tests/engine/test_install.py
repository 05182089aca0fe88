"""From nothing to ``!khandle`` in the debugger, on a Windows computer of the test's own.

The registry, the user's folders, Python with pip, pykd and the engine are real (under Wine). Of
the bootstrapper there is a stand-in, see machine/bootstrapper.cpp.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Union

import pytest

from pykd_handle.cli import main
from pykd_handle.setup.install.files import FILE_NAMES
from pykd_handle.version import __version__
from tests.install.script import command_of_script
from tests.packaging.build import REPOSITORY, Distributions

from .machine import WindowsMachine
from .rig import Result, Rig, to_windows_path

DUMP = REPOSITORY / "samples" / "windows10_x64.dmp"
SYMBOLS = REPOSITORY / "samples" / "windows10_x64.json"
MINE = "C:\\users\\{}\\AppData\\Local\\pykd_handle"


class Setup(NamedTuple):
    """A computer, and a folder with the wheels that its pip may have."""

    machine: WindowsMachine
    wheels: Path
    wheel: Path
    bootstrapper: Path
    trap: Path

    def install(self, *words: Union[str, Path], source: Optional[Path] = None) -> Result:
        """Run the installer as install.ps1 does beside ``source``, by default the wheel.

        The user stands in a folder of modules that end whatever runs them.
        """
        command = command_of_script(source or self.wheel, *words)
        return self._run([*command, "--source", source or self.wheel], self.trap)

    def install_again(self, *words: Union[str, Path]) -> Result:
        """Run the installer from where it is installed."""
        return self._run(["-m", "pykd_handle.install", *words], self.machine.folder)

    def _run(self, command: List[Union[str, Path]], folder: Path) -> Result:
        env: Dict[str, str] = {
            "PIP_INDEX_URL": self._index(),
            # Which, as pip has it, says --no-compile: most of what is installed is never run.
            "PIP_NO_COMPILE": "0",
            "PYTHONPATH": to_windows_path(folder),
        }
        # Building a clone takes its time under Wine.
        return self.machine.python(*command, env=env, cwd=folder, timeout=400)

    def _index(self) -> str:
        """The wheels as an index has them, a page for each name: none is found without asking it,
        which pip does not when it builds."""
        index = self.machine.folder / "index"
        shutil.rmtree(index, ignore_errors=True)
        for wheel in self.wheels.glob("*.whl"):
            page = index / wheel.name.partition("-")[0].replace("_", "-") / "index.html"
            page.parent.mkdir(parents=True)
            page.write_text(f'<a href="{_address(wheel)}">{wheel.name}</a>', "utf-8")
        return _address(index)

    def register(self) -> None:
        """Have its Python found, as python.org's installer does."""
        self.machine.register("3.9", to_windows_path(self.machine.python_home) + "\\")

    @property
    def own(self) -> str:
        """Our folder, as Windows calls it."""
        return MINE.format(self.machine.local.parents[1].name)

    def files(self) -> List[str]:
        """Everything in the user's folders and among the Python's packages."""
        places = (self.machine.local, self.machine.site)
        return sorted(
            str(path)
            for place in places
            for path in place.rglob("*")
            if "__pycache__" not in path.parts and "Temp" not in path.parts
        )


def _address(path: Path) -> str:
    return "file:///" + to_windows_path(path).replace("\\", "/")


def make(rig: Rig, folder: Path, distributions: Distributions) -> Setup:
    machine = WindowsMachine(rig, folder / "machine")
    bootstrapper = machine.make_bootstrapper(folder / "download.dll")
    trap = folder / "trap"
    trap.mkdir()
    for name in ("argparse", "ctypes", "json", "pip", "pykd", "runpy", "site", "sitecustomize"):
        (trap / f"{name}.py").write_text("raise SystemExit('the trap has run')\n")
    return Setup(machine, rig.wheels, distributions.wheel, bootstrapper, trap)


@pytest.fixture(scope="module")
def bare(
    rig: Rig, distributions: Distributions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setup]:
    """The computer, with a Python that is not registered; it is the same one all the time."""
    setup = make(rig, tmp_path_factory.mktemp("computer"), distributions)
    yield setup
    setup.machine.close()


class Installed(NamedTuple):
    """A computer after the installer has run, and what it said."""

    setup: Setup
    said: Result


@pytest.fixture(scope="module")
def installed(bare: Setup) -> Installed:
    """The computer when all is installed, and nothing of what went wrong on it is left."""
    bare.register()
    bare.install("--uninstall")
    for left in bare.machine.local.glob("*/EngineExtensions/pykd.dll"):
        left.unlink()
    return Installed(bare, bare.install("--bootstrapper", bare.bootstrapper))


# --- what goes wrong ---------------------------------------------------------------------------


def test_no_python_registered(bare: Setup) -> None:
    before = bare.files()
    said = bare.install("--bootstrapper", bare.bootstrapper)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("install: no 64-bit Python 3.9 or 3.8 is registered under Pyth")
    assert "Install Python 3.9.13 from python.org" in said.stderr
    assert said.stderr.count("\n") == 1
    assert bare.files() == before


def test_python_that_is_not_registered_by_name(bare: Setup) -> None:
    said = bare.install("--python", bare.machine.python_home / "python.exe")
    assert said.returncode == 1
    assert "is not registered as a 64-bit Python under PythonCore" in said.stderr


def test_python_that_the_bootstrapper_would_not_find(bare: Setup) -> None:
    bare.machine.register("3.9", to_windows_path(bare.machine.python_home))
    said = bare.install()
    assert said.returncode == 1
    assert (
        "Found instead: HKCU PythonCore\\3.9: InstallPath does not end with a back" in said.stderr
    )


def test_asking_changes_nothing_and_sees_the_missing_bootstrapper(bare: Setup) -> None:
    bare.register()
    before = bare.files()
    said = bare.install("--what-if")
    assert said.returncode == 1
    assert said.stdout.count(" would ") == 3
    assert "bootstrapper MISSING: no pykd.dll in C:\\users\\" in said.stdout
    assert bare.files() == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [("pykd.pyd", "pykd.pyd itself, which loses"), ("dbghelp.dll", "has no command !py")],
)
def test_real_files_that_are_no_bootstrapper(bare: Setup, rig: Rig, name: str, reason: str) -> None:
    said = bare.install("--what-if", "--bootstrapper", rig.engine / name)
    assert said.returncode == 1
    assert reason in said.stdout


def test_pip_without_its_index(bare: Setup, tmp_path: Path) -> None:
    said = bare._replace(wheels=tmp_path).install("--bootstrapper", bare.bootstrapper)
    assert said.returncode == 1
    assert "packages     MISSING: " in said.stdout
    assert "ERROR: No matching distribution found for pykd==0.3.4.15" in said.stdout
    assert "Type in WinDbg" not in said.stdout


def test_wheel_that_is_another_than_was_looked_at(bare: Setup, tmp_path: Path) -> None:
    bare.register()
    for path in bare.wheels.glob("*.whl"):
        shutil.copy2(path, tmp_path)
    (wheel,) = tmp_path.glob("pykd-*.whl")
    with wheel.open("ab") as stream:
        stream.write(b"\0")
    said = bare._replace(wheels=tmp_path).install("--bootstrapper", bare.bootstrapper)
    assert said.returncode == 1
    assert "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE" in said.stdout
    assert not list(bare.machine.site.glob("pykd*"))


# --- installed ---------------------------------------------------------------------------------


def test_every_step_is_said(installed: Installed) -> None:
    setup, said = installed
    assert (said.returncode, said.stderr) == (0, "")
    python = to_windows_path(setup.machine.python_home)
    extensions = f"{setup.own[: -len('pykd_handle')]}Dbg\\EngineExtensions"
    packages = "pykd==0.3.4.15 tabulate==0.9.0"
    digest = hashlib.sha256(setup.bootstrapper.read_bytes()).hexdigest()
    assert said.stdout.splitlines() == [
        f"python       Python 3.9 (64-bit) in {python} (HKCU PythonCore\\3.9)",
        f"packages     pip install {packages} {to_windows_path(setup.wheel)} (Python 3.9)",
        f"bootstrapper copy {to_windows_path(setup.bootstrapper)} to {extensions}\\pykd.dll",
        f"             sha256 {digest}, origin unknown (no mark of the web)",
        f"files        write {', '.join(FILE_NAMES)} to {setup.own}",
        f"search path  add {setup.own} to the user's PATH",
        "",
        "Type in WinDbg (start it anew, so that it sees the new PATH):",
        "    .load pykd",
        "    !py -g -m pykd_handle 0 3",
        "or, with a command of its own:",
        f'    $$>a<"{setup.own}\\khandle.wds"',
        "    !khandle 0 3",
    ]


def test_what_is_there(installed: Installed) -> None:
    machine = installed.setup.machine
    assert (machine.extensions / "pykd.dll").read_bytes() == (
        installed.setup.bootstrapper.read_bytes()
    )
    assert {path.name for path in (machine.local / "pykd_handle").iterdir()} == set(FILE_NAMES)
    assert machine.registry_value("Environment", "Path") == installed.setup.own
    versions = "import importlib.metadata as m; print(m.version('pykd'), m.version('pykd-handle'))"
    assert machine.python("-c", versions).ok() == f"0.3.4.15 {__version__}\n"


def test_a_second_time_nothing_changes(installed: Installed) -> None:
    before = installed.setup.files()
    # Now from where it is installed: python -m pykd_handle.install
    said = installed.setup.install_again()
    assert (said.returncode, said.stderr) == (0, "")
    assert f"packages     pykd 0.3.4.15, pykd-handle {__version__}\n" in said.stdout
    assert "search path  on the user's PATH\n" in said.stdout
    assert installed.setup.files() == before


def debug(installed: Installed, *commands: str, dump: Path = DUMP) -> str:
    if not dump.is_file():
        pytest.skip(f"no {dump.name} in this repository yet")
    return installed.setup.machine.debugger(dump, commands)


def test_every_way_to_call_it(installed: Installed) -> None:
    ways = [
        "!py -g -m pykd_handle",
        "!py -m pykd_handle",
        "!py -3.9 -g -m pykd_handle",
        "!py handle.py",
        "!py handle",
        "!pykd.py -g -m pykd_handle",
    ]
    commands = [part for way in ways for part in (f".echo {way}", f"{way} --version")]
    said = debug(installed, ".load pykd", *commands).splitlines()
    version = f"pykd-handle {__version__}"
    assert said[-2 * len(ways) :] == [line for way in ways for line in (way, version)]


def alias(installed: Installed) -> str:
    """The line that the installer says to type."""
    (line,) = [each for each in installed.said.stdout.splitlines() if "$$>a<" in each]
    return line.strip()


def test_alias_loads_the_bootstrapper(installed: Installed) -> None:
    setting = alias(installed)
    said = debug(installed, setting, "!khandle --version", setting, "!khandle --version", "al")
    assert said.count(f"pykd-handle {__version__}\n") == 2
    # Run twice it is still defined as it was.
    assert said.splitlines()[-1].split() == ["!khandle", "!pykd.py", "-g", "-m", "pykd_handle"]


def test_alias_at_every_start(installed: Installed) -> None:
    # As a start-up command, where quotes would end the argument.
    script = alias(installed).replace("$$>a<", "$$><").replace('"', "")
    said = debug(installed, script, "!khandle --version")
    assert said.splitlines()[-1] == f"pykd-handle {__version__}"


LISTINGS = [
    (["0", "3", "4"], "entries in use"),
    (["4", "3", "4"], "entries in use"),
    (["0", "1", "4", '"ALPC Port"'], "Searching for handles of type ALPC Port"),
    (["find", "notes.txt"], "\\Documents\\notes.txt"),
    (["summary", "--by", "process"], "svchost.exe"),
]


def test_alias_lists_what_the_command_line_lists(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        f"!khandle {' '.join(words)} --symbols {to_windows_path(SYMBOLS)}" for words, _ in LISTINGS
    ]
    said = debug(installed, alias(installed), *lines)
    for words, holds in LISTINGS:
        command = [*(word.strip('"') for word in words), "--dump", str(DUMP)]
        assert main([*command, "--symbols", str(SYMBOLS)]) == 0
        there = capsys.readouterr().out
        assert holds in there
        assert there.strip() in said


def test_doctor_is_content(installed: Installed) -> None:
    alone = installed.setup.machine.python("-m", "pykd_handle", "--doctor")
    assert alone.returncode == 0
    assert alone.stdout.endswith("\nNothing that is needed is missing.\n"), alone
    assert (
        "ok       bootstrapper   ~\\AppData\\Local\\Dbg\\EngineExtensions\\pykd.dll" in alone.stdout
    )
    assert "ok       !py handle.py  ~\\AppData\\Local\\pykd_handle\\handle.py" in alone.stdout
    said = debug(installed, alias(installed), "!khandle --doctor")
    assert "ok       extension      ~\\AppData\\Local\\Dbg\\EngineExtensions\\pykd.dll" in said
    assert "in kdhost.exe" in said
    user = installed.setup.machine.local.parents[1].name
    assert f"\\{user}\\AppData" not in said


def test_a_newer_python_changes_the_commands(installed: Installed) -> None:
    setup = installed.setup
    # A Python 3.13 as the bootstrapper sees it: a key and a DLL.
    newer = setup.machine.folder / "Python313"
    newer.mkdir()
    (newer / "python313.dll").write_bytes((setup.machine.python_home / "python39.dll").read_bytes())
    setup.machine.register("3.13", to_windows_path(newer) + "\\")
    said = setup.install_again()
    assert said.returncode == 0
    assert "(!py alone would take Python 3.13, which pykd has no wheel for)" in said.stdout
    assert "files        write khandle.wds, khandle.js to " in said.stdout
    assert "    !py -3.9 -g -m pykd_handle 0 3\n" in said.stdout
    # The alias goes on working, and the script asks for its Python by its first line.
    told = debug(installed, alias(installed), "!khandle --version", "!py handle.py --version")
    assert told.count(f"pykd-handle {__version__}\n") == 2


def test_from_a_clone(installed: Installed, distributions: Distributions) -> None:
    setup = installed.setup
    # Where a wildcard, an extra of pip and a marker of pip would be seen.
    parent = setup.machine.folder / "[old]"
    with tarfile.open(distributions.sdist) as archive:
        archive.extractall(parent)
    (unpacked,) = parent.iterdir()
    clone = unpacked.rename(parent / "src; pykd_handle[new]")
    with (clone / "pykd_handle" / "handle.py").open("a") as stream:
        stream.write("# newer\n")
    said = setup.install(source=clone)
    assert (said.returncode, said.stderr) == (0, ""), said
    there = setup.machine.site / "pykd_handle" / "handle.py"
    assert there.read_text().endswith("# newer\n")
    # What it was built with is not installed.
    assert not list(setup.machine.site.glob("flit_core*"))


def test_back(installed: Installed) -> None:
    # The last one here: it takes the installation away.
    setup = installed.setup
    said = setup.install("--uninstall")
    assert said.returncode == 0
    assert "packages     pip uninstall pykd-handle\n" in said.stdout
    assert "packages     pykd 0.3.4.15 stays, other scripts may need it\n" in said.stdout
    assert not (setup.machine.local / "pykd_handle").exists()
    assert (setup.machine.extensions / "pykd.dll").is_file()
    assert setup.machine.registry_value("Environment", "Path") is None
    assert not list(setup.machine.site.glob("pykd_handle*"))
    again = setup.install("--uninstall")
    assert again.returncode == 0
    assert "remove" not in again.stdout
