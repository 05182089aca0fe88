"""File objects."""

from __future__ import annotations

from typing import Optional

from ..kernel.object_header import ObjectHeader
from ..values import NO_VALUE, Hex, Maybe
from .base import Facts, Names, detail
from .file_name import FileName, FileNames
from .view import View

__all__ = ("File",)


class File(Facts):
    """Describes File objects."""

    types = ("File",)
    struct, fields = FileNames.FIELDS

    def names(self, header: ObjectHeader, file: View) -> Names:
        """The path in the file object, with the device's name in front of it; no device of a file
        without a path, which is the device itself."""
        name = file.once(self._name)
        device = name.device_leaf if isinstance(name.path, str) else NO_VALUE
        return Names(name.full, name.path, 0, device)

    @detail("Device", more=False)
    def device(self, file: View) -> Maybe[str]:
        return file.once(self._name).device_name

    @detail("Device Object", more=False)
    def device_object(self, file: View) -> Optional[Hex]:
        device = file.once(self._name).device_object
        return Hex(device) if isinstance(device, int) else None

    @detail("Path", more=False)
    def path(self, file: View) -> Optional[str]:
        """So much of the name as there is where the device's is missing."""
        name = file.once(self._name)
        return name.path if isinstance(name.path, str) and not isinstance(name.full, str) else None

    @detail("Relative", more=False)
    def relative(self, file: View) -> Optional[bool]:
        return file.once(self._name).relative or None

    def _name(self, file: View) -> FileName:
        return self.files.name_of(file.address)
