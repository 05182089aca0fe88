"""``audit``: handles that cross a privilege boundary.

Its rules are data (`rules.py`), each with the sources that were read for it.
"""

from __future__ import annotations

from argparse import Namespace

from ...hints import TYPE_CHECKING, Dict, Iterator, Optional, Set, Tuple, cast
from ...rows import Column, Foot, Item, Note, Row
from ...values import (
    NO_VALUE,
    Absent,
    Details,
    Label,
    Maybe,
    Sentence,
    Unavailable,
    UsageError,
)
from ..batches import batch
from ..many import many
from ..registry import USER, Argument, Run, command
from ..walk import FILTERS, Filters, Page, Walk, prepare
from ..words import Evaluator, parse_list, quoted
from .rule import Rule
from .rules import RULES

if TYPE_CHECKING:
    from ...model import Handle, Kernel
    from ...model.kernel_mode import KernelModeHandle, KernelModeObject, KernelModeProcess, Trust
    from .crossings import Subject
    from .judge import Finding, Judge

__all__ = ("audit",)

_LABELS = {
    "integrity": Label("Integrity"),
    "app_container": Label("AppContainer", brief="AppContainer"),
    "elevated": Label("Elevated", brief="elevated"),
    "protection": Label("Protection"),
    "session": Label("Session", brief="session {}"),
}


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    if mode == USER:
        raise UsageError("audit: only a kernel tells whose handles lead where; this is user mode")
    options.rules = _chosen(options.rule)
    return prepare(options, mode, evaluate)


def _chosen(words: Optional[str]) -> Tuple[Rule, ...]:
    """The rules that ``--rule`` names, all of them without it. Raises `UsageError`."""
    if words is None:
        return RULES
    names = parse_list(words.lower())
    known = [rule.name for rule in RULES]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        which = f"there is no rule {quoted(wrong[0])}" if wrong else "no rule is named"
        raise UsageError(f"--rule: {which}; the rules are {', '.join(known)}")
    return tuple(rule for rule in RULES if rule.name in names)


