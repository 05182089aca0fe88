"""The user's PATH: where the bootstrapper's ``!py handle.py`` looks for the script.

It asks ``SearchPath``: the debugger's folder, the current one, those of the system, and PATH.
"""

from __future__ import annotations

import ntpath
import re
from pathlib import Path

from ...hints import List
from .errors import InstallError
from .machine import Machine
from .places import Places
from .registry import Value
from .step import Step

__all__ = ("SearchPathStep",)

_KEY, _NAME = "Environment", "Path"
_VARIABLE = re.compile("%([^%]+)%")
# Entries end at a semicolon, but not at one in quotes.
_ENTRY = re.compile(r'(?:"[^"]*"?|[^";])+')
# No other folder holds both, neither a clone nor the package.
_OUR_FILES = ("handle.py", "khandle.wds")
# Where our folder lies by default, whoever's it is; and as the user may have written it.
_BY_NAME = ("\\appdata\\local\\pykd_handle", "%localappdata%\\pykd_handle")


class SearchPathStep(Step):
    """Have our folder on the user's PATH, at its end, and no other folder that once was ours."""

    name = "search path"

    def __init__(self, machine: Machine, places: Places) -> None:
        self._machine = machine
        self._bits = places.bits
        self._environ = {name.upper(): value for name, value in machine.environ.items()}
        self._own = places.own

    def present(self) -> str:
        """Our entry."""
        return "on the user's PATH" if self._ours() else ""

    def todo(self) -> str:
        """Add it, in place of those that lead elsewhere."""
        ours = self._ours()
        if ours and all(self._is_own(entry) for entry in ours):
            return ""
        others = [entry for entry in ours if not self._is_own(entry)]
        instead = f", in place of {', '.join(others)}" if others else ""
        return f"add {self._own} to the user's PATH{instead}"

    def install(self) -> None:
        """Add it. Raises `InstallError`."""
        own = f'"{self._own}"' if ";" in str(self._own) else str(self._own)
        self._store([*self._others(), own])

    def undo(self) -> str:
        """Remove it."""
        ours = self._ours()
        return f"remove {', '.join(ours)} from the user's PATH" if ours else ""

    def uninstall(self) -> None:
        """Remove it. Raises `InstallError`."""
        self._store(self._others())

    def folders(self) -> List[Path]:
        """The folders on PATH that are ours by what lies in them."""
        try:
            entries = self._ours()
        except InstallError:
            return []  # the step itself will say so
        folders = [Path(self._expanded(entry)) for entry in entries if not self._is_own(entry)]
        return [folder for folder in folders if _holds_our_files(folder)]

    def _value(self) -> Value:
        try:
            value = self._machine.registry.value("HKCU", _KEY, _NAME, self._bits)
        except OSError as error:
            raise InstallError(f"the user's PATH: {error.strerror or error}") from None
        return value if value is not None else Value("", True)

    def _entries(self) -> List[str]:
        text = self._value().text
        found = _ENTRY.findall(text) if text.count('"') % 2 == 0 else text.split(";")
        entries = [entry for entry in found if entry]
        # Our folder, if its name holds a semicolon, and the quotes around it are missing.
        pieces = str(self._own).count(";") + 1
        for index in range(len(entries) - pieces + 1 if pieces > 1 else 0):
            joined = ";".join(entries[index : index + pieces])
            if self._is_own(joined):
                entries[index : index + pieces] = [joined]
        return entries

    def _ours(self) -> List[str]:
        return [entry for entry in self._entries() if self._is_ours(entry)]

    def _others(self) -> List[str]:
        return [entry for entry in self._entries() if not self._is_ours(entry)]

    def _is_own(self, entry: str) -> bool:
        """Whether it leads to the folder that we use now."""
        own = str(self._own)
        # A percent sign may also be part of the name.
        if {_plain(entry), _plain(self._expanded(entry))} & {
            _plain(own),
            _plain(self._expanded(own)),
        }:
            return True
        if not _may_be_named_so(entry):
            return False
        try:
            # A short name (PYKD_H~1), a link.
            return Path(self._expanded(entry)).samefile(self._own)
        except (OSError, ValueError):
            return False

    def _is_ours(self, entry: str) -> bool:
        """Whether an installer of ours has put it there, wherever the user's folder lay then."""
        text = _plain(self._expanded(entry))
        if self._is_own(entry) or text.endswith(_BY_NAME):
            return True
        return _may_be_named_so(entry) and _holds_our_files(Path(self._expanded(entry)))

    def _expanded(self, entry: str) -> str:
        text = _VARIABLE.sub(lambda match: self._environ.get(match[1].upper(), match[0]), entry)
        return text.replace('"', "").strip()

    def _store(self, entries: List[str]) -> None:
        registry = self._machine.registry
        try:
            if entries:
                text = ";".join(entries)
                registry.set_value(
                    "HKCU", _KEY, _NAME, Value(text, self._value().expand), self._bits
                )
            else:
                registry.delete_value("HKCU", _KEY, _NAME, self._bits)
        except OSError as error:
            raise InstallError(f"the user's PATH: {error.strerror or error}") from None
        self._machine.announce()


def _plain(entry: str) -> str:
    """A path in the one form in which Windows would call it the same."""
    text = entry.replace('"', "").strip()
    return ntpath.normcase(ntpath.normpath(text)) if text else ""


def _may_be_named_so(entry: str) -> bool:
    """Only such an entry is looked at on the disk: another may lie on a server that is gone."""
    name = ntpath.basename(_plain(entry))
    return name == "pykd_handle" or "~" in name


def _holds_our_files(folder: Path) -> bool:
    try:
        return all((folder / name).is_file() for name in _OUR_FILES)
    except (OSError, ValueError):
        return False
