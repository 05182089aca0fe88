"""File objects."""

from __future__ import annotations

from typing import Any, Dict

from ..kernel import KernelObject
from ..values import NO_VALUE, Hex, Maybe
from .base import Describer, Description
from .file_name import FileNames

__all__ = ("FileDescriber",)


class FileDescriber(Describer):
    """Describes File objects."""

    types = ("File",)

    def ahead(self) -> int:
        """Up to the end of ``FileName``."""
        return self.end_of(FileNames.FIELDS)

    def describe(self, item: KernelObject) -> Description:
        """``!handle`` prints the path and the device's own name, and nothing without a path."""
        name = self.files.name_of(item.body)
        details: Dict[str, Any] = {"device": name.device_name}
        if isinstance(name.device_object, int):
            details["device_object"] = Hex(name.device_object)
        device: Maybe[str] = NO_VALUE
        if isinstance(name.path, str):
            device = name.device_leaf
            if not isinstance(name.full, str):
                details["path"] = name.path
            if name.relative:
                details["relative"] = True
        return Description(name.full, name.path, 0, details, device)
