"""A process with many handles, to objects as a busy process has them.

The mix is that of a desktop program (events, keys, files, registrations, threads, ...). Objects
lie spread over pages, as in a pool that all of a kernel shares: each stands behind a filling of
random size (two or three objects a page).
"""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence, Tuple

from .kernel_image import KernelImage
from .object import MockObject
from .process import MockProcess, MockThread

__all__ = ("crowd",)

_OBJECTS_IN_100 = 86  # the others are second handles to the same objects
_FILLING = (0x300, 0xD00)

Maker = Callable[[int], MockObject]


def crowd(image: KernelImage, process: MockProcess, handles: int) -> List[MockObject]:
    """Open so many handles in ``process``; returns the distinct objects behind them."""
    makers = _makers(image, process)
    wanted = max(1, handles * _OBJECTS_IN_100 // 100)
    objects: List[MockObject] = []
    for number in range(wanted):
        for region in (image.pool.nonpaged, image.pool.paged):
            image.pool.allocate(image.random.randrange(*_FILLING) // 16 * 16, region)
        objects.append(makers[number % len(makers)](number))
    process.handles(wanted, objects)
    rest = handles - wanted
    if rest:
        process.handles(rest, image.random.choices(objects, k=rest))
    return objects


def _makers(image: KernelImage, process: MockProcess) -> Sequence[Maker]:
    """What to make for each of a hundred objects, in an order that mixes them."""

    def named(number: int, what: str, one_in: int) -> Optional[str]:
        if number // 100 % one_in:
            return None
        return f"\\Sessions\\1\\BaseNamedObjects\\{what}.{number:x}"

    def key(number: int) -> MockObject:
        return image.registry.key(
            f"\\REGISTRY\\MACHINE\\SOFTWARE\\Vendor{number % 23}\\Product {number:x}",
            hive_entry=True,
        )

    def file(number: int) -> MockObject:
        return image.files.open(f"\\Program Files\\Vendor\\Product\\library-{number:x}.dll")

    def section(number: int) -> MockObject:
        if number // 100 % 2:
            return image.sections.add(file(number))
        return image.sections.add(name=named(number, "section", 1))

    def thread(number: int) -> MockObject:
        found: MockThread = image.processes.add_thread(process)
        return found.object

    mix: Tuple[Tuple[Maker, int], ...] = (
        (lambda n: image.objects.event(), 24),
        (lambda n: image.objects.event(named(n, "event", 1)), 4),
        (key, 16),
        (file, 14),
        (lambda n: image.objects.etw_registration(), 12),
        (thread, 6),
        (section, 5),
        (lambda n: image.objects.semaphore(named(n, "semaphore", 4)), 5),
        (lambda n: image.objects.make("WaitCompletionPacket", size=0x40), 5),
        (lambda n: image.objects.mutant(named(n, "mutant", 2)), 4),
        (lambda n: image.objects.make("IRTimer", size=0x40), 2),
        (lambda n: image.objects.io_completion(), 1),
        (lambda n: image.tokens.add(), 1),
        (lambda n: image.objects.alpc_port(owner=process), 1),
    )
    row = [make for make, often in mix for _ in range(often)]
    image.random.shuffle(row)
    return row
