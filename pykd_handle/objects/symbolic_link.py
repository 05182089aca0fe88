"""Symbolic links of the object manager: where they lead (``_OBJECT_SYMBOLIC_LINK``).

``Flags`` came with Windows 10, ``AccessMask`` with 14393, ``IntegrityLevel`` with 20348.
``DosDeviceDriveIndex`` counts the drive letters from 1, ``A:``, and is 0 for any other link.
From 15063 on a link may have a callback in place of its target (`kernel.symbolic_link`).
"""

from __future__ import annotations

from datetime import datetime

from ..hints import Optional
from ..kernel.symbolic_link import USE_CALLBACK
from ..values import Hex
from .base import Facts, detail
from .view import View

__all__ = ("SymbolicLink",)


class SymbolicLink(Facts):
    """Describes SymbolicLink objects: the target, or the callback in place of one."""

    types = ("SymbolicLink",)
    struct = "_OBJECT_SYMBOLIC_LINK"
    fields = (
        "LinkTarget.Length",
        "LinkTarget.MaximumLength",
        "LinkTarget.Buffer",
        "DosDeviceDriveIndex",
        "Flags",
        "Callback",
        "CallbackContext",
    )
    more_fields = ("CreationTime.QuadPart", "AccessMask", "IntegrityLevel")

    @detail(more=False)
    def flags(self, link: View) -> Optional[Hex]:
        return Hex(link["Flags"]) if link.has("Flags") else None

    @detail("Target", more=False)
    def target(self, link: View) -> Optional[str]:
        return None if self._calls(link) else link.text("LinkTarget")

    @detail("Callback", more=False)
    def callback(self, link: View) -> Optional[Hex]:
        # Where the flags are missing, the target says so.
        return Hex(link["Callback"]) if link.cell(self._calls) else None

    @detail("Callback Context", more=False)
    def callback_context(self, link: View) -> Optional[Hex]:
        return Hex(link["CallbackContext"]) if link.cell(self._calls) else None

    @detail("Drive Letter Index", more=False)
    def drive_letter_index(self, link: View) -> Optional[int]:
        return link["DosDeviceDriveIndex"] or None

    @detail("Drive")
    def drive(self, link: View) -> Optional[str]:
        index = link["DosDeviceDriveIndex"]
        return f"{chr(ord('A') + index - 1)}:" if 1 <= index <= 26 else None

    @detail("Callback in")
    def callback_module(self, link: View) -> Optional[str]:
        return self.files.modules.place(link["Callback"]) if link.cell(self._calls) else None

    @detail("Created")
    def created(self, link: View) -> Optional[datetime]:
        return link.time("CreationTime.QuadPart")

    @detail("Access Mask")
    def access_mask(self, link: View) -> Optional[Hex]:
        return Hex(link["AccessMask"]) if link.has("AccessMask") else None

    @detail("Integrity Level")
    def integrity_level(self, link: View) -> Optional[Hex]:
        return Hex(link["IntegrityLevel"]) if link.has("IntegrityLevel") else None

    def _calls(self, link: View) -> bool:
        """Whether the link has a callback; before 15063 there was none."""
        return link.has("Callback") and link["Flags"] & USE_CALLBACK != 0
