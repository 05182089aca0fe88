"""pykd and this package in the Python that the debugger uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, Optional

from ..version import __version__
from .errors import InstallError
from .machine import Machine, Outcome
from .pythons import Interpreter
from .step import Step

__all__ = ("PYKD", "PackagesStep", "own_source")

PYKD = "0.3.4.15"

# Asked of the debugger's Python, which is not the one that runs this.
_ASK = """\
import json
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in ("pip", "pykd", "pykd-handle"):
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_TRY = "import pykd, pykd_handle.cli"


def own_source() -> str:
    """What pip can install this very package from: its clone, its wheel, or its name."""
    package = Path(__file__).parent.parent
    container = package.parent
    if container.suffix == ".whl" and container.is_file():
        return str(container)
    if (container / "pyproject.toml").is_file():
        return str(container)
    return f"pykd-handle=={__version__}"


class PackagesStep(Step):
    """Have pykd and this package installed, and see that they can be imported.

    ``source`` is what pip installs this package from.
    """

    name = "packages"

    def __init__(self, machine: Machine, python: Interpreter, source: str) -> None:
        self._machine = machine
        self._python = python
        self._source = source
        self._versions: Optional[Dict[str, str]] = None

    def present(self) -> str:
        """Names and versions."""
        versions = self._ask()
        names = ("pykd", "pykd-handle")
        return ", ".join(f"{name} {versions[name]}" for name in names if name in versions)

    def todo(self) -> str:
        """Install what is missing. A clone or a wheel always: it may be newer than it says."""
        versions = self._ask()
        wanted = versions.get("pykd") == PYKD and versions.get("pykd-handle") == __version__
        if wanted and self._source.startswith("pykd-handle=="):
            return ""
        return f"pip install pykd=={PYKD} {self._source} (Python {self._python.name})"

    def install(self) -> None:
        """Run pip, then import both as the debugger will."""
        before = self._ask()
        if "pip" not in before:
            self._python_does("-m", "ensurepip", "--user")
        self._pip("install", f"pykd=={PYKD}", self._source)
        if "pykd-handle" in before and not self._source.startswith("pykd-handle=="):
            # pip takes a wheel or clone of a version that is there for the same; it may not be.
            self._pip("install", "--force-reinstall", "--no-deps", self._source)
        self._versions = None
        self._python_does("-c", _TRY)

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
            output = self._python_does("-c", _ASK)
            try:
                self._versions = dict(json.loads(output.splitlines()[-1]))
            except (ValueError, IndexError):
                raise InstallError(f"{self._python.executable} answers {output!r}") from None
        return self._versions

    def _pip(self, *words: str) -> None:
        self._python_does("-m", "pip", *words, "--disable-pip-version-check")

    def _python_does(self, *words: str) -> str:
        executable = self._python.executable
        try:
            done: Outcome = self._machine.run([str(executable), *words])
        except OSError as error:
            raise InstallError(f"{executable}: {error.strerror or error}") from None
        if done.code:
            lines = [line.strip() for line in done.output.splitlines() if line.strip()]
            errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
            what = " ".join(words[:3]) if words[0] == "-m" else "import of the packages"
            raise InstallError(
                f"{executable} {what} failed: {' '.join(errors) or 'without a message'}"
            )
        return done.output
