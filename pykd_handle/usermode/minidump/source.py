"""A user-mode minidump as a source of handles."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional, Set

from ...values import CorruptedError, Hex, TargetError
from ..record import UserHandle, UserProcess
from ..request import BASIC, NAME, SPECIFIC
from ..source import Accept, UserSource
from .container import HANDLE_DATA, Container
from .handle_data import Descriptor, HandleData
from .operations import Operations

__all__ = ("MinidumpSource", "open_minidump")

# The system ignores the lowest two bits of a handle, and so does the debugger.
_TAG_BITS = 3


def open_minidump(path: Path) -> MinidumpSource:
    """Open a minidump. Raises `TargetError`: no minidump, or none with usable handle data."""
    return MinidumpSource(Container(path))


class MinidumpSource(UserSource):
    """The handles in a dump; takes over the container and closes it."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self.name = str(container.path)
        self._operations: Optional[Operations] = None
        try:
            stream = container.stream(HANDLE_DATA)
            if stream is None:
                raise TargetError(
                    f"{container.path} has no handle data: write the dump with .dump /mh "
                    "(MiniDumpWithHandleData)"
                )
            try:
                self._data = HandleData(container, stream)
            except CorruptedError as error:
                raise TargetError(f"{container.path}: {error}") from None
        except TargetError:
            container.close()
            raise
        self.process = UserProcess(
            pid=container.process_id(),
            image=container.image(),
            pointer_size=container.pointer_size(),
            live=False,
            handle_count=self._data.announced,
        )

    def handles(self, flags: int, accept: Accept) -> Iterator[UserHandle]:
        """All handles whose type is accepted, in the order of the dump."""
        # A damaged dump may have thousands of descriptors of one handle with thousands of
        # operations: they are told once.
        told: Set[int] = set()
        repeated = 0
        try:
            for descriptor in self._data.descriptors():
                if not accept(self._data.type_name(descriptor)):
                    continue
                row = self._record(descriptor, flags)
                if flags & SPECIFIC and descriptor.handle in self._history():
                    if descriptor.handle in told:
                        repeated += 1
                    else:
                        told.add(descriptor.handle)
                        row.operations = self._history().of(descriptor.handle)
                yield row
        except CorruptedError as error:
            self._container.remarks.append(f"the handle data can't be read further: {error}")
        if repeated:
            self._container.remarks.append(
                f"{repeated} handles stand in the dump more than once; the operations on a handle "
                "are shown where it stands first"
            )

    def one(self, handle: int, flags: int) -> Optional[UserHandle]:
        """One handle. One that is gone, but left operations behind, has these and an error."""
        wanted = handle & ~_TAG_BITS
        try:
            for descriptor in self._data.descriptors():
                if descriptor.handle & ~_TAG_BITS == wanted:
                    row = self._record(descriptor, flags)
                    if flags & SPECIFIC:
                        row.operations = self._history().of(descriptor.handle)
                    return row
        except CorruptedError as error:
            self._container.remarks.append(f"the handle data can't be read further: {error}")
        return self.gone(wanted, self._history().of(wanted))

    def remarks(self) -> List[str]:
        """What is wrong with the dump."""
        return self._container.remarks

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _history(self) -> Operations:
        if self._operations is None:
            self._operations = Operations(self._container)
        return self._operations

    def _record(self, descriptor: Descriptor, flags: int) -> UserHandle:
        row = UserHandle(self.process, Hex(descriptor.handle))
        row.type = self._data.type_name(descriptor)
        if flags & BASIC:
            row.attributes = descriptor.attributes
            row.granted_access = Hex(descriptor.granted_access)
            row.handle_count = descriptor.handle_count
            row.pointer_count = descriptor.pointer_count
        if flags & NAME:
            row.name = self._data.name(descriptor)
        if flags & SPECIFIC:
            row.information, row.details = self._data.information(descriptor)
        return row
