"""The name of a process's image, whole: the last part of the path that the kernel keeps for audits.

``_EPROCESS.ImageFileName`` has room for 14 or 15 characters, of a code page that nothing names, and
is blank for a process of a subsystem. ``SeAuditProcessCreationInfo.ImageFileName`` leads to an
``_OBJECT_NAME_INFORMATION`` with the full path, in UTF-16, in every Windows from XP on.
"""

from __future__ import annotations

from ..hints import Dict
from ..layout import fields
from ..targets import Target
from ..values import Maybe, maybe
from .fields import decode_fields
from .process import Process
from .strings import read_unicode_string

__all__ = ("ImageNames",)

_PAGE = 0x1000
_AHEAD = 0x200  # bytes: a path of 250 characters comes with the structure in front of it
_NAME = fields("_OBJECT_NAME_INFORMATION", "Name.Length", "Name.MaximumLength", "Name.Buffer")


class ImageNames:
    """Names the images of the processes of one kernel, each once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._struct = target.find_struct(_NAME.struct)
        self._names: Dict[int, Maybe[str]] = {}

    def of(self, process: Process) -> Maybe[str]:
        """The name of the image: one read, two where its path does not lie behind its structure.

        Where there is no path, or it can't be read, the short name serves: true as far as it goes.
        Its bytes beyond ASCII come as ``\\xNN``. Absent where neither can be had.
        """
        name = self._names.get(process.address)
        if name is None:
            name = self._names[process.address] = self._full(process.image_info) or _short(process)
        return name

    def _full(self, address: Maybe[int]) -> str:
        """The last part of the path in the structure at ``address``, "" where there is none."""
        struct, target = self._struct, self._target
        if struct is None or not address or not target.is_kernel_address(address):
            return ""
        # The kernel lays the text right behind the structure. Not into the next page, though: on
        # a live target a page that is missing costs a question of its own.
        room = min(struct.size + _AHEAD, _PAGE - address % _PAGE)
        span = target.read_partial(address, max(room, struct.size))
        length, maximum, buffer = decode_fields(span, struct, address, _NAME.paths)
        path = maybe(lambda: read_unicode_string(target, length, maximum, buffer, span=span))
        # The name of a file of Windows holds neither; the paths of Linux processes have slashes.
        return (path or "").replace("/", "\\").rpartition("\\")[2]


def _short(process: Process) -> Maybe[str]:
    image = process.image
    return image and image.encode("latin-1").decode("ascii", "backslashreplace")
