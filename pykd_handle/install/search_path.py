"""The user's PATH: where the bootstrapper's ``!py handle.py`` looks for the script.

It asks ``SearchPath``: the debugger's folder, the current one, those of the system, and PATH.
"""

from __future__ import annotations

import re
from typing import List

from .errors import InstallError
from .machine import Machine
from .places import Places
from .registry import Value
from .step import Step

__all__ = ("SearchPathStep",)

_KEY, _NAME = "Environment", "Path"
_VARIABLE = re.compile("%([^%]+)%")


class SearchPathStep(Step):
    """Have our folder on the user's PATH, at its end."""

    name = "search path"

    def __init__(self, machine: Machine, places: Places) -> None:
        self._machine = machine
        self._bits = places.bits
        self._folder = str(places.own)

    def present(self) -> str:
        """Our entry."""
        return "on the user's PATH" if self._has(self._entries()) else ""

    def todo(self) -> str:
        """Add it."""
        if self._has(self._entries()):
            return ""
        return f"add {self._folder} to the user's PATH"

    def install(self) -> None:
        """Add it. Raises `InstallError`."""
        self._store([*self._entries(), self._folder])

    def undo(self) -> str:
        """Remove it."""
        if not self._has(self._entries()):
            return ""
        return f"remove {self._folder} from the user's PATH"

    def uninstall(self) -> None:
        """Remove it. Raises `InstallError`."""
        self._store([entry for entry in self._entries() if not self._is_ours(entry)])

    def _value(self) -> Value:
        value = self._machine.registry.value("HKCU", _KEY, _NAME, self._bits)
        return value if value is not None else Value("", True)

    def _entries(self) -> List[str]:
        return [entry for entry in self._value().text.split(";") if entry]

    def _has(self, entries: List[str]) -> bool:
        return any(self._is_ours(entry) for entry in entries)

    def _is_ours(self, entry: str) -> bool:
        environ = {name.upper(): value for name, value in self._machine.environ.items()}
        text = _VARIABLE.sub(lambda match: environ.get(match[1].upper(), match[0]), entry)
        return text.strip().strip('"').rstrip("\\/").lower() == self._folder.lower()

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
