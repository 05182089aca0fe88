"""A user-mode minidump as a source of handles."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from ...hints import Callable, Iterator, List, Optional, Tuple, Union
from ...targets.dump.file import DumpFile
from ...targets.memory import Memory
from ...values import ClosedOnError, CorruptedError, Maybe, Sentence, TargetError
from ..handle import Basics, Information, SourceHandle
from ..operation import HandleOperation
from ..peb import UserModule
from ..region import UserRegion
from ..source import TAG_BITS, UserSource, gone
from .container import HANDLE_DATA, Container
from .handle_data import Descriptor, HandleData
from .memory import open_memory
from .operations import Operations, OperationsOnce
from .regions import list_regions

__all__ = ("MinidumpSource", "open_minidump")


# TEB.ProcessEnvironmentBlock (winternl.h), from Windows NT to 11.
_PEB_IN_TEB = {4: 0x30, 8: 0x60}


def open_minidump(path: Path) -> MinidumpSource:
    """Open a minidump. Raises `TargetError`: no minidump, or none with usable handle data."""
    return MinidumpSource(Container(path))


class MinidumpSource(UserSource):
    """The handles in a dump; takes over the container and closes it."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._file: Optional[DumpFile] = None
        self.name = str(container.path)
        with ClosedOnError(container):
            stream = container.stream(HANDLE_DATA)
            if stream is None:
                raise TargetError(
                    f"{container.path} has no handle data: write the dump with .dump /mh "
                    "(MiniDumpWithHandleData)"
                )
            try:
                self._data = HandleData(container, stream)
            except CorruptedError as error:
                raise TargetError("{}: {}", container.path, error) from None
        self.pid = container.process_id()
        self.image = container.image()
        self.created = container.created()
        self.time = container.time()
        self.pointer_size = container.pointer_size()
        self.live = False
        self.handle_count = self._data.announced

    def handles(self) -> Iterator[SourceHandle]:
        """All handles, in the order of the dump; each one's operations once, where it stands more
        than once."""
        once = OperationsOnce(lambda: self._operations)
        for descriptor in self._descriptors():
            yield _Handle(self._data, descriptor, once.of)
        if once.repeated:
            self._container.remarks.append(
                Sentence(
                    "{} handles stand in the dump more than once; the operations on a handle are "
                    "shown where it stands first",
                    once.repeated,
                )
            )

    def one(self, value: int) -> SourceHandle:
        """The handle of this value; one that is gone may have left operations behind."""
        wanted = value & ~TAG_BITS
        for descriptor in self._descriptors():
            if descriptor.handle & ~TAG_BITS == wanted:
                return _Handle(self._data, descriptor, lambda handle: self._operations.of(handle))
        return gone(wanted, self._operations.of(wanted))

    @cached_property
    def memory(self) -> Memory:
        """What the dump holds of it, by a second look at the file."""
        self._file = DumpFile(self._container.path)
        return open_memory(self._container, self._file)

    def peb(self) -> int:
        """By the ``_TEB`` of its first thread. Raises `UnavailableError`."""
        teb = self._container.first_teb()
        return self.memory.read_number(teb + _PEB_IN_TEB[self.pointer_size], self.pointer_size)

    def regions(self) -> Iterator[Union[UserRegion, Sentence]]:
        """Those of the MINIDUMP_MEMORY_INFO_LIST."""
        return list_regions(self._container)

    def thread_ids(self) -> List[int]:
        """Those of the MINIDUMP_THREAD_LIST. Raises `UnavailableError`."""
        return self._container.thread_ids()

    def modules(self) -> List[UserModule]:
        """Those of the MINIDUMP_MODULE_LIST."""
        return self._container.modules()

    def remarks(self) -> List[Sentence]:
        """What is wrong with the dump."""
        return list(dict.fromkeys(self._container.remarks))  # a second walk finds the same

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        if self._file is not None:
            self._file.close()

    @cached_property
    def _operations(self) -> Operations:
        return Operations(self._container)

    def _descriptors(self) -> Iterator[Descriptor]:
        with self._container.remarked("the handle data can't be read further: {}"):
            yield from self._data.descriptors()


class _Handle(SourceHandle):
    """A handle of the dump, by its descriptor."""

    def __init__(
        self,
        data: HandleData,
        descriptor: Descriptor,
        history: Callable[[int], Tuple[HandleOperation, ...]],
    ) -> None:
        basics = Basics(
            descriptor.attributes,
            descriptor.granted_access,
            descriptor.handle_count,
            descriptor.pointer_count,
        )
        super().__init__(descriptor.handle, data.type_name(descriptor), basics)
        self._data = data
        self._descriptor = descriptor
        self._history = history

    @cached_property
    def name(self) -> Maybe[str]:
        """The name that the descriptor leads to."""
        return self._data.name(self._descriptor)

    @cached_property
    def information(self) -> Information:
        """The chain that the descriptor leads to."""
        return self._data.information(self._descriptor)

    @cached_property
    def operations(self) -> Tuple[HandleOperation, ...]:
        """The operations on it; none where they were told already."""
        return self._history(self._descriptor.handle)
