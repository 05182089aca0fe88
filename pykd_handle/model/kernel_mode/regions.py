"""The regions of a process, with the files that they map."""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Iterator, Optional, Union
from ...kernel.protections import vad_protection
from ...kernel.vads import Region, Vads
from ...objects.file_name import FileNames
from ...values import NO_VALUE, Absent, Hex, Maybe, Sentence, applied, in_hex, maybe
from ..user_space import ProcessRegion

if TYPE_CHECKING:
    from .kernel import KernelMode

__all__ = ("Regions",)


class Regions:
    """The regions of one kernel's processes. Raises `UnavailableError` where the symbols have no
    descriptors."""

    def __init__(self, kernel: KernelMode) -> None:
        self._vads = Vads(kernel.target)
        self._files = FileNames(kernel.raw)

    def all(self, process: int) -> Iterator[Union[ProcessRegion, Sentence]]:
        """Those of the process whose ``_EPROCESS`` lies at an address, by address; a line where a
        part of them can't be read."""
        for found in self._vads.all(process):
            yield found if isinstance(found, Sentence) else self._shown(found)

    def find(self, process: int, address: int) -> Optional[ProcessRegion]:
        """The one in which an address lies. Raises `UnavailableError`."""
        found = self._vads.find(process, address)
        return None if found is None else self._shown(found)

    def _shown(self, region: Region) -> ProcessRegion:
        return ProcessRegion(
            Hex(region.start),
            Hex(region.end),
            _kind(region),
            applied(vad_protection, region.protection),
            self._file(region.file),
            Hex(region.vad),
            NO_VALUE if region.area is None else in_hex(region.area),
        )

    def _file(self, address: Maybe[int]) -> Maybe[str]:
        if not address:
            return NO_VALUE if address == 0 else address
        name = maybe(self._files.name_of, address)
        return name.full if name else name


def _kind(region: Region) -> Maybe[str]:
    if region.image:
        return "image"
    if region.area is not None:
        return region.image if isinstance(region.image, Absent) else "mapped"
    # Without the flags of the descriptor: it has no control area, and so is private.
    return "mapped" if region.private == 0 else "private"
