"""The container of a user-mode minidump: header, directory of streams, strings.

Structures of ``minidumpapiset.h``: MINIDUMP_HEADER, MINIDUMP_DIRECTORY, MINIDUMP_STRING. A dump is
hostile: every offset and size is checked against the file, every loop is bounded by it.

Why no package reads it: ``minidump`` 0.0.24 refuses every ARM64 dump, and any dump for one stream
type that it does not know (23, IptTrace); it misreads descriptors of more than 40 bytes, believes
their number whatever the file holds, ends each chain of object information behind its first
element and leaves out the operations. Where it can read, it checks this reader in the tests.
``udmp-parser`` 0.7 offers no handles.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from ...hints import BinaryIO, Dict, Iterator, List, Optional
from ...input_file import open_input
from ...kernel.strings import wide_text
from ...targets.dump.sniff import MINIDUMP
from ...values import (
    NO_VALUE,
    ClosedOnError,
    CorruptedError,
    Maybe,
    NamedTuple,
    Reason,
    Sentence,
    TargetError,
    Unavailable,
    UnavailableError,
    maybe,
)
from ..peb import UserModule

__all__ = ("HANDLE_DATA", "HANDLE_OPERATIONS", "Container", "Stream")

# MINIDUMP_STREAM_TYPE.
THREADS = 3
MODULES = 4
SYSTEM_INFO = 7
HANDLE_DATA = 12
MISC_INFO = 15
HANDLE_OPERATIONS = 18

_HEADER = struct.Struct("<4sIII")
_DIRECTORY = struct.Struct("<III")
# Dumps have a few dozen streams; MINIDUMP_STREAM_TYPE ends at 0xffff.
_MOST_STREAMS = 0x10000
# The longest UNICODE_STRING: no name of the kernel's objects is longer.
_LONGEST_NAME = 0xFFFE
_MISC_PROCESS_ID, _MISC_PROCESS_TIMES = 0x1, 0x2
_TIME_AT = 20
_MODULE = struct.Struct("<QI8xI")  # BaseOfImage, SizeOfImage, ModuleNameRva
_MODULE_SIZE = 108
_THREAD_SIZE = 48
_ARM, _X86 = 5, 0  # PROCESSOR_ARCHITECTURE_*, those with 32-bit pointers


class Stream(NamedTuple):
    """Where a stream lies in the file, as far as the file holds it."""

    offset: int
    size: int


class Container:
    """An open minidump; ``remarks`` collects what is wrong with it, one line each.

    Raises `TargetError` where the file can't be opened or is no minidump.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.remarks: List[Sentence] = []
        try:
            self._file: BinaryIO = open_input(path)
            self.size = self._file.seek(0, 2)
        except OSError as error:
            raise TargetError(f"{path}: {error.strerror or error}") from None
        # A dump stores each name once, so all names together fit into it. Names that share
        # their bytes could make the output of a small file endless.
        self._name_budget = self.size
        with ClosedOnError(self):
            self.streams = self._directory()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, offset: int, size: int) -> bytes:
        """Exactly ``size`` bytes at an offset. Raises `CorruptedError` where they are not there."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise CorruptedError(offset, Reason.BEHIND_THE_END, self.size)
        try:
            self._file.seek(offset)
            data = self._file.read(size)
        except (OSError, ValueError) as error:  # the latter of a file that was closed
            why = getattr(error, "strerror", None) or str(error)
            raise CorruptedError(offset, Reason.READING_FAILED, why) from None
        if len(data) != size:
            raise CorruptedError(offset, Reason.THE_FILE_BECAME_SHORTER)
        return data

    @contextmanager
    def remarked(self, template: str) -> Iterator[None]:
        """What is read in this block ends with a remark where the file is damaged: the template has
        a place for the reason."""
        try:
            yield
        except CorruptedError as error:
            self.remarks.append(Sentence(template, error))

    def stream(self, kind: int) -> Optional[Stream]:
        """The stream of a type, or None."""
        return self.streams.get(kind)

    def string(self, offset: int, longest: int = _LONGEST_NAME) -> Maybe[str]:
        """The MINIDUMP_STRING at an offset: a length in bytes, then UTF-16."""
        return maybe(self._string, offset, longest)

    def _string(self, offset: int, longest: int) -> str:
        (length,) = struct.unpack("<I", self.read(offset, 4))
        if length > longest:
            raise CorruptedError(offset, Reason.NAME_TOO_LONG, length)
        if length > self._name_budget:
            raise CorruptedError(offset, Reason.THE_NAMES_ARE_LONGER_THAN_THE_WHOLE_DUMP)
        self._name_budget -= length
        data = self.read(offset + 4, length & ~1)
        # Some writers count the terminator.
        return wide_text(data).rstrip("\0")

    # -- what the other streams say about the process --------------------------------------------

    def pointer_size(self) -> int:
        """4 or 8, by the processor of the dumped program; 8 where the dump does not say."""
        head = self._head(SYSTEM_INFO, 2)
        return 4 if head and int.from_bytes(head, "little") in (_X86, _ARM) else 8

    def process_id(self) -> Maybe[int]:
        """The id of the dumped process (MINIDUMP_MISC_INFO)."""
        head = self._head(MISC_INFO, 12)
        if not head:
            return Unavailable(Reason.NOT_IN_THE_DUMP)
        _, flags, process_id = struct.unpack("<III", head)
        return process_id if flags & _MISC_PROCESS_ID else Unavailable(Reason.NOT_IN_THE_DUMP)

    def created(self) -> Maybe[datetime]:
        """When the dumped process was created, in UTC (MINIDUMP_MISC_INFO)."""
        head = self._head(MISC_INFO, 16)
        flags, time = struct.unpack("<4xI4xI", head) if head else (0, 0)
        if not flags & _MISC_PROCESS_TIMES or not time:
            return Unavailable(Reason.NOT_IN_THE_DUMP)
        return datetime.fromtimestamp(time, timezone.utc)

    def time(self) -> Maybe[datetime]:
        """When it was dumped, in UTC (MINIDUMP_HEADER.TimeDateStamp)."""
        (time,) = struct.unpack("<I", self.read(_TIME_AT, 4))
        return datetime.fromtimestamp(time, timezone.utc) if time else NO_VALUE

    def image(self) -> Maybe[str]:
        """The name of the program: that of the first module of the MINIDUMP_MODULE_LIST."""
        head = self._head(MODULES, 28)
        if not head:
            return Unavailable(Reason.NOT_IN_THE_DUMP)
        count, name = struct.unpack("<I20xI", head)
        if not count:
            return Unavailable(Reason.NOT_IN_THE_DUMP)
        path = self.string(name)
        return path and path.rpartition("\\")[2]

    def modules(self) -> List[UserModule]:
        """The modules of the MINIDUMP_MODULE_LIST, as far as the file holds them."""
        head = self._head(MODULES, 4)
        stream = self.stream(MODULES)
        if not head or stream is None:
            return []
        count = min(int.from_bytes(head, "little"), (stream.size - 4) // _MODULE_SIZE)
        data = maybe(self.read, stream.offset + 4, count * _MODULE_SIZE) or b""
        found: List[UserModule] = []
        for at in range(0, len(data), _MODULE_SIZE):
            base, size, name = _MODULE.unpack_from(data, at)
            path = self.string(name)
            found.append(UserModule(base, size, path and path.rpartition("\\")[2], path))
        return found

    def thread_ids(self) -> List[int]:
        """The ids of the threads of the MINIDUMP_THREAD_LIST, as far as the file holds them.
        Raises `UnavailableError` where there is no such list."""
        head = self._head(THREADS, 4)
        stream = self.stream(THREADS)
        if not head or stream is None:
            raise UnavailableError(Unavailable(Reason.NOT_IN_THE_DUMP))
        count = min(int.from_bytes(head, "little"), (stream.size - 4) // _THREAD_SIZE)
        data = self.read(stream.offset + 4, count * _THREAD_SIZE)
        return [
            int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), _THREAD_SIZE)
        ]

    def first_teb(self) -> int:
        """The ``_TEB`` of the first thread (MINIDUMP_THREAD_LIST). Raises `UnavailableError`."""
        head = self._head(THREADS, 4 + 24)
        count, teb = struct.unpack("<I16xQ", head) if head else (0, 0)
        if not count or not teb:
            raise UnavailableError(Unavailable(Reason.NOT_IN_THE_DUMP))
        return int(teb)

    def _head(self, kind: int, size: int) -> bytes:
        """The first bytes of a stream; empty where it is missing or too short."""
        stream = self.stream(kind)
        if stream is None or stream.size < size:
            return b""
        return maybe(self.read, stream.offset, size) or b""

    # -- the directory ----------------------------------------------------------------------------

    def _directory(self) -> Dict[int, Stream]:
        if self.size < _HEADER.size:
            raise TargetError(f"{self.path}: no minidump: {self.size} bytes")
        try:
            signature, _, count, offset = _HEADER.unpack(self.read(0, _HEADER.size))
        except CorruptedError as error:
            raise TargetError("{}: {}", self.path, error.why.at(None)) from None
        if signature != MINIDUMP:
            raise TargetError(f"{self.path}: no minidump: it does not begin with MDMP")
        held = max(0, self.size - offset) // _DIRECTORY.size
        looked_at = min(count, held, _MOST_STREAMS)
        if looked_at < count:
            self.remarks.append(
                Sentence(
                    "the dump announces {} streams, {} of them were looked at", count, looked_at
                )
            )
        try:
            data = self.read(offset, looked_at * _DIRECTORY.size)
        except CorruptedError:
            raise TargetError(
                f"{self.path}: the directory of streams lies beyond the end of the file"
            ) from None
        streams: Dict[int, Stream] = {}
        for kind, size, at in _DIRECTORY.iter_unpack(data):
            if not kind:
                continue  # UnusedStream: room that the writer kept
            if kind in streams:
                if kind in (HANDLE_DATA, HANDLE_OPERATIONS):
                    self.remarks.append(Sentence("a second stream of type {} was left out", kind))
                continue
            streams[kind] = Stream(at, self._held(kind, at, size))
        return streams

    def _held(self, kind: int, offset: int, size: int) -> int:
        """How many of a stream's bytes the file holds."""
        held = max(0, min(size, self.size - offset))
        if held < size and kind in (HANDLE_DATA, HANDLE_OPERATIONS):
            name = "handle data" if kind == HANDLE_DATA else "handle operations"
            self.remarks.append(
                Sentence(
                    "the {} should have 0x{:x} bytes at 0x{:x}, the file holds 0x{:x} of them",
                    name,
                    size,
                    offset,
                    held,
                )
            )
        return held
