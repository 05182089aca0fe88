"""What stopped the system: the parameters of its bug check, and the registers of that moment."""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Dict, Iterator, List, Optional, Sequence, Set
from ...rows import Head, Item, Note, Row
from ...values import (
    NOT_REQUESTED,
    STOPPED,
    Absent,
    Hex,
    Sentence,
    TargetError,
    Unavailable,
    maybe,
)
from ...values.bug_checks import ParameterKind, bug_check_meaning, status_meaning
from ..registry import Run
from .rows import explained, plain_row

if TYPE_CHECKING:
    from ...model import Kernel, Process

__all__ = ("explain_crash",)

_NUMBERS = (ParameterKind.NUMBER, ParameterKind.STATUS)
_PARAMETER = "parameter"
_LOWEST_ADDRESS = 0x10000  # below it nothing is mapped: a register has a number there


def explain_crash(kernel: Kernel, only: Optional[Process], run: Run) -> Iterator[Item]:
    """The rows of a bug check, and those of registers that are something. Values are looked at as
    ``only`` sees them, else the process that is current. Raises `TargetError` where there is
    nothing to explain."""
    found = kernel.bug_check()
    if isinstance(found, Unavailable):
        yield Note(Sentence("the bug check can't be read: {}", found))
    elif not found and not kernel.registers():
        raise TargetError("nothing stopped here by a bug check: give a VALUE to explain")
    elif not found:
        yield Head(Sentence("No bug check; the registers"), {})
    if found:
        name = bug_check_meaning(found.code).name
        line = Sentence("Bug check 0x{:x} {}", found.code, name or "(of no name that is known)")
        yield Head(line, {"bug_check": Hex(found.code), "bug_check_name": name})
    crash = _Crash(kernel, only, run)
    try:
        if not isinstance(found, Absent):
            crash.look_at_parameters(found.code, found.parameters)
        crash.look_at_registers()
    except STOPPED:
        yield crash.rows
        raise
    yield crash.rows
    yield from crash.notes.values()


class _Crash:
    """Collects the rows of all values: one table, whose columns all have."""

    def __init__(self, kernel: Kernel, only: Optional[Process], run: Run) -> None:
        self._kernel = kernel
        self._only = only or maybe(lambda: kernel.current_process) or None
        self._run = run
        self._seen: Set[int] = set()
        self._registers = kernel.registers()
        self.rows: List[Row] = []
        self.notes: Dict[str, Note] = {}
        """Of several values the same is told, once."""

    def look_at_parameters(self, code: int, values: Sequence[int]) -> None:
        """A row at least for each."""
        meaning = bug_check_meaning(code, values[0])
        for number, (value, parameter) in enumerate(zip(values, meaning.parameters), 1):
            meant = parameter.meaning
            if parameter.kind is ParameterKind.STATUS and status_meaning(value):
                meant = f"{meant}: {status_meaning(value)}"
            beside: Row = {"source": f"{_PARAMETER} {number}", "meaning": meant or NOT_REQUESTED}
            if parameter.kind in _NUMBERS or not value:
                self._seen.add(value)
                self.rows.append(plain_row(value, beside))
                continue
            if parameter.kind is ParameterKind.CONTEXT:
                self._registers = self._kernel.registers_at(value) or self._registers
            self._look(value, beside, always=True)

    def look_at_registers(self) -> None:
        """Rows for those that are something, the registers of one value together; the program
        counter has one always."""
        names: Dict[int, List[str]] = {}
        for name, value in self._registers.items():
            names.setdefault(value, []).append(name)
        for number, (value, having) in enumerate(names.items()):
            if value >= _LOWEST_ADDRESS and value not in self._seen:
                self._look(
                    value, {"source": ",".join(having), "meaning": NOT_REQUESTED}, not number
                )

    def _look(self, value: int, beside: Row, always: bool) -> None:
        self._seen.add(value)
        run = Run()  # a register that nothing is known of is no failure
        try:
            for item in explained(self._kernel.question(value, self._only), run, beside, always):
                if isinstance(item, Note):
                    # That a handle was closed is what some bug checks are about.
                    if item.warning or beside["source"].startswith(_PARAMETER):
                        self.notes.setdefault(str(item.line), Note(item.line))
                elif isinstance(item, list):
                    self.rows += item
        finally:
            self._run.found += run.found
