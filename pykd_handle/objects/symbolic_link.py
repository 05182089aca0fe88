"""Symbolic links of the object manager: where they lead (``_OBJECT_SYMBOLIC_LINK``)."""

from __future__ import annotations

from ..kernel import KernelObject
from ..kernel.fields import read_fields
from ..kernel.strings import read_unicode_string
from .base import Describer, Description, named

__all__ = ("SymbolicLinkDescriber",)


class SymbolicLinkDescriber(Describer):
    """Describes SymbolicLink objects."""

    types = ("SymbolicLink",)

    def describe(self, item: KernelObject) -> Description:
        """The link's own name, and its target in the details."""
        plain = named(self.kernel, item)
        struct = self.target.struct("_OBJECT_SYMBOLIC_LINK")
        fields = read_fields(
            self.target,
            struct,
            item.header.body,
            "LinkTarget.Length",
            "LinkTarget.MaximumLength",
            "LinkTarget.Buffer",
        )
        # From 15063 on a link may hold a callback in this place; its bytes are no string then.
        plain.details["target"] = read_unicode_string(self.target, *fields)
        return plain
