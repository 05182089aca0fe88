"""The part of the Windows registry that matters here, behind a seam that tests can fill."""

from __future__ import annotations

import errno
import importlib

from ...hints import Any, List, Optional, Protocol
from ...values import NamedTuple

__all__ = ("Registry", "Value", "WindowsRegistry")


class Value(NamedTuple):
    """A text value; ``expand`` when it holds variables such as ``%USERPROFILE%``."""

    text: str
    expand: bool = False


class Registry(Protocol):
    """What the installer asks of a registry.

    ``hive`` is ``HKLM`` or ``HKCU``; ``bits`` chooses the 32-bit or the 64-bit view, as a program
    of that bitness sees it.
    """

    def subkeys(self, hive: str, key: str, bits: int) -> List[str]:
        """The names of the keys below ``key``, in order; none where there is no such key."""

    def value(self, hive: str, key: str, name: str, bits: int) -> Optional[Value]:
        """A text value, None where there is none; ``name`` is empty for the key's default value.

        Raises `OSError` for one that can't be read or is no text: it is there all the same.
        """

    def set_value(self, hive: str, key: str, name: str, value: Value, bits: int) -> None:
        """Write a text value, making the key if need be. Raises `OSError`."""

    def delete_value(self, hive: str, key: str, name: str, bits: int) -> None:
        """Remove a value that is there. Raises `OSError`."""


class WindowsRegistry:
    """The registry of this computer."""

    def __init__(self) -> None:
        # Only Windows has the module, and type checkers elsewhere know none of its names.
        self._winreg: Any = importlib.import_module("winreg")

    def subkeys(self, hive: str, key: str, bits: int) -> List[str]:
        """See `Registry.subkeys`."""
        names: List[str] = []
        try:
            with self._open(hive, key, bits, self._winreg.KEY_READ) as opened:
                while True:
                    names.append(self._winreg.EnumKey(opened, len(names)))
        except OSError:
            # No such key, or no more keys below it: winreg tells both in the same way.
            return names

    def value(self, hive: str, key: str, name: str, bits: int) -> Optional[Value]:
        """See `Registry.value`."""
        try:
            with self._open(hive, key, bits, self._winreg.KEY_READ) as opened:
                data, kind = self._winreg.QueryValueEx(opened, name)
        except FileNotFoundError:
            return None
        if kind not in (self._winreg.REG_SZ, self._winreg.REG_EXPAND_SZ):
            raise OSError(errno.EINVAL, f"{hive}\\{key}\\{name} is no text")
        return Value(str(data), kind == self._winreg.REG_EXPAND_SZ)

    def set_value(self, hive: str, key: str, name: str, value: Value, bits: int) -> None:
        """See `Registry.set_value`."""
        kind = self._winreg.REG_EXPAND_SZ if value.expand else self._winreg.REG_SZ
        access = self._winreg.KEY_SET_VALUE | self._view(bits)
        root = self._root(hive)
        with self._winreg.CreateKeyEx(root, key, 0, access) as opened:
            self._winreg.SetValueEx(opened, name, 0, kind, value.text)

    def delete_value(self, hive: str, key: str, name: str, bits: int) -> None:
        """See `Registry.delete_value`."""
        with self._open(hive, key, bits, self._winreg.KEY_SET_VALUE) as opened:
            self._winreg.DeleteValue(opened, name)

    def _open(self, hive: str, key: str, bits: int, access: int) -> Any:
        return self._winreg.OpenKey(self._root(hive), key, 0, access | self._view(bits))

    def _root(self, hive: str) -> Any:
        return {
            "HKLM": self._winreg.HKEY_LOCAL_MACHINE,
            "HKCU": self._winreg.HKEY_CURRENT_USER,
        }[hive]

    def _view(self, bits: int) -> int:
        view = self._winreg.KEY_WOW64_64KEY if bits == 64 else self._winreg.KEY_WOW64_32KEY
        return int(view)
