"""Opening a dump without its symbols: a shipped layout in their place, proved on the memory.

The debugger data block names the globals that matter (the list of processes, the table of ids,
the root directory), the layout of the same build says where fields lie, and the types follow from
the memory itself. Nothing is taken on trust: a layout that one check speaks against is not used,
and a layout of another build than the dump's only with a warning.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Tuple

from .errors import SymbolsError
from .kernel.plausibility import Verdict, check_layout
from .layouts import ShippedLayout, candidates, load
from .target.dump import DumpTarget, open_dump

__all__ = ("open_without_symbols",)

_ENOUGH = 4  # checks that must agree before a layout is believed
_MOST_TRIED = 12


def open_without_symbols(path: Path, wanted: SymbolsError) -> DumpTarget:
    """Open the dump at ``path`` with a layout that ships with the package.

    ``wanted`` is the error that told that the kernel's own symbols are not there; it is raised
    again, with what was tried, where no layout fits.
    """
    target = open_dump(path, without_symbols=True)
    try:
        return _choose(target, wanted)
    except SymbolsError:
        target.close()
        raise


def _choose(target: DumpTarget, wanted: SymbolsError) -> DumpTarget:
    found: Optional[Tuple[ShippedLayout, Verdict]] = None
    tried: List[str] = []
    build = target.header.build
    for layout in candidates(target.architecture, build, target.five_levels)[:_MOST_TRIED]:
        target.take_layout(load(layout.name))
        verdict = check_layout(target)
        if not verdict.failed and len(verdict.passed) >= _ENOUGH:
            found = layout, verdict
            break
        against = f"{verdict.failed[0]} differs" if verdict.failed else "too little to check"
        tried.append(f"{layout.name}: {against}")
    if found is None:
        why = f"; of the layouts that ship, none fits ({tried[0]})" if tried else ""
        raise SymbolsError(f"{wanted}{why}")
    layout, verdict = found
    target.add_note(
        f"no symbols of this kernel: its layout is {layout.name}, which ships with this "
        f"package, and {len(verdict.passed)} checks agree ({', '.join(verdict.passed)}); "
        f"globals are those that the dump itself names"
    )
    if layout.build != build:
        target.add_note(
            f"WARNING: no layout of build {build} ships; that of build {layout.build} is used, "
            "so single fields may be wrong; give --symbols to be sure"
        )
    return target
