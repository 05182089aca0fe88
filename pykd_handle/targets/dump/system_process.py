"""Finding the process System in physical memory that nothing is known of.

Its ``_EPROCESS`` holds the name ``System`` in a field of fixed length, the id 4, and the physical
address of the kernel's page tables; where these lie differs from build to build, so the places of
all layouts that ship with the package are tried. What looks right is proved by the tables
themselves: the list of processes, read through them, must lead back to that very block.
"""

from __future__ import annotations

from functools import lru_cache

from ...hints import Dict, Iterator, Optional, Sequence
from ...layout import PROCESS_OBJECT, dispatcher_type
from ...layout.shipped import load, shipped
from ...values import NamedTuple
from .file import DumpFile
from .memory import PagedMemory
from .pages import FilePages
from .paging import FORMATS
from .translate import Translator

__all__ = ("SystemProcess", "find_system_process")

_NAME = b"System" + bytes(8)  # ImageFileName has 15 or 16 bytes
_CHUNK = 8 << 20
_GIGABYTE = 1 << 30
_MOST_HITS = 20_000
_MOST_STEPS = 4_096
_SYSTEM_ID = 4


class _Shape(NamedTuple):
    """Offsets in an ``_EPROCESS``, in bytes, and what has it so."""

    arch: str
    pointer_size: int
    name: int
    pid: int
    links: int
    directory: int

    @property
    def end(self) -> int:
        """Behind the last of them."""
        return max(self.name, self.pid, self.links, self.directory) + 2 * self.pointer_size


class SystemProcess(NamedTuple):
    """The process System: ``address`` and ``directory_table`` are physical addresses, ``head`` is
    the virtual address of ``PsActiveProcessHead``; ``build`` one that has such an ``_EPROCESS``;
    ``doubtful`` is whether other ways to hold the pages led to the same."""

    arch: str
    build: int
    address: int
    directory_table: int
    head: int
    memory: PagedMemory
    doubtful: bool = False


def find_system_process(
    file: DumpFile, candidates: Sequence[FilePages], arch: Optional[str] = None
) -> Optional[SystemProcess]:
    """The first block in the file that proves to be System's, or None.

    ``candidates`` are pages of the same file, in the ways in which it may hold them: that counts by
    which the list of processes goes farthest, the first of several. ``arch`` is that of the kernel,
    where it is known. Raises `TargetError` where the file can't be read.
    """
    shapes = {
        shape: build for shape, build in _shapes().items() if arch is None or shape.arch == arch
    }
    before = max(shape.name for shape in shapes)
    behind = max(shape.end - shape.name for shape in shapes)
    for place in _names(file):
        first = max(place - before, 0)
        around = file.read(first, place + behind - first)
        for shape, build in shapes.items():
            start = place - shape.name
            if start >= 0:
                data = around[start - first :]
                looked = [_look(pages, data, start, shape, build) for pages in candidates]
                found = [system for system in looked if system is not None]
                if found:
                    return found[0] if len(found) == 1 else _farthest(found)
    return None


def _farthest(found: Sequence[SystemProcess]) -> SystemProcess:
    """The one whose list of processes goes farthest; the first one, where several go as far."""
    steps = [_reach(system) for system in found]
    most = max(steps)
    return found[steps.index(most)]._replace(doubtful=steps.count(most) > 1)


def _reach(system: SystemProcess) -> int:
    """How many entries of the list of processes lead on from, and back to, the one before; of a
    whole list, which leads back to its head, `_MOST_STEPS`."""
    width = 4 if system.arch == "x86" else 8
    before, steps = system.head, 0
    while steps < _MOST_STEPS:
        entry = system.memory.find_number(before, width)
        if not entry or system.memory.find_number(entry + width, width) != before:
            break
        if entry == system.head:
            return _MOST_STEPS
        before, steps = entry, steps + 1
    return steps


@lru_cache(maxsize=1)
def _shapes() -> Dict[_Shape, int]:
    """The distinct forms of all layouts, the newest build's first, with one such build each."""
    found: Dict[_Shape, int] = {}
    for layout in sorted(shipped(), key=lambda item: -item.build):
        process = load(layout.name).struct("_EPROCESS")
        directory = "Pcb.DirectoryTableBase"
        shape = _Shape(
            layout.arch,
            4 if layout.arch == "x86" else 8,
            process.offset("ImageFileName"),
            process.offset("UniqueProcessId"),
            process.offset("ActiveProcessLinks"),
            process.offset(directory),
        )
        found.setdefault(shape, layout.build)
    return found


def _names(file: DumpFile) -> Iterator[int]:
    """Where in the file the name stands, in order; at most so many places."""
    hits = 0
    for start in range(0, file.size, _CHUNK):
        far = f"{start / _GIGABYTE:.1f} of {file.size / _GIGABYTE:.1f} GB"
        file.progress(f"looking for the process System: {far}")
        data = file.read(start, _CHUNK + len(_NAME) - 1)
        at = data.find(_NAME)
        while at >= 0:
            hits += 1
            if hits > _MOST_HITS:
                return
            yield start + at
            at = data.find(_NAME, at + 1)


def _look(
    pages: FilePages, data: bytes, start: int, shape: _Shape, build: int
) -> Optional[SystemProcess]:
    """The block at offset ``start`` of the file, if its bytes, ``data``, have this shape."""
    width = shape.pointer_size

    def number(offset: int) -> int:
        return int.from_bytes(data[offset : offset + width], "little")

    if not data or dispatcher_type(data[0]) != PROCESS_OBJECT or number(shape.pid) != _SYSTEM_ID:
        return None
    following, head = number(shape.links), number(shape.links + width)
    kernel = 1 << 8 * width - 1
    if following < kernel or head < kernel:
        return None
    root = number(shape.directory)
    for paging in FORMATS[shape.arch]:
        if root & paging.root and pages.read((root & paging.root) >> 12) is not None:
            memory = PagedMemory(pages, Translator(pages, root, paging))
            links = _leads_back(memory, following, head, width)
            # The frame that the tables lead to must be the very page of the file.
            if links is not None and _offset(pages, links) == start + shape.links:
                address = links - shape.links
                return SystemProcess(shape.arch, build, address, root, head, memory)
    return None


def _leads_back(memory: PagedMemory, following: int, head: int, width: int) -> Optional[int]:
    """The physical address of the entry that both the list's next entry and its head name."""
    links = memory.find_number(following + width, width)
    if links is None or memory.find_number(head, width) != links:
        return None
    frame = memory.translator.frame(links)
    return frame << 12 | links & 0xFFF if isinstance(frame, int) else None


def _offset(pages: FilePages, address: int) -> Optional[int]:
    """Where the file has the byte at a physical address."""
    page = pages.offset(address >> 12)
    return None if page is None else page + (address & 0xFFF)
