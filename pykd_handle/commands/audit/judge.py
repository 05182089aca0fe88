"""What a rule says of a handle: a finding, nothing, or that the memory can't tell."""

from __future__ import annotations

import re

from ...hints import TYPE_CHECKING, Dict, Iterator, List, Sequence, Tuple
from ...values import NO_VALUE, Absent, Maybe, NamedTuple, Sentence, join, known, maybe
from ...values.right_names import HEADER_NAMES, STANDARD_NAMES
from .crossings import SYSTEM, Subject, crossing
from .rule import Rule
from .rules import GIVES

if TYPE_CHECKING:
    from ...model.kernel_mode import KernelModeHandle, KernelModeProcess

__all__ = ("Finding", "Judge", "powers_of")


def powers_of(kind: str, rights: Sequence[str]) -> Tuple[Tuple[int, str], ...]:
    """The bits of rights of a type, as the headers call them. Raises KeyError for another name."""
    bits = {
        name: bit
        for bit, names in (*STANDARD_NAMES, *HEADER_NAMES[kind])
        for name in names.split("|")
    }
    return tuple((bits[right], right) for right in rights)


class Finding(NamedTuple):
    """A handle that a rule speaks against: how grave a source calls it, and why."""

    rule: Rule
    severity: Maybe[str]
    why: Sentence


class Judge:
    """Asks rules of handles."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules: Dict[str, List[Tuple[Rule, Tuple[Tuple[int, str], ...]]]] = {}
        self._bits: Dict[str, int] = {}
        for rule in rules:
            for kind, rights in rule.powers.items():
                powers = powers_of(kind, rights)
                self._rules.setdefault(kind, []).append((rule, powers))
                self._bits[kind] = self._bits.get(kind, 0) | sum({bit for bit, _ in powers})
        self._debuggers: Dict[Tuple[int, int], bool] = {}
        self._paths = {rule.path: re.compile(rule.path, re.I | re.S) for rule in rules}

    def speaks_of(self, kind: str) -> bool:
        """Whether any rule is about objects of this type."""
        return kind in self._rules

    def ask(
        self, handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
    ) -> Iterator[Tuple[Rule, Maybe[Finding]]]:
        """What the rules say of a handle that has power for them: a `Finding`, or why that can't be
        told. Rules that have nothing to say are left out."""
        mask = handle.access
        if isinstance(mask, Absent):
            for rule, _ in self._rules[subject.kind]:
                yield rule, mask
            return
        if not mask & self._bits[subject.kind]:
            return
        for rule, powers in self._rules[subject.kind]:
            rights = [right for bit, right in powers if mask & bit]
            if rights:
                said = maybe(self._judge, rule, rights, handle, subject, holder)
                if said is not NO_VALUE:
                    yield rule, said

    def _judge(
        self,
        rule: Rule,
        rights: Sequence[str],
        handle: KernelModeHandle,
        subject: Subject,
        holder: KernelModeProcess,
    ) -> Maybe[Finding]:
        """Raises `UnavailableError` where it can't be told."""
        if not self._is_meant(rule, subject, holder):
            return NO_VALUE
        crossed = crossing(rule, handle, subject, holder)
        if crossed is None or _is_allowed(rule, holder) or self._debugs(holder, subject):
            return NO_VALUE
        may = join(", ", dict.fromkeys(GIVES[right] for right in rights))
        return Finding(rule, _severity(rule, handle), Sentence("{}: it may {}", crossed, may))

    def _is_meant(self, rule: Rule, subject: Subject, holder: KernelModeProcess) -> bool:
        """Whether the object is one that the rule is about."""
        if rule.path:
            name = subject.name
            return name is not NO_VALUE and bool(self._paths[rule.path].fullmatch(known(name)))
        process = subject.process
        if process is NO_VALUE:
            return True
        target = known(process)
        if target.address == holder.address or target.exited is True:
            return False
        if rule.image:
            # Another program may have the name, but not the integrity of the system.
            if known(target.image).lower() != rule.image.lower():
                return False
            return known(target.trust.integrity) >= SYSTEM
        return True

    def _debugs(self, holder: KernelModeProcess, subject: Subject) -> bool:
        """Whether the holder has the debug object of the target: then it is its debugger."""
        process = subject.process
        if isinstance(process, Absent) or process.debug_port is NO_VALUE:
            return False
        pair = holder.address, known(process.debug_port)
        if pair not in self._debuggers:
            self._debuggers[pair] = holder.holds(pair[1])
        return self._debuggers[pair]


def _severity(rule: Rule, handle: KernelModeHandle) -> Maybe[str]:
    for each in rule.severities:
        if not each.masks or handle.access in each.masks:
            return each.level
    return NO_VALUE


def _is_allowed(rule: Rule, holder: KernelModeProcess) -> bool:
    """Whether the rule lets this process have such a handle: a name alone is not enough."""
    for each in rule.allowed:
        if each.image:
            named = known(holder.image).lower() == each.image.lower()
            if named and known(holder.trust.integrity) >= SYSTEM:
                return True
        else:
            protection = known(holder.trust.protection)
            if protection.kind and protection.by == each.signer:
                return True
    return False
