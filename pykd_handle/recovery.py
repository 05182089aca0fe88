"""Opening a dump without its symbols: a shipped layout in their place, proved on the memory.

The debugger data block names the globals that matter (the list of processes, the table of ids,
the root directory), the layout of the same build says where fields lie, and the types follow from
the memory itself. Nothing is taken on trust: a layout that one check speaks against is not used,
and a layout of another build than the dump's only with a warning, and only where much speaks for
it. Of several layouts of one build (service packs, updates) the one that the most speaks for is
used; the block's sizes of the kernel's structures tell them apart where nothing else does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

from .errors import MissingField, SymbolsError
from .kernel.plausibility import Verdict, check_layout
from .layouts import ShippedLayout, candidates, load
from .target.dump import DumpTarget, open_dump
from .target.dump.file import Progress, silent

__all__ = ("open_without_symbols",)

_ENOUGH = 4  # checks that must agree before a layout is believed
_ENOUGH_OF_ANOTHER_BUILD = 8

# What the debugger data block says about structures: the field whose offset it is. Up to 2003
# DirectoryTableBase is an array of two.
_OFFSETS: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    ("OffsetPrcbCurrentThread", "_KPRCB", ("CurrentThread",)),
    ("OffsetKThreadApcProcess", "_KTHREAD", ("ApcState.Process",)),
    ("OffsetEprocessPeb", "_EPROCESS", ("Peb",)),
    ("OffsetEprocessParentCID", "_EPROCESS", ("InheritedFromUniqueProcessId",)),
    (
        "OffsetEprocessDirectoryTableBase",
        "_EPROCESS",
        ("Pcb.DirectoryTableBase", "Pcb.DirectoryTableBase[0]"),
    ),
)
_SIZES: Dict[str, str] = {"SizeEProcess": "_EPROCESS", "SizeEThread": "_ETHREAD"}


class _Candidate(NamedTuple):
    """A layout that nothing speaks against; ``sizes`` counts the structures of the right size."""

    layout: ShippedLayout
    verdict: Verdict
    sizes: int

    @property
    def score(self) -> Tuple[int, int]:
        """The more, the better."""
        return len(self.verdict.passed), self.sizes


def open_without_symbols(
    path: Path, wanted: SymbolsError, progress: Progress = silent
) -> DumpTarget:
    """Open the dump at ``path`` with a layout that ships with the package.

    ``wanted`` is the error that told that the kernel's own symbols are not there; it is raised
    again, with what was tried, where no layout fits.
    """
    target = open_dump(path, without_symbols=True, progress=progress)
    try:
        return _choose(target, wanted)
    except SymbolsError:
        target.close()
        raise


def _choose(target: DumpTarget, wanted: SymbolsError) -> DumpTarget:
    build = target.header.build
    every = candidates(target.architecture, build, target.five_levels)
    tried: List[str] = []
    # The builds next to the dump's own: one below, one above.
    lower = max((item.build for item in every if item.build < build), default=-1)
    higher = min((item.build for item in every if item.build > build), default=-1)
    best: List[_Candidate] = []
    for number in (build, lower, higher):
        layouts = [item for item in every if item.build == number]
        best = _best(target, layouts, _ENOUGH if number == build else _ENOUGH_OF_ANOTHER_BUILD,
                     tried)  # fmt: skip
        if best:
            break
    if not best:
        why = f"; of the layouts that ship, none fits ({tried[0]})" if tried else ""
        raise SymbolsError(f"{wanted}{why}")
    layout, verdict, _ = best[0]
    target.take_layout(load(layout.name))
    others = [item.layout.name for item in best[1:] if item.score == best[0].score]
    also = f" ({' and '.join(others)} would fit as well)" if others else ""
    target.add_note(
        f"no symbols of this kernel: its layout is {layout.name}{also}, which ships with this "
        f"package, and {len(verdict.passed)} checks agree ({', '.join(verdict.passed)}); "
        f"globals are those that the dump itself names"
    )
    if layout.build != build:
        target.add_note(
            f"WARNING: no layout of build {build} fits; that of build {layout.build} is used, "
            "so single fields may be wrong; give --symbols to be sure"
        )
    return target


def _best(
    target: DumpTarget, layouts: List[ShippedLayout], enough: int, tried: List[str]
) -> List[_Candidate]:
    """The layouts that fit, the best first; ``tried`` gets a phrase for each of the others."""
    found: List[_Candidate] = []
    for layout in layouts:
        target.take_layout(load(layout.name))
        verdict = check_layout(target)
        sizes = _check_debugger_data(target, verdict)
        if verdict.failed:
            tried.append(f"{layout.name}: {verdict.failed[0]} differs")
        elif len(verdict.passed) < enough:
            tried.append(f"{layout.name}: too little to check")
        else:
            found.append(_Candidate(layout, verdict, sizes))
    return sorted(found, key=lambda item: item.score, reverse=True)


def _check_debugger_data(target: DumpTarget, verdict: Verdict) -> int:
    """Hold the layout against the offsets in the debugger data block (XP's has none).

    Returns how many structures have the size that it says. An update may make a structure longer
    without moving anything in it, so a size that differs speaks against nothing.
    """
    data = target.debugger_data
    for name, struct, fields in _OFFSETS:
        stored = data.short(name)
        expected = _offset(target, struct, fields)
        if stored is not None and expected is not None:
            agrees = stored == expected
            (verdict.passed if agrees else verdict.failed).append(f"the dump's {name}")
    sizes = 0
    for name, struct in _SIZES.items():
        layout = target.find_struct(struct)
        sizes += layout is not None and data.short(name) == layout.size
    return sizes


def _offset(target: DumpTarget, struct: str, fields: Tuple[str, ...]) -> Optional[int]:
    layout = target.find_struct(struct)
    if layout is None:
        return None
    for field in fields:
        try:
            return layout.offset(field)
        except (MissingField, TypeError):
            continue
    return None
