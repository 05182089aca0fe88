"""Window stations and desktops, whose bodies are win32k's: public symbols describe them for
Windows 7 alone (``tagWINDOWSTATION``, ``tagDESKTOP``). The session is told by the directory that a
window station stands in as well."""

from __future__ import annotations

import re

from ..hints import Optional
from ..values import NO_VALUE, Hex, Maybe, known
from .base import Facts, detail
from .view import View

__all__ = ("Desktop", "WindowStation")

_SESSION = r"(?i)\\Sessions\\(\d+)\\"
_NO_IO = 0x4  # WSF_NOIO, as Volatility reads it


class _UserObject(Facts):
    """What win32k keeps in the memory of a session."""

    @detail()
    def body(self, item: View) -> Optional[bool]:
        return None if self._known(item) else False

    def _known(self, item: View) -> bool:
        return item.target.find_struct(self.struct) is not None


class WindowStation(_UserObject):
    """Describes WindowStation objects."""

    types = ("WindowStation",)
    struct = "tagWINDOWSTATION"
    more_fields = ("dwSessionId", "dwWSF_Flags", "cNumClipFormats")

    @detail("Session")
    def session(self, station: View) -> Optional[int]:
        if self._known(station):
            return station["dwSessionId"]
        header = self.kernel.object(self.kernel.headers.header_of(station.address)).header
        info = header.name_info
        directory = known(known(info).directory) if info is not NO_VALUE else 0
        path = self.kernel.namespace.path(directory) if directory else ""
        match = re.match(_SESSION, f"{path}\\")
        return int(match.group(1)) if match else None

    @detail("Interactive")
    def interactive(self, station: View) -> Optional[bool]:
        return station["dwWSF_Flags"] & _NO_IO == 0 if self._known(station) else None

    @detail("Clipboard Formats")
    def clipboard_formats(self, station: View) -> Optional[int]:
        return station["cNumClipFormats"] if self._known(station) else None


class Desktop(_UserObject):
    """Describes Desktop objects."""

    types = ("Desktop",)
    struct = "tagDESKTOP"
    more_fields = ("dwSessionId", "rpwinstaParent", "ulHeapSize", "pheapDesktop")

    @detail("Session")
    def session(self, desktop: View) -> Optional[int]:
        return desktop["dwSessionId"] if self._known(desktop) else None

    @detail("Window Station")
    def window_station(self, desktop: View) -> Maybe[Optional[str]]:
        if not self._known(desktop):
            return None
        place = desktop.optional_pointer("rpwinstaParent")
        if place is None:
            return None
        return self.kernel.name_of(place) or f"0x{place:x}"

    @detail("Desktop Heap")
    def heap(self, desktop: View) -> Optional[Hex]:
        return Hex(desktop["pheapDesktop"]) if self._known(desktop) else None

    @detail("Desktop Heap Size")
    def heap_size(self, desktop: View) -> Optional[int]:
        return desktop["ulHeapSize"] if self._known(desktop) else None
