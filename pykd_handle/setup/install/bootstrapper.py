"""The pykd-ext bootstrapper, ``pykd.dll``: finding it, and putting a given file in its place."""

from __future__ import annotations

from pathlib import Path

from ...hints import List, Optional
from ...values import NamedTuple
from .errors import InstallError
from .image import read_image
from .machine import Machine
from .origin import has_mark, origin
from .places import Places
from .step import Step

__all__ = ("BOOTSTRAPPER_HELP", "BootstrapperStep", "Found", "fault_of", "find_bootstrapper")

FILE_NAME = "pykd.dll"
BOOTSTRAPPER_HELP = (
    "get pykd.dll from the releases of pykd-ext (GitHub: ivellioscolin/pykd-ext), the file of the "
    "debugger's bitness, and run the installer again with -Bootstrapper FILE"
)


class Found(NamedTuple):
    """A ``pykd.dll`` in a folder that the debugger searches; ``fault`` says why it can't serve."""

    path: Path
    fault: str = ""


def fault_of(path: Path, bits: int) -> str:
    """Why this file is no bootstrapper for a debugger of this bitness; empty if it is one."""
    image = read_image(path)
    if image is None:
        return "not there" if not path.is_file() else "no program file (perhaps still a .zip?)"
    if image.bits != bits:
        kind = f"{image.bits}-bit" if image.bits else "for another processor"
        return f"{kind}, the debugger is {bits}-bit"
    if any(name.startswith(("PyInit_", "initpykd")) for name in image.exports):
        return "pykd.pyd itself, which loses arguments on Python 3; pykd-ext's pykd.dll is needed"
    if "py" not in image.exports:
        return "has no command !py"
    return ""


def find_bootstrapper(places: Places) -> List[Found]:
    """Every ``pykd.dll`` where the debugger looks, in its order."""
    folders = places.searched()
    if places.chosen is not None and places.chosen not in folders:
        folders.insert(0, places.chosen)
    return [
        Found(folder / FILE_NAME, fault_of(folder / FILE_NAME, places.bits))
        for folder in folders
        if (folder / FILE_NAME).is_file()
    ]


class BootstrapperStep(Step):
    """Have ``pykd.dll`` where the debugger looks: the file given, or one that is there."""

    name = "bootstrapper"

    def __init__(self, machine: Machine, places: Places, given: Optional[Path]) -> None:
        self._machine = machine
        self._places = places
        self._given = given

    def present(self) -> str:
        """The path of the one in use."""
        usable = [found for found in find_bootstrapper(self._places) if not found.fault]
        return str(usable[0].path) if usable else ""

    def todo(self) -> str:
        """Put the given file in place, unless it is there. Raises `InstallError`."""
        if self._given is None:
            found = find_bootstrapper(self._places)
            if any(not one.fault for one in found):
                return ""
            faults = "".join(f"{one.path}: {one.fault}; " for one in found)
            where = self._places.extensions
            raise InstallError(f"{faults}no pykd.dll in {where}: {BOOTSTRAPPER_HELP}")
        fault = fault_of(self._given, self._places.bits)
        if fault:
            raise InstallError(f"{self._given}: {fault}; {BOOTSTRAPPER_HELP}")
        target = self._places.extensions / FILE_NAME
        if target.is_file() and target.read_bytes() == self._given.read_bytes():
            return ""
        return f"copy {self._given} to {target}"

    def install(self) -> None:
        """Copy the file, with its mark of the web: whether to trust it is not for us to say."""
        assert self._given is not None
        folder = self._places.extensions
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._machine.copy(self._given, folder / FILE_NAME)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InstallError(
                f"{folder / FILE_NAME}: {reason}; close every debugger that has it loaded, or name "
                "a folder that you may write to with -ExtensionPath"
            ) from None

    def remarks(self) -> List[str]:
        """The hash and origin of the one in use, and what its mark of the web means."""
        path = self._given or Path(self.present())
        try:
            lines = [origin(path)]
        except OSError as error:
            raise InstallError(f"{path}: {error.strerror or error}") from None
        if has_mark(path):
            placed = self._places.extensions / FILE_NAME if self._given else path
            quoted = str(placed).replace("'", "''")
            lines.append(
                "its mark of the web stays; if the debugger does not load it, and you trust its "
                f"origin: Unblock-File -LiteralPath '{quoted}'"
            )
        return lines

    def leftover(self) -> str:
        """It stays at uninstallation: other scripts run with it, too."""
        path = self.present()
        return f"{path} stays, other scripts may need it" if path else ""
