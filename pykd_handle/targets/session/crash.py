"""What stopped the system, as the debugger's expressions tell: its pseudo-registers."""

from __future__ import annotations

from ...hints import Callable, Dict, Optional
from ...values import NO_VALUE, Maybe
from ..crash import BugCheck, register_names

__all__ = ("asked_bug_check", "asked_registers")

_PARAMETERS = tuple(f"@$bug_param{number}" for number in range(1, 5))

Evaluate = Callable[[str], Optional[int]]


def asked_bug_check(evaluate: Evaluate) -> Optional[Maybe[BugCheck]]:
    """The bug check, NO_VALUE where there was none; None for a debugger that does not tell."""
    code = evaluate("@$bug_code")
    parameters = [evaluate(name) for name in _PARAMETERS]
    known = tuple(value for value in parameters if value is not None)
    if code is None or len(known) < len(_PARAMETERS):
        return None
    return BugCheck(code & 0xFFFFFFFF, known) if code else NO_VALUE


def asked_registers(evaluate: Evaluate, architecture: str) -> Dict[str, int]:
    """The registers that the debugger shows at the moment."""
    found = {name: evaluate(f"@{name}") for name in register_names(architecture)}
    return {name: value for name, value in found.items() if value is not None}
