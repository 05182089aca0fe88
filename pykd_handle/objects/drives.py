"""Drive letters: the links ``C:`` and so on in ``\\GLOBAL??`` (``\\??`` on older systems)."""

from __future__ import annotations

from ..hints import Dict, List, Optional, Tuple
from ..kernel import Kernel, KernelObject
from ..kernel.lookup import Lookup
from ..kernel.symbolic_link import link_target
from ..values import maybe

__all__ = ("Drives",)

_DIRECTORY = "\\GLOBAL??"


class Drives:
    """The drive letters of one kernel by the devices that they stand for: read once, not from a
    machine that runs, which the many links would cost too many questions."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._letters: Optional[Dict[str, str]] = None

    def of(self, device: str) -> Optional[str]:
        """The drive letter of a device (``C:``), None where none is known."""
        if self._letters is None:
            self._letters = {} if self._kernel.target.round_trips else self._read()
        return self._letters.get(device.lower())

    def _read(self) -> Dict[str, str]:
        found: Dict[str, str] = {}
        for name, item in maybe(self._links) or ():
            if item.type_name != "SymbolicLink" or len(name) != 2 or name[1] != ":":
                continue
            target = maybe(link_target, self._kernel.target, item.body)
            if target:
                found.setdefault(target.lower(), name.upper())
        return found

    def _links(self) -> List[Tuple[str, KernelObject]]:
        lookup = Lookup(self._kernel)
        return lookup.entries(lookup.find(_DIRECTORY).body).objects
