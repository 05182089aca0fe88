"""What can go wrong with the rig, one class for each thing a caller can do about it."""

from __future__ import annotations

__all__ = ["RigBuildError", "RigError", "RigMissing", "RigTimeout"]


class RigError(Exception):
    """Anything the rig itself could not do; what runs inside it fails with a return code."""


class RigMissing(RigError):
    """No usable rig on this machine: skip, or build one."""


class RigBuildError(RigError):
    """One step of the build failed."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"building the rig failed at '{step}': {reason}")
        self.step = step
        self.reason = reason


class RigTimeout(RigError):
    """A run took too long and was ended; holds what it had printed so far."""

    def __init__(self, what: str, seconds: float, stdout: str, stderr: str) -> None:
        tail = (stdout + stderr).strip()[-400:]
        super().__init__(f"{what} did not end in {seconds:g} s; its last output: {tail!r}")
        self.stdout = stdout
        self.stderr = stderr
