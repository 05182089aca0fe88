"""Which describer describes which type, and each object described once."""

from __future__ import annotations

from typing import Dict, Tuple, Type

from ..kernel import Kernel, KernelObject
from ..values import NO_VALUE, PykdHandleError, unavailable
from .base import Describer, Description
from .file import FileDescriber
from .file_name import FileNames
from .key import KeyDescriber
from .process import ProcessDescriber
from .section import SectionDescriber
from .symbolic_link import SymbolicLinkDescriber
from .thread import ThreadDescriber

__all__ = ("Objects",)

_NEAR = 0x80  # bytes

_DESCRIBERS: Tuple[Type[Describer], ...] = (
    FileDescriber,
    KeyDescriber,
    ProcessDescriber,
    SectionDescriber,
    SymbolicLinkDescriber,
    ThreadDescriber,
)


class Objects:
    """Describes any object of one kernel; an object that several handles lead to only once."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        files = FileNames(kernel)
        self._plain = Describer(kernel, files)
        self._by_type: Dict[str, Describer] = {}
        for maker in _DESCRIBERS:
            describer = maker(kernel, files)
            for name in maker.types:
                self._by_type[name] = describer
        self._done: Dict[int, Description] = {}
        # Fields farther off than that cost more to carry along than another read.
        wishes = [_ahead(describer) for describer in self._by_type.values()]
        self.ahead = max((wish for wish in wishes if wish <= _NEAR), default=0)

    def describe(self, item: KernelObject) -> Description:
        """The description of an object; one that fails says why in its name."""
        address = item.header.address
        found = self._done.get(address)
        if found is None:
            try:
                found = self._describe(item)
            except PykdHandleError as error:
                why = unavailable(error)
                found = Description(why, why, why, {})
            self._done[address] = found
        return found

    def _describe(self, item: KernelObject) -> Description:
        name = item.type_name
        if isinstance(name, str):
            return self._by_type.get(name, self._plain).describe(item)
        # The header's own name is one whatever the type; without one, files, keys and others have
        # theirs elsewhere.
        found = self._plain.describe(item)
        if found.name is NO_VALUE:
            # Nor is it known whether WinDbg would print a null directory, or none.
            found = found._replace(name=name, classic_name=name, directory=name)
        return found


def _ahead(describer: Describer) -> int:
    """What a describer wants to be read ahead; where its layout can't be used, its cells say so."""
    try:
        return describer.ahead()
    except PykdHandleError:
        return 0
