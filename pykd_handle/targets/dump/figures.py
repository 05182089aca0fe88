"""The figures that a dump's target starts from, whoever found them.

A dump's header and its debugger data say them; where a header is wrong, or there is none (a raw
image), a search through memory does.
"""

from __future__ import annotations

from ...hints import Iterable, Optional, Tuple
from ...values import NamedTuple, Sentence
from ..base import LoadedModule, Running
from ..crash import BugCheck
from .header import DumpHeader, Machine
from .kdbg import DebuggerData
from .memory import PagedMemory

__all__ = ("Figures", "PagedDump", "figures_of")


class Figures(NamedTuple):
    """What is known of a kernel before its symbols are. Addresses are virtual, 0 where not known.

    ``architecture`` is ``x86``, ``x64`` or ``arm64``, ``pointer_size`` in bytes; ``base`` is that
    of the kernel's image, where it was looked for; ``stack_pointer`` that of the context record,
    ``crashed`` what the processor ran that stopped the system, where the dump names it;
    ``processor_blocks`` are the ``_KPRCB`` that the processors' registers lead to, where the dump
    has those. ``bug_check`` and ``context``, a ``CONTEXT``, are those of a header, where there is
    one. ``kernel_image`` is the kernel's file as symbol servers name it, or ""; ``modules`` are
    those that the dump lists beside its memory. ``remarks`` are lines for the user.
    """

    architecture: str
    pointer_size: int
    build: int
    debugger_data: DebuggerData
    debugger_block: int  # KdDebuggerDataBlock
    process_head: int  # PsActiveProcessHead
    module_list: int = 0  # PsLoadedModuleList
    processors: int = 1
    stack_pointer: int = 0
    five_levels: bool = False
    base: Optional[int] = None
    crashed: Optional[Running] = None
    processor_blocks: Tuple[int, ...] = ()
    kernel_image: str = ""
    modules: Tuple[LoadedModule, ...] = ()
    bug_check: Optional[BugCheck] = None
    context: bytes = b""
    remarks: Tuple[Sentence, ...] = ()


class PagedDump(NamedTuple):
    """A dump of whole pages: what it says of its kernel, and its memory."""

    figures: Figures
    memory: PagedMemory


def figures_of(header: DumpHeader, data: DebuggerData, remarks: Iterable[Sentence]) -> Figures:
    """The figures that a dump's header and its debugger data say; ``remarks`` come behind those on
    the header."""
    return Figures(
        architecture=Machine(header.machine).architecture,
        pointer_size=header.pointer_size,
        build=header.build,
        debugger_data=data,
        debugger_block=header.debugger_data,
        process_head=header.process_head,
        module_list=header.module_list,
        processors=header.processors,
        stack_pointer=header.stack_pointer,
        bug_check=header.bug_check,
        context=header.context,
        remarks=(*header.remarks, *remarks),
    )
