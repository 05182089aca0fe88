"""Symbolic links of the object manager: where they lead (``_OBJECT_SYMBOLIC_LINK``).

``Flags`` came with Windows 10; ``DosDeviceDriveIndex`` counts the drive letters from 1, ``A:``, and
is 0 for any other link.
From Windows 10 15063 on a link may have a function of the kernel or a driver in place of its
target, which says anew each time where it leads. Flag 0x10 tells (OBJECT_SYMBOLIC_LINK_USE_CALLBACK
in the sample driver that Winsider published, which hooks the C: drive by setting it).
"""

from __future__ import annotations

from ..kernel import KernelObject
from ..kernel.fields import read_fields
from ..kernel.strings import read_unicode_string
from ..layout import fields
from ..values import Absent, in_hex
from .base import Describer, Description, named

__all__ = ("SymbolicLinkDescriber",)

_USE_CALLBACK = 0x10
_LINK = fields(
    "_OBJECT_SYMBOLIC_LINK",
    "LinkTarget.Length",
    "LinkTarget.MaximumLength",
    "LinkTarget.Buffer",
    "DosDeviceDriveIndex",
    "Flags",
    "Callback",
    "CallbackContext",
)


class SymbolicLinkDescriber(Describer):
    """Describes SymbolicLink objects."""

    types = ("SymbolicLink",)

    def describe(self, item: KernelObject) -> Description:
        """The link's own name; in the details its target, or the callback in place of one."""
        plain = named(self.kernel, item)
        struct = self.target.struct(_LINK.struct)
        found = read_fields(self.target, _LINK, item.body)
        target, (drive, flags, callback, context) = found[:3], found[3:]
        details = plain.details
        if struct.has("Flags"):
            details["flags"] = in_hex(flags)
        # Which of the two it is, the flags say; before 15063 there was no callback.
        may_call = struct.has("Callback")
        if may_call and isinstance(flags, Absent):
            details["target"] = flags
        elif may_call and isinstance(flags, int) and flags & _USE_CALLBACK:
            details["callback"] = in_hex(callback)
            details["callback_context"] = in_hex(context)
        else:
            details["target"] = read_unicode_string(self.target, *target)
        if isinstance(drive, Absent) or drive:
            details["drive_letter_index"] = drive
        return plain