@command(
    "audit",
    "handles that cross a privilege boundary",
    columns=(
        Column("severity", "Severity"),
        Column("rule", "Rule"),
        Column("pid", "PID", "handle"),
        Column("process", "Process"),
        Column("eprocess"),
        Column("trust", "Trust", "brief"),
        Column("handle", "Handle", "handle"),
        Column("type", "Type"),
        Column("granted_access", "Access", "mask"),
        Column("access"),
        Column("object"),
        Column("target", "Target"),
        Column("target_trust", "Trust of Target", "brief"),
        Column("why", "Why"),
    ),
    arguments=(
        Argument("--rule", metavar="RULE[,RULE]", help="only by these rules, of those above"),
        *FILTERS,
    ),
    text="Compares what the holder of a handle is trusted with (integrity level, AppContainer,\n"
    "session, elevation, protection) with the same of what the handle leads to. What the memory\n"
    "does not tell is no finding: it is counted in the end. A severity is that of a source.\n"
    "docs/audit.md has the sources of each rule.\n\nrules:\n"
    + "\n".join(f"  {rule.name:<17}{rule.finds}" for rule in RULES),
    examples=(
        ("audit", "which handles reach above their holder"),
        ("audit --rule lsass,sam-key", "who may read credentials"),
        ("audit --process chrome.exe --format jsonl", "what a sandbox let through"),
    ),
    prepare=_prepare,
)
def audit(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each handle and rule that speaks against it."""
    from .crossings import Subject
    from .judge import Judge

    judge = Judge(options.rules)
    filters = Filters(kernel, options.type, options.access)
    walk = Walk(kernel, options.process, run)
    kernel.will_describe()
    yield from filters.notes

    def ask(handle: Handle) -> Maybe[Subject]:
        """What a handle leads to, where a rule is about it; asked once for each object."""
        if handle.error is not None:
            return NO_VALUE
        kind = handle.type
        if isinstance(kind, Absent):
            return kind
        if not judge.speaks_of(kind) or not filters.accept(handle):
            return NO_VALUE
        return Subject(kind, cast("KernelModeObject", handle.object))

    def found(page: Page[Maybe[Subject]], holder: KernelModeProcess) -> Iterator[Row]:
        filters.unknown_types += sum(isinstance(each, Unavailable) for each in page.answers)
        meant = [at for at, each in enumerate(page.answers) if not isinstance(each, Absent)]
        for at in filters.granted(page, meant):
            handle = cast("KernelModeHandle", page.handle(at))
            subject = cast("Subject", page.answers[at])
            for row in seen.rows(judge, handle, subject, holder):
                run.found += 1
                yield row

    seen = _Seen()
    for page in walk.answers(ask):
        if isinstance(page, Note):
            yield page
            continue
        holder = cast("KernelModeProcess", page.process)
        if holder.has_kernel_table:
            seen.of_the_kernel += len(page.answers)
            continue
        before = run.found
        yield from batch(found(page, holder), lambda row: row)
        if run.found > before:
            seen.holders.add(holder.address)
    yield from walk.end()
    yield from filters.end()
    yield from seen.notes()
    if not run.found and (walk.lost or seen.undecided or filters.left_out):
        run.failed = True  # there may be some all the same
    line = Sentence(
        "{} in {} of {}",
        many(run.found, "finding"),
        len(seen.holders),
        many(walk.processes, "process"),
    )
    yield Foot(line, {"findings": run.found, "processes": len(seen.holders)})


class _Seen:
    """What was seen on the way: who holds what should not be, and what could not be judged."""

    def __init__(self) -> None:
        self.holders: Set[int] = set()
        self.of_the_kernel = 0
        self.undecided: Dict[str, _Undecided] = {}

    def rows(
        self, judge: Judge, handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
    ) -> Iterator[Row]:
        """A row for each rule that speaks against a handle; what can't be told is counted."""
        for rule, said in judge.ask(handle, subject, holder):
            if isinstance(said, Absent):
                self.undecided.setdefault(rule.name, _Undecided(holder, said)).count += 1
            else:
                yield _row(said, handle, subject, holder)

    def notes(self) -> Iterator[Note]:
        """What was not looked at, and what could not be judged."""
        if self.of_the_kernel:
            line = "{} of the kernel not looked at: no program can use them"
            yield Note(Sentence(line, many(self.of_the_kernel, "handle")), False)
        for name, each in self.undecided.items():
            line = "{} not judged by {} (the first is of {}: {})"
            who = each.holder.in_words()
            yield Note(Sentence(line, many(each.count, "handle"), name, who, each.why))


class _Undecided:
    """How many handles a rule could not judge, and why the first of them."""

    def __init__(self, holder: KernelModeProcess, why: Absent) -> None:
        self.count = 0
        self.holder = holder
        self.why = why


def _row(
    finding: Finding, handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Row:
    return {
        "severity": finding.severity,
        "rule": finding.rule.name,
        "pid": holder.pid,
        "process": holder.image,
        "eprocess": holder.address,
        "trust": _details(holder.trust),
        "handle": handle.value,
        "type": subject.kind,
        "granted_access": handle.access,
        "access": handle.rights,
        "object": subject.address,
        "target": subject.called,
        "target_trust": _details(subject.trust),
        "why": finding.why,
    }


def _details(trust: Maybe[Trust]) -> Maybe[Details]:
    """What is known of trust; what does not apply is left out."""
    from ...model.kernel_mode import level_words

    if isinstance(trust, Absent):
        return trust
    level = trust.integrity
    package = trust.package
    protection = trust.protection
    found = {
        "integrity": level if isinstance(level, Absent) else level_words(level),
        "app_container": package if isinstance(package, Absent) else package.text,
        "elevated": trust.elevated,
        "session": trust.session,
    }
    if isinstance(protection, Unavailable):
        found["protection"] = protection
    elif not isinstance(protection, Absent) and protection.kind:
        found["protection"] = protection.words
    return Details({key: each for key, each in found.items() if each is not NO_VALUE}, _LABELS)
