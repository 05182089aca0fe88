"""What the processors run: processor block (``_KPRCB``), thread, process."""

from __future__ import annotations

from ..hints import Any, List, Optional, Sequence, Tuple
from ..layout import fields
from ..values import Absent, NamedTuple, TargetError, maybe
from .base import Running, Target

__all__ = ("Offsets", "Running", "current_process", "offsets_of", "running")

fields("_KPRCB", "CurrentThread")
fields("_KTHREAD", "ApcState.Process", "StackLimit", "StackBase", "InitialStack")
_MOST_PROCESSORS = 2048  # what 64-bit Windows takes


class Offsets(NamedTuple):
    """Offsets into structures, in bytes; None where nobody says."""

    current_thread: Optional[int]
    process: Optional[int]
    stack_limit: Optional[int]
    stack_base: Optional[int]


def offsets_of(
    target: Target, current_thread: Optional[int] = None, process: Optional[int] = None
) -> Offsets:
    """The offsets by the target's layouts, else those given: of ``_KPRCB.CurrentThread`` and of
    ``_KTHREAD.ApcState.Process`` as the debugger data block has them."""
    thread = target.find_offset("_KPRCB", "CurrentThread")
    owner = target.find_offset("_KTHREAD", "ApcState.Process")
    return Offsets(
        current_thread=current_thread if thread is None else thread,
        process=process if owner is None else owner,
        stack_limit=target.find_offset("_KTHREAD", "StackLimit"),
        stack_base=target.find_offset("_KTHREAD", "StackBase", "InitialStack"),
    )


def current_process(
    target: Target,
    offsets: Offsets,
    processors: int,
    stack_pointer: int,
    blocks: Sequence[int] = (),
) -> int:
    """The address of the ``_EPROCESS`` that ran when the system stopped.

    Of several ``processors`` it is the one on whose thread's kernel stack the ``stack_pointer`` of
    the header's context lies, else the first one that can be read. ``blocks`` are the processors'
    ``_KPRCB``, where they are known; else ``KiProcessorBlock`` has them. Raises `TargetError` with
    the reason where no processor leads to a process.
    """
    if offsets.current_thread is None or offsets.process is None:
        raise TargetError(
            "no current process: neither the symbols nor the debugger data say where a "
            "processor keeps its thread"
        )
    threads = _threads(target, offsets.current_thread, blocks or _blocks(target, processors))
    thread = _on_stack(target, offsets, threads, stack_pointer) or threads[0]
    process = maybe(target.read_pointer, thread + offsets.process)
    if isinstance(process, Absent):
        raise TargetError("no current process: that of the thread is missing: {}", process)
    if not target.is_kernel_address(process):
        raise TargetError(
            f"no current process: the thread 0x{thread:x} names 0x{process:x}, which is none"
        )
    return process


def running(
    target: Target, offsets: Offsets, processors: int, blocks: Sequence[int] = ()
) -> List[Running]:
    """What each of so many processors runs, or those of these ``blocks`` (see `current_process`);
    those that can't be read are left out."""
    if offsets.current_thread is None or offsets.process is None:
        return []
    known = blocks or maybe(_blocks, target, processors) or []
    threads = maybe(_threads, target, offsets.current_thread, known) or []
    width = target.pointer_size
    found: List[Running] = []
    spans = target.read_many((thread + offsets.process, width) for thread in threads)
    for thread, span in zip(threads, spans):
        if span.complete:
            process = int.from_bytes(span.data(), "little")
            if target.is_kernel_address(process):
                found.append(Running(thread, process))
    return found


def _blocks(target: Target, processors: int) -> List[int]:
    """The ``_KPRCB`` of so many processors, in order; those that can't be read are left out."""
    count = min(max(processors, 1), _MOST_PROCESSORS)
    array = target.find_symbol("KiProcessorBlock")
    if array is None:
        raise TargetError("no current process: where the processor blocks are is not known")
    width = target.pointer_size
    span = target.read_partial(array, width * count)
    blocks: List[int] = []
    for index in range(count):
        if span.has(array + width * index, width):
            block = int.from_bytes(span.at(array + width * index, width), "little")
            if target.is_kernel_address(block):
                blocks.append(block)
    if not blocks:
        raise _no_block(span.gaps[0].why.at(array) if span.gaps else "there are none")
    return blocks


def _threads(target: Target, current_thread: int, blocks: Sequence[int]) -> List[int]:
    """The threads that the processors run, in order; those that can't be read are left out."""
    width = target.pointer_size
    why: Any = "there are none"
    threads: List[int] = []
    for found in target.read_many((block + current_thread, width) for block in blocks):
        if not found.complete:
            why = found.gaps[0].why.at(found.address)
            continue
        thread = int.from_bytes(found.data(), "little")
        if target.is_kernel_address(thread):
            threads.append(thread)
    if not threads:
        raise _no_block(why)
    return threads


def _no_block(why: Any) -> TargetError:
    return TargetError("no current process: no processor block can be read ({})", why)


def _on_stack(
    target: Target, offsets: Offsets, threads: List[int], stack_pointer: int
) -> Optional[int]:
    """The thread on whose kernel stack an address lies, or None."""
    if offsets.stack_limit is None or offsets.stack_base is None or not stack_pointer:
        return None
    width = target.pointer_size
    ranges: List[Tuple[int, int]] = []
    for thread in threads:
        ranges += [(thread + offsets.stack_limit, width), (thread + offsets.stack_base, width)]
    spans = target.read_many(ranges)
    for index, thread in enumerate(threads):
        lowest, highest = spans[2 * index], spans[2 * index + 1]
        if lowest.complete and highest.complete:
            start = int.from_bytes(lowest.data(), "little")
            end = int.from_bytes(highest.data(), "little")
            if target.is_kernel_address(start) and start <= stack_pointer < end:
                return thread
    return None
