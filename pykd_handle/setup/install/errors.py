"""The error of an installation."""

from __future__ import annotations

from ...values import PykdHandleError

__all__ = ("InstallError",)


class InstallError(PykdHandleError):
    """A step of the installation can't be taken; the line says what to do about it."""
