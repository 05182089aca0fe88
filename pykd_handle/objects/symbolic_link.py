"""Symbolic links of the object manager: where they lead (``_OBJECT_SYMBOLIC_LINK``).

From Windows 10 15063 on a link may have a function of the kernel or a driver in place of its
target, which says anew each time where it leads. Flag 0x10 tells (OBJECT_SYMBOLIC_LINK_USE_CALLBACK
in the sample driver that Winsider published, which hooks the C: drive by setting it).
"""

from __future__ import annotations

from ..absent import Absent
from ..kernel import KernelObject
from ..kernel.fields import read_fields
from ..kernel.strings import read_unicode_string
from ..record import Hex
from .base import Describer, Description, named

__all__ = ("SymbolicLinkDescriber",)

_USE_CALLBACK = 0x10


class SymbolicLinkDescriber(Describer):
    """Describes SymbolicLink objects."""

    types = ("SymbolicLink",)

    def describe(self, item: KernelObject) -> Description:
        """The link's own name; in the details its target, or the callback in place of one."""
        plain = named(self.kernel, item)
        struct = self.target.struct("_OBJECT_SYMBOLIC_LINK")
        fields = ["LinkTarget.Length", "LinkTarget.MaximumLength", "LinkTarget.Buffer"]
        if struct.has("Callback", "CallbackContext", "Flags"):
            fields += ["Callback", "CallbackContext", "Flags"]
        values = read_fields(self.target, struct, item.header.body, *fields)
        if len(values) > 3:
            callback, context, flags = values[3:]
            if isinstance(flags, Absent):
                # Which of the two it is, is not known.
                plain.details["target"] = flags
                return plain
            if flags & _USE_CALLBACK:
                for name, place in (("callback", callback), ("callback_context", context)):
                    plain.details[name] = Hex(place) if isinstance(place, int) else place
                return plain
        plain.details["target"] = read_unicode_string(self.target, *values[:3])
        return plain
