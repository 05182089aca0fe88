"""pykd and this package in the Python that the debugger uses."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from ...hints import Dict, List, Optional
from ...version import __version__
from .errors import InstallError
from .isolated import isolated_code, isolated_module
from .machine import Machine
from .origin import origin
from .pykd_wheel import PykdWheel
from .pythons import Interpreter
from .shipped import shipped
from .step import Step

__all__ = ("PackagesStep", "own_source")

_REQUIREMENTS = "requirements.txt"
_TO_BUILD = "requirements-build.txt"
_BY_HASH = ("--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement")

# Asked of the debugger's Python, which is not the one that runs this.
_ASK = """\
import json
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in ("pip", "pykd", "tabulate", "pykd-handle"):
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_TRY = "import pykd, pykd_handle.cli"


def own_source() -> Optional[Path]:
    """What pip can install this very package from: its clone or its wheel; None if neither is here.

    Never its name: an index may have nothing under it, or what a stranger has put there.
    """
    container = Path(__file__).absolute().parents[3]
    return container if _fault_of(container) == "" else None


def _fault_of(source: Path) -> str:
    """Why this is neither a clone nor a wheel; empty if it is one."""
    if source.is_dir():
        return "" if (source / "pyproject.toml").is_file() else "no clone: no pyproject.toml in it"
    if not source.is_file():
        return "not there"
    return "" if source.suffix == ".whl" else "no wheel (.whl)"


class PackagesStep(Step):
    """Have pykd and this package installed, and see that they can be imported.

    ``source`` is the clone or wheel that pip installs this package from; None where there is
    none, so that it has to be installed already. ``pykd`` is a wheel of pykd in place of PyPI's.
    """

    name = "packages"

    def __init__(
        self,
        machine: Machine,
        python: Interpreter,
        source: Optional[Path],
        pykd: Optional[PykdWheel] = None,
    ) -> None:
        self._machine = machine
        self._python = python
        self._source = source
        self._pykd = pykd
        self._versions: Optional[Dict[str, str]] = None

    def present(self) -> str:
        """Names and versions."""
        versions = self._ask()
        names = ("pykd", "pykd-handle")
        return ", ".join(f"{name} {versions[name]}" for name in names if name in versions)

    def todo(self) -> str:
        """Install what is missing. A clone or a wheel always: it may be newer than it says."""
        versions = self._ask()
        pinned = re.findall(r"^([\w-]+)==(\S+)", self._requirements(), re.MULTILINE)
        wanted = " ".join(f"{name}=={version}" for name, version in pinned)
        if self._pykd is not None:
            wanted = f"{self._pykd.path} {wanted}"
        if self._source is not None:
            fault = _fault_of(self._source)
            if fault:
                raise InstallError(
                    f"{self._source}: {fault}; name a clone of pykd_handle or its wheel"
                )
            return f"pip install {wanted} {self._source} (Python {self._python.name})"
        if versions.get("pykd-handle") != __version__:
            raise InstallError(
                f"pykd-handle {__version__} is not in {self._python.folder}, and here is "
                "neither its clone nor its wheel: run install.ps1 beside one, or name one "
                "with --source"
            )
        present = all(versions.get(name) == version for name, version in pinned)
        if present and self._pykd is None:
            return ""
        return f"pip install {wanted} (Python {self._python.name})"

    def install(self) -> None:
        """Run pip, then import both as the debugger will."""
        if "pip" not in self._ask():
            self._module("ensurepip", "--user")
        try:
            with tempfile.TemporaryDirectory(prefix="pykd_handle-") as folder:
                self._run_pip(Path(folder))
        except OSError as error:
            raise InstallError(f"{error.filename}: {error.strerror or error}") from None
        self._versions = None
        self._answer(isolated_code(self._python.executable, _TRY), "import of the packages")

    def _run_pip(self, folder: Path) -> None:
        # Out of the package, which may be a wheel: pip reads files only.
        (folder / _REQUIREMENTS).write_text(self._requirements(), encoding="ascii")
        to_build = shipped(f"setup/install/{_TO_BUILD}")
        (folder / _TO_BUILD).write_text(to_build, encoding="ascii")
        self._pip("install", *_BY_HASH, str(folder / _REQUIREMENTS))
        if self._pykd is not None:
            wheel = self._pykd.path.absolute().as_uri()
            self._pip("install", "--force-reinstall", "--no-deps", "--no-index", wheel)
        if self._source is None:
            return
        if self._source.is_dir():
            self._pip("download", "--dest", str(folder), *_BY_HASH, str(folder / _TO_BUILD))
        # By force, as pip takes a version that is there for the same, which it may not be. As an
        # address, as pip takes [...] at the end of a path, and a semicolon, for something else.
        offline = ("--no-deps", "--no-index", "--find-links", str(folder))
        self._pip("install", "--force-reinstall", *offline, self._source.absolute().as_uri())

    def _requirements(self) -> str:
        """What pip may fetch, by hashes: without pykd, where a wheel of it is given."""
        text = shipped(f"setup/install/{_REQUIREMENTS}")
        if self._pykd is None:
            return text
        # An entry goes on where its line ends with a backslash.
        entries = re.split(r"(?<!\\)\n", text)
        return "\n".join(entry for entry in entries if not entry.startswith("pykd=="))

    def remarks(self) -> List[str]:
        """Hash and origin of a wheel that was given."""
        if self._pykd is None:
            return []
        try:
            return [f"pykd: {origin(self._pykd.path)}"]
        except OSError as error:
            raise InstallError(f"{self._pykd.path}: {error.strerror or error}") from None

    def undo(self) -> str:
        """Remove this package."""
        return "pip uninstall pykd-handle" if "pykd-handle" in self._ask() else ""

    def uninstall(self) -> None:
        """Remove this package from the debugger's Python."""
        self._pip("uninstall", "--yes", "pykd-handle")
        self._versions = None

    def leftover(self) -> str:
        """pykd stays at uninstallation: other scripts run with it, too."""
        version = self._ask().get("pykd")
        return f"pykd {version} stays, other scripts may need it" if version else ""

    def _ask(self) -> Dict[str, str]:
        if self._versions is None:
            executable = self._python.executable
            output = self._answer(isolated_code(executable, _ASK), "list of packages")
            try:
                self._versions = dict(json.loads(output.splitlines()[-1]))
            except (ValueError, IndexError):
                raise InstallError(f"{executable} answers {output!r}") from None
        return self._versions

    def _pip(self, *words: str) -> None:
        self._module("pip", *words, "--disable-pip-version-check")

    def _module(self, module: str, *words: str) -> None:
        command = isolated_module(self._python.executable, module, *words)
        self._answer(command, f"-m {module} {words[0]}")

    def _answer(self, command: List[str], what: str) -> str:
        """Run this; what it printed. Raises `InstallError` with what went wrong."""
        try:
            done = self._machine.run(command)
        except OSError as error:
            raise InstallError(f"{command[0]}: {error.strerror or error}") from None
        if done.code:
            lines = [line.strip() for line in done.output.splitlines() if line.strip()]
            errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
            raise InstallError(f"{command[0]} {what} failed: {' '.join(errors) or 'no message'}")
        return done.output
