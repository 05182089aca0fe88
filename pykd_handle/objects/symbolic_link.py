"""Symbolic links of the object manager: where they lead (``_OBJECT_SYMBOLIC_LINK``).

``Flags`` came with Windows 10; ``DosDeviceDriveIndex`` counts the drive letters from 1, ``A:``, and
is 0 for any other link.
From Windows 10 15063 on a link may have a function of the kernel or a driver in place of its
target, which says anew each time where it leads. Flag 0x10 tells (OBJECT_SYMBOLIC_LINK_USE_CALLBACK
in the sample driver that Winsider published, which hooks the C: drive by setting it).
"""

from __future__ import annotations

from typing import Any, Dict

from ..kernel import KernelObject
from ..kernel.fields import read_fields
from ..kernel.strings import read_unicode_string
from ..values import Absent, Hex, Maybe
from .base import Describer, Description, named

__all__ = ("SymbolicLinkDescriber",)

_USE_CALLBACK = 0x10
_TARGET = ("LinkTarget.Length", "LinkTarget.MaximumLength", "LinkTarget.Buffer")
_OTHERS = ("DosDeviceDriveIndex", "Flags", "Callback", "CallbackContext")


class SymbolicLinkDescriber(Describer):
    """Describes SymbolicLink objects."""

    types = ("SymbolicLink",)

    def describe(self, item: KernelObject) -> Description:
        """The link's own name; in the details its target, or the callback in place of one."""
        plain = named(self.kernel, item)
        struct = self.target.struct("_OBJECT_SYMBOLIC_LINK")
        fields = [*_TARGET, *(field for field in _OTHERS if struct.has(field))]
        found = read_fields(self.target, struct, item.header.body, *fields)
        values: Dict[str, Any] = dict(zip(fields, found))
        details = plain.details
        flags = values.get("Flags", 0)
        if "Flags" in values:
            details["flags"] = _hex(flags)
        if "Callback" in values and isinstance(flags, Absent):
            details["target"] = flags  # which of the two it is, is not known
        elif "Callback" in values and flags & _USE_CALLBACK:
            details["callback"] = _hex(values["Callback"])
            details["callback_context"] = _hex(values["CallbackContext"])
        else:
            details["target"] = read_unicode_string(self.target, *found[: len(_TARGET)])
        drive = values["DosDeviceDriveIndex"]
        if isinstance(drive, Absent) or drive:
            details["drive_letter_index"] = drive
        return plain


def _hex(value: Maybe[int]) -> Maybe[int]:
    return value if isinstance(value, Absent) else Hex(value)
