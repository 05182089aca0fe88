"""Addresses of a process's own half: regions and the files they map, modules, heaps."""

from __future__ import annotations

from ...hints import Iterator, List, Sequence
from ...values import Absent, Hex, PykdHandleError, Sentence, attempt
from ..tables import Process
from ..user_space import NO_PEB, ProcessHeap
from .base import KERNEL, USER, Certainty, Match, Question, family

__all__ = ("heaps", "modules", "regions")

_LOWEST = 0x10000  # no region begins below it
_DATA_FILE = 3
"""Bits of a module handle that LoadLibraryEx sets for one that was loaded as data."""


def _processes(question: Question) -> Sequence[Process]:
    """Those that may have something at the address: none where it is no process's own."""
    kernel, address = question.kernel, question.address
    if address < _LOWEST or (kernel.mode == KERNEL and address >= kernel.target.user_end):
        return ()
    return question.meant()


@family("regions", 45, (KERNEL, USER))
def regions(question: Question) -> Iterator[Match]:
    """The region in which an address lies, by the process's descriptors: memory of the kernel."""
    address = question.address
    for process in _processes(question):
        try:
            region = process.region_at(address)
        except PykdHandleError as error:
            question.cannot("regions", error, process.in_words())
            continue
        if region is None:
            continue
        named = isinstance(region.file, str)
        what = "in a mapped file" if named else "in a region"
        kind = "a region" if isinstance(region.kind, Absent) else f"a region ({region.kind})"
        ground = Sentence("{} from 0x{:x} to 0x{:x}", kind, region.start, region.end)
        if region.vad:
            ground = Sentence("{}, its descriptor at 0x{:x}", ground, region.vad)
        yield Match(
            what, Certainty.CERTAIN, ground, process, name=region.file, address=region.start
        )


@family("modules", 50, (KERNEL, USER))
def modules(question: Question) -> Iterator[Match]:
    """The base of a module, which is its handle, or an address in it."""
    address = question.address
    for process in _processes(question):
        for module in process.user_space.modules():
            if isinstance(module, Sentence):
                if module is not NO_PEB:
                    question.cannot("modules", module, process.in_words())
                continue
            far = address - module.base
            if not 0 <= far < module.size:
                continue
            exact = far <= _DATA_FILE
            what = "module" if exact else "in a module"
            name = module.name
            if isinstance(name, str) and not exact:
                name = f"{name}+0x{far:x}"
            ground = Sentence("{} of {}", module.source, process.in_words())
            yield Match(
                what, Certainty.CERTAIN, ground, process, name=name, address=Hex(module.base)
            )


@family("heaps", 51, (KERNEL, USER))
def heaps(question: Question) -> Iterator[Match]:
    """The address of a heap, which is its handle, or one in the region where a heap begins."""
    for process in _processes(question):
        below: List[ProcessHeap] = []
        for heap in process.user_space.heaps():
            if heap is NO_PEB:
                continue
            if isinstance(heap, Sentence):
                question.cannot("heaps", heap, process.in_words())
            elif heap.address <= question.address:
                below.append(heap)
        if below:
            yield from _nearest(question.address, process, below)


def _nearest(address: int, process: Process, below: Sequence[ProcessHeap]) -> Iterator[Match]:
    """The heap that begins at an address, or nearest below it in the same region. What a heap has
    in other regions is not followed."""
    heap = max(below, key=lambda each: each.address)
    what = heap.heap
    kind = what.kind.value if what else what
    named = Sentence(
        "heap {} of {}'s PEB{}: {}",
        heap.number,
        process.in_words(),
        "32" if heap.wow64 else "",
        kind,
    )
    if heap.address == address:
        certainty = Certainty.LIKELY if isinstance(what, Absent) else Certainty.CERTAIN
        yield Match("heap", certainty, named, process, address=Hex(address))
        return
    region = attempt(process.region_at, address, default=None)  # why not, its own family tells
    if region is not None and region.start <= heap.address:
        line = "{}; 0x{:x} bytes behind its begin, in the same region"
        ground = Sentence(line, named, address - heap.address)
        yield Match("in a heap", Certainty.LIKELY, ground, process, address=Hex(heap.address))
