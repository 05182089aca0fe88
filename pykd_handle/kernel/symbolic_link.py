"""Where a symbolic link of the object manager leads: ``_OBJECT_SYMBOLIC_LINK``.

From Windows 10 15063 on a link may have a function of the kernel or a driver in place of its
target, which says anew each time where it leads. Flag 0x10 tells (OBJECT_SYMBOLIC_LINK_USE_CALLBACK
in the sample driver that Winsider published, which hooks the C: drive by setting it).
"""

from __future__ import annotations

from ..hints import Optional
from ..layout import fields
from ..targets import Target
from ..values import known
from .fields import read_fields
from .strings import read_unicode_string

__all__ = ("USE_CALLBACK", "link_target")

USE_CALLBACK = 0x10
"""The bit of ``Flags`` that says so."""

_LINK = fields(
    "_OBJECT_SYMBOLIC_LINK",
    "LinkTarget.Length",
    "LinkTarget.MaximumLength",
    "LinkTarget.Buffer",
    "Flags",
    "Callback",
)


def link_target(target: Target, address: int) -> Optional[str]:
    """The path that the link whose body lies at ``address`` stands for; None where a function says
    so each time. Raises `UnavailableError`."""
    length, maximum, buffer, flags, _ = read_fields(target, _LINK, address)
    if target.struct(_LINK.struct).has("Callback") and known(flags) & USE_CALLBACK:
        return None
    return read_unicode_string(target, length, maximum, buffer)
