"""Opening a kernel without its symbols: a shipped layout in their place, proved on the memory.

The debugger data block names the globals that matter (the list of processes, the table of ids,
the root directory), the layout of the same build says where fields lie, and the types follow from
the memory itself. Nothing is taken on trust: a layout that one check speaks against is not used,
and a layout of another build than the kernel's only with a warning, and only where much speaks for
it. Of several layouts of one build (service packs, updates) the one that the most speaks for is
used. A field that a process's state hangs on, and that nothing spoke for, is not shown.
"""

from __future__ import annotations

from ..hints import Dict, FrozenSet, List, Tuple
from ..kernel.plausibility import Verdict, check_layout
from ..kernel.state_checks import COUNT, STATE
from ..layout import fields
from ..layout.shipped import ShippedLayout, candidates, load
from ..targets.recoverable import RecoverableTarget
from ..values import NamedTuple, Sentence, SymbolsError, join

__all__ = ("choose_layout",)

_ENOUGH = 4  # checks that must agree before a layout is believed
_ENOUGH_OF_ANOTHER_BUILD = 8

# What the debugger data block says about structures: the field whose offset it is. Up to 2003
# DirectoryTableBase is an array of two.
_OFFSETS: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    ("OffsetPrcbCurrentThread", "_KPRCB", ("CurrentThread",)),
    ("OffsetKThreadApcProcess", "_KTHREAD", ("ApcState.Process",)),
    ("OffsetKThreadInitialStack", "_KTHREAD", ("InitialStack",)),
    ("OffsetKThreadKernelStack", "_KTHREAD", ("KernelStack",)),
    ("OffsetEprocessPeb", "_EPROCESS", ("Peb",)),
    ("OffsetEprocessParentCID", "_EPROCESS", ("InheritedFromUniqueProcessId",)),
    (
        "OffsetEprocessDirectoryTableBase",
        "_EPROCESS",
        ("Pcb.DirectoryTableBase", "Pcb.DirectoryTableBase[0]"),
    ),
)
for _, _struct, _paths in _OFFSETS:
    fields(_struct, *_paths)
_SIZES: Dict[str, str] = {"SizeEProcess": "_EPROCESS", "SizeEThread": "_ETHREAD"}


class _Candidate(NamedTuple):
    """A layout that nothing speaks against."""

    layout: ShippedLayout
    verdict: Verdict


def choose_layout(target: RecoverableTarget, wanted: SymbolsError) -> None:
    """Give ``target``, which has no layout, the shipped one that its memory proves.

    Raises ``wanted`` with what was tried where there is none.
    """
    build = target.build
    every = candidates(target.architecture, build, target.five_levels)
    tried: List[Sentence] = []
    # The builds next to the kernel's own: one below, one above.
    lower = max((item.build for item in every if item.build < build), default=-1)
    higher = min((item.build for item in every if item.build > build), default=-1)
    best: List[_Candidate] = []
    for number in (build, lower, higher):
        layouts = [item for item in every if item.build == number]
        enough = _ENOUGH if number == build else _ENOUGH_OF_ANOTHER_BUILD
        best = _best(target, layouts, enough, tried)
        if best:
            break
    if not best:
        if not tried:
            raise SymbolsError("{}", wanted)
        line = "{}; of the layouts that ship, none fits ({})"
        raise SymbolsError(line, wanted, join("; ", tried))
    layout, verdict = best[0]
    target.take_layout(load(layout.name))
    target.unproved = frozenset((*STATE, COUNT)) - verdict.proved
    target.add_note(_note(best, target.unproved))
    if layout.build != build:
        target.add_note(
            Sentence(
                "WARNING: no layout of build {} fits; that of build {} is used, so single fields "
                "may be wrong; give --symbols to be sure",
                build,
                layout.build,
            )
        )


def _note(best: List[_Candidate], unproved: FrozenSet[str]) -> Sentence:
    layout, verdict = best[0]
    others = [
        item.layout.name for item in best[1:] if len(item.verdict.passed) == len(verdict.passed)
    ]
    also = f" ({' and '.join(others)} would fit as well)" if others else ""
    missing = [words for field, words in STATE.items() if field in unproved]
    but = f"; this memory does not prove {', '.join(missing)}" if missing else ""
    return Sentence(
        "no symbols of this kernel: its layout is {}{}, which ships with this package; {} checks "
        "on the memory agree, none differs{}",
        layout.name,
        also,
        len(verdict.passed),
        but,
    )


def _best(
    target: RecoverableTarget, layouts: List[ShippedLayout], enough: int, tried: List[Sentence]
) -> List[_Candidate]:
    """The layouts that fit, the best first; ``tried`` gets a phrase for each of the others."""
    found: List[_Candidate] = []
    for layout in layouts:
        target.take_layout(load(layout.name))
        verdict = check_layout(target)
        _check_debugger_data(target, verdict)
        if verdict.failed:
            tried.append(Sentence("{}: {} differs", layout.name, verdict.failed[0]))
        elif len(verdict.passed) < enough:
            tried.append(Sentence("{}: too little to check", layout.name))
        else:
            found.append(_Candidate(layout, verdict))
    return sorted(found, key=lambda item: len(item.verdict.passed), reverse=True)


def _check_debugger_data(target: RecoverableTarget, verdict: Verdict) -> None:
    """Hold the layout against the debugger data block: offsets (XP's has none) and sizes.

    An update may make a structure longer without moving anything in it, so a size that differs
    speaks against nothing.
    """
    data = target.debugger_data
    for name, struct, paths in _OFFSETS:
        stored = data.short(name)
        expected = target.find_offset(struct, *paths)
        if stored is not None and expected is not None:
            agrees = stored == expected
            (verdict.passed if agrees else verdict.failed).append(f"the dump's {name}")
    for name, struct in _SIZES.items():
        layout = target.find_struct(struct)
        if layout is not None and data.short(name) == layout.size:
            verdict.passed.append(f"the dump's {name}")
