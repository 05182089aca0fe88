"""Handles of the process in the debugger's session, asked of the debugger engine itself."""

from __future__ import annotations

from ...values import ClosedOnError, TargetError
from .client import Engine
from .local import DESCRIBED, LocalObjects
from .source import EngineSource

__all__ = ("EngineSource", "connect_engine")


def connect_engine() -> EngineSource:
    """The session's target as a source of handles.

    Raises `TargetError`: no engine, no user-mode target, or a dump without handle data.
    """
    engine = Engine()
    with ClosedOnError(engine):
        if not engine.user_mode():
            raise TargetError("the debugger's session is no user-mode session")
        if engine.local():
            objects = LocalObjects(engine.process_handle())
            return EngineSource(engine, objects, tuple(sorted(DESCRIBED)))
        return EngineSource(engine)
