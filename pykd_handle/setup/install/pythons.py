r"""The Pythons that the pykd-ext bootstrapper sees, found in the way that it finds them.

It goes through ``SOFTWARE\Python\PythonCore`` of the machine and then of the user (a Python from
the Store, from conda, an embeddable or a virtual one is not registered there), and loads
``pythonXY.dll`` from the key's ``InstallPath``.
"""

from __future__ import annotations

import re
from pathlib import Path

from ...hints import List, Optional, Tuple, Union
from ...values import NamedTuple
from .errors import InstallError
from .image import read_image
from .registry import Registry

__all__ = (
    "USABLE",
    "WHEEL_HELP",
    "Interpreter",
    "Survey",
    "Versions",
    "in_words",
    "python_help",
    "survey",
)

_CORE = r"SOFTWARE\Python\PythonCore"
_VERSION = re.compile(r"(\d+)\.(\d+)")

Versions = Tuple[Tuple[int, int], ...]

# PyPI has wheels of pykd for these, and none for newer ones; best first.
USABLE: Versions = ((3, 9), (3, 8))


class Interpreter(NamedTuple):
    """A registered Python: ``version`` (3, 9), its bitness, its folder and its registry key."""

    version: Tuple[int, int]
    bits: int
    folder: Path
    key: str

    @property
    def executable(self) -> Path:
        """Its ``python.exe``."""
        return self.folder / "python.exe"

    @property
    def name(self) -> str:
        """``3.9``"""
        return "{}.{}".format(*self.version)

    def __str__(self) -> str:
        return f"Python {self.name} ({self.bits}-bit) in {self.folder} ({self.key})"


class Survey(NamedTuple):
    """All that was found for one bitness.

    ``visible``: what the bootstrapper can load, lowest version first. ``rejected``: one line for
    each key that it will not use, with the reason.
    """

    bits: int
    visible: Tuple[Interpreter, ...]
    rejected: Tuple[str, ...]

    @property
    def default(self) -> Optional[Interpreter]:
        """The one that ``!py`` takes when no version is said: the highest 3.x, else 2.x."""
        threes = [one for one in self.visible if one.version[0] == 3]
        chosen = threes or [one for one in self.visible if one.version[0] == 2]
        return chosen[-1] if chosen else None

    def best(self, versions: Versions = USABLE) -> Optional[Interpreter]:
        """The one to use: of a version that there is a wheel of pykd for, the first one best."""
        for version in versions:
            for one in self.visible:
                if one.version == version:
                    return one
        return None

    def named(self, executable: Path, versions: Versions = USABLE) -> Interpreter:
        """The one with this ``python.exe``. Raises `InstallError`, saying why it can't serve."""
        folder = executable.parent if executable.suffix.lower() == ".exe" else executable
        for one in self.visible:
            if _same_folder(one.folder, folder):
                if one.version not in versions:
                    raise InstallError(_no_wheel(one, versions, self.bits))
                return one
        raise InstallError(
            f"{folder} is not registered as a {self.bits}-bit Python under PythonCore, where the "
            "debugger's bootstrapper looks (Pythons from the Store, conda and virtual "
            f"environments never are). {python_help(self.bits)}"
        )


def in_words(versions: Versions) -> str:
    """``3.9 or 3.8``"""
    return " or ".join("{}.{}".format(*version) for version in versions)


def _no_wheel(one: Interpreter, versions: Versions, bits: int) -> str:
    if versions != USABLE:
        return f"{one}: the wheel of pykd is for Python {in_words(versions)}"
    return (
        f"{one}: pykd has no wheel for it; use Python {in_words(versions)}. {python_help(bits)} "
        f"{WHEEL_HELP}"
    )


WHEEL_HELP = "Or name a wheel of pykd for your Python: -PykdWheel FILE."
"""The other way, for who has such a wheel."""


def python_help(bits: int) -> str:
    """What to install, exactly."""
    kind, architecture = ("64-bit", "x64") if bits == 64 else ("32-bit", "x86")
    return (
        f"Install Python 3.9.13 from python.org, 'Windows installer ({kind})' (the last 3.9 that "
        "has one; administrator rights are not needed), or: winget install --id Python.Python.3.9 "
        f"--exact --architecture {architecture}"
    )


def survey(registry: Registry, bits: int) -> Survey:
    """Look at every registered Python as a bootstrapper of this bitness does."""
    visible: List[Interpreter] = []
    rejected: List[str] = []
    for hive in ("HKLM", "HKCU"):
        for name in registry.subkeys(hive, _CORE, bits):
            found = _look(registry, hive, name, bits)
            if isinstance(found, str):
                rejected.append(f"{hive} PythonCore\\{name}: {found}")
            elif not any(one.version == found.version for one in visible):
                # Of one version it loads the first that it comes to: that of the machine.
                visible.append(found)
    return Survey(bits, tuple(sorted(visible)), tuple(rejected))


def _look(registry: Registry, hive: str, name: str, bits: int) -> Union[Interpreter, str]:
    match = _VERSION.match(name)
    if match is None:
        return "not a version"
    version = int(match.group(1)), int(match.group(2))
    try:
        path = registry.value(hive, rf"{_CORE}\{name}\InstallPath", "", bits)
    except OSError as error:
        return f"its InstallPath can't be read: {error.strerror or error}"
    if path is None or not path.text:
        return "no InstallPath"
    # Joined as the bootstrapper joins: it puts no separator between folder and file.
    library = Path(path.text + "python{}{}.dll".format(*version))
    image = read_image(library)
    if image is None:
        if not path.text.endswith(("\\", "/")):
            return f"InstallPath does not end with a backslash, so {library} is looked for"
        return f"{library} is not there"
    if image.bits != bits:
        return f"{image.bits}-bit, the debugger is {bits}-bit"
    # It lists every key, but runs a version only from the key of that exact name.
    wanted = "{}.{}".format(*version) + ("-32" if bits == 32 and version >= (3, 5) else "")
    if name != wanted:
        return f"only the key {wanted} is used"
    return Interpreter(version, bits, Path(path.text), f"{hive} PythonCore\\{name}")


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
