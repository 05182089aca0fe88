"""Our own folder: the script for ``!py handle.py``, the alias and the JavaScript extension."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

from ...hints import Dict, Mapping
from .errors import InstallError
from .pythons import Interpreter
from .shipped import shipped
from .step import Step

__all__ = ("FILE_NAMES", "FilesStep", "own_files")

FILE_NAMES = (
    "handle.py",
    "khandle.wds",
    "khandle.js",
    "config.xml",
    "manifest.1.xml",
    "ManifestVersion.txt",
)

_PLAIN_COMMAND = "!pykd.py -g -m pykd_handle"


def own_files(folder: Path, python: Interpreter, say_version: bool) -> Dict[str, bytes]:
    """The files that lie in ``folder``, by name.

    ``say_version`` where another Python than ``python`` is the bootstrapper's default, so that
    each command has to name the version.
    """
    command = f"!pykd.py -{python.name} -g -m pykd_handle" if say_version else _PLAIN_COMMAND
    files = {}
    for name in FILE_NAMES:
        text = shipped("handle.py" if name == "handle.py" else f"windbg/{name}")
        text = text.replace(_PLAIN_COMMAND, command)
        # A gallery is found by its full path.
        text = text.replace('"FOLDER"', quoteattr(str(folder)))
        # The bootstrapper reads the version from the first line, if it is one digit, as here.
        text = text.replace("#! python3\n", f"#! python{python.name}\n", 1)
        files[name] = text.encode("utf-8")
    return files


class FilesStep(Step):
    """Have these files, by name, in our folder. To remove them their names are enough."""

    name = "files"

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        self._folder = folder
        self._files = files

    def present(self) -> str:
        """The folder, if anything of ours is in it."""
        ours = any((self._folder / name).is_file() for name in self._files)
        return str(self._folder) if ours else ""

    def todo(self) -> str:
        """Write what is missing or different."""
        names = [name for name, data in self._files.items() if self._stored(name) != data]
        return f"write {', '.join(names)} to {self._folder}" if names else ""

    def install(self) -> None:
        """Write them. Raises `InstallError`."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, data in self._files.items():
                if self._stored(name) != data:
                    (self._folder / name).write_bytes(data)
        except OSError as error:
            raise InstallError(f"{self._folder}: {error.strerror or error}") from None

    def undo(self) -> str:
        """Remove ours, and the folder if nothing else is in it."""
        return f"remove {self._folder}" if self.present() else ""

    def uninstall(self) -> None:
        """Remove them. Raises `InstallError`."""
        try:
            for name in self._files:
                if (self._folder / name).is_file():
                    (self._folder / name).unlink()
            if not any(self._folder.iterdir()):
                self._folder.rmdir()
        except OSError as error:
            raise InstallError(f"{self._folder}: {error.strerror or error}") from None

    def _stored(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return b""
