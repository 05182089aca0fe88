"""Directories of the object manager: ``_OBJECT_DIRECTORY``.

``NamespaceEntry`` (Vista and later) belongs to a private namespace, ``ShadowDirectory`` (Windows 8
and later) is the one that is looked through next; both may lead nowhere.
"""

from __future__ import annotations

from ..hints import Optional
from ..kernel.directory import directory_objects
from ..values import CorruptedError, Hex, Maybe, Reason
from .base import Facts, detail
from .view import View

__all__ = ("Directory",)

_NO_SESSION = 0xFFFFFFFF


class Directory(Facts):
    """Describes Directory objects."""

    types = ("Directory",)
    struct = "_OBJECT_DIRECTORY"
    more_fields = ("DeviceMap", "ShadowDirectory", "SessionId", "NamespaceEntry", "Flags")

    @detail("Entries")
    def entries(self, directory: View) -> int:
        return sum(1 for _ in directory_objects(directory.target, directory.address))

    @detail("Session")
    def session(self, directory: View) -> Optional[int]:
        session = directory["SessionId"]
        return None if session == _NO_SESSION else session

    @detail("Private Namespace")
    def private_namespace(self, directory: View) -> Optional[bool]:
        if not directory.has("NamespaceEntry"):
            return None
        return True if directory["NamespaceEntry"] else None

    @detail("Device Map")
    def device_map(self, directory: View) -> Optional[Hex]:
        # One word for both up to 8.1: the map, or with its lowest bit the other directory.
        value = directory["DeviceMap"]
        return Hex(value) if value and not value & 1 else None

    @detail("Shadow Directory")
    def shadow_directory(self, directory: View) -> Maybe[Optional[str]]:
        if not directory.has("ShadowDirectory"):
            return None
        shadow = directory["ShadowDirectory"]
        if shadow == directory["DeviceMap"] or not shadow:
            return None
        if not directory.target.is_kernel_address(shadow):
            raise CorruptedError(shadow, Reason.FIELD_NOWHERE, "the shadow directory")
        return self.kernel.namespace.path(shadow)

    @detail()
    def flags(self, directory: View) -> Optional[Hex]:
        return Hex(directory["Flags"]) if directory.has("Flags") else None
