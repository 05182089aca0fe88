"""Looking at everything in turn, and writing it down."""

from __future__ import annotations

import os
import struct
import sys

from ...hints import Any, Callable, Iterator, List, Mapping, Optional
from ...targets.session import connect
from ...values import PykdHandleError, TargetError
from ..install import Machine, this_machine
from .finding import MISSING, NOTE, Finding
from .privacy import anonymous
from .python import look_at_packages, look_at_python
from .session import look_at_pykd, look_at_session
from .setup import look_at_setup

__all__ = ("doctor", "examine", "write_report")


def doctor(stream: Any, clean: Callable[[str], str]) -> int:
    """Write what was found on ``stream``, each text ``clean`` (names may hold anything).

    Returns 0, or 1 when something needed is missing.
    """
    machine = this_machine() if sys.platform == "win32" else None
    return write_report(examine(machine, connect), os.environ, stream, clean)


def examine(machine: Optional[Machine], connect: Callable[[], Any]) -> List[Finding]:
    """Everything there is to find; ``machine`` is None off Windows."""
    findings = [*look_at_python(), *look_at_packages(), *look_at_pykd(connect)]
    session: List[Finding] = []
    if not any(one.status == MISSING for one in findings):
        session = list(_session(connect))
    findings += session
    if machine is not None:
        # Only the note that there is none: no session.
        in_session = len(session) > 1
        findings += _setup(machine, needed=not in_session)
    return findings


def _session(connect: Callable[[], Any]) -> Iterator[Finding]:
    try:
        pykd = connect()
    except TargetError:
        return  # off Windows; said already
    yield from look_at_session(pykd)


def _setup(machine: Machine, needed: bool) -> Iterator[Finding]:
    try:
        yield from look_at_setup(machine, 8 * struct.calcsize("P"), needed)
    except PykdHandleError as error:
        yield Finding(NOTE, "setup", str(error))


def write_report(
    findings: List[Finding],
    environ: Mapping[str, str],
    stream: Any,
    clean: Callable[[str], str],
) -> int:
    """One line for each finding and one for each advice. Returns the exit code."""
    for one in findings:
        line = clean(anonymous(one.text, environ))
        stream.write(f"{one.status:<8} {one.subject:<14} {line}\n")
        if one.advice:
            advice = clean(anonymous(one.advice, environ))
            stream.write(f"{'':<8} {'':<14} -> {advice}\n")
    missing = [one.subject for one in findings if one.status == MISSING]
    if missing:
        stream.write(f"\nMissing: {', '.join(dict.fromkeys(missing))}. See the lines above.\n")
        return 1
    stream.write("\nNothing that is needed is missing.\n")
    return 0
