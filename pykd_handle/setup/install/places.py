"""The folders of an installation, and those in which a debugger looks for extensions."""

from __future__ import annotations

from pathlib import Path

from ...hints import List, Mapping, Optional
from .errors import InstallError

__all__ = ("Places",)


class Places:
    """Folders on one computer, for the debugger of one bitness (64 or 32).

    ``extension_path`` is the folder that the user named for extensions, if any. Raises
    `InstallError` where Windows does not say where the user's data lies.
    """

    def __init__(
        self, environ: Mapping[str, str], bits: int, extension_path: Optional[Path] = None
    ) -> None:
        local = _folder(environ.get("LOCALAPPDATA", ""))
        home = _folder(environ.get("USERPROFILE", ""))
        if local is None and home is not None:
            local = home / "AppData" / "Local"
        if local is None:
            raise InstallError(
                "neither LOCALAPPDATA nor USERPROFILE is set to a folder's full path"
            )
        self.environ = environ
        self.bits = bits
        self.chosen = extension_path
        # Ours alone, so that it can go on PATH and be removed as a whole.
        self.own = local / "pykd_handle"
        self._default = local / "Dbg" / ("EngineExtensions" if bits == 64 else "EngineExtensions32")

    @property
    def extensions(self) -> Path:
        """The folder that an extension is put into."""
        return self.chosen or self._default

    def searched(self) -> List[Path]:
        """Where a debugger of this bitness looks for ``.load pykd``, in its order.

        The user's own folder has been among them since engine 10.0.15063 (its ``.extpath`` says
        so); ``winext`` is that of the classic debuggers in the Windows kits.
        """
        folders = [
            Path(part)
            for part in self.environ.get("_NT_DEBUGGER_EXTENSION_PATH", "").split(";")
            if part.strip()
        ]
        for variable in ("ProgramFiles(x86)", "ProgramFiles"):
            root = self.environ.get(variable)
            if root:
                debuggers = Path(root, "Windows Kits", "10", "Debuggers")
                folders.append(debuggers / ("x64" if self.bits == 64 else "x86") / "winext")
        folders.append(self._default)
        return folders


def _folder(text: str) -> Optional[Path]:
    """The folder that a variable names; None where it names none."""
    folder = Path(text.strip().strip('"'))
    return folder if folder.is_absolute() else None
