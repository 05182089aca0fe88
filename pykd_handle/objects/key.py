"""Registry keys."""

from __future__ import annotations

from typing import Optional

from ..kernel import Kernel
from ..kernel.object_header import ObjectHeader
from ..values import Absent, Hex, Maybe
from .base import Facts, Names, detail
from .file_name import FileNames
from .key_path import KeyPaths
from .view import View

__all__ = ("Key",)


class Key(Facts):
    """Describes Key objects."""

    types = ("Key",)
    struct = "_CM_KEY_BODY"
    fields = ("KeyControlBlock",)

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self._paths = KeyPaths(kernel.target)

    def names(self, header: ObjectHeader, key: View) -> Names:
        """The path is both the full name and the own one; a key stands in no directory."""
        path = key.cell(self._path)
        return Names(path, path, 0)

    @detail("Key Control Block", more=False)
    def key_control_block(self, key: View) -> Optional[Hex]:
        # Where it is missing, the name says so.
        block = key.cell(self._block)
        return None if isinstance(block, Absent) else Hex(block)

    def _block(self, key: View) -> int:
        return key["KeyControlBlock"]

    def _path(self, key: View) -> Maybe[str]:
        return self._paths.of(key["KeyControlBlock"])
