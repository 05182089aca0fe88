"""Semaphores: ``_KSEMAPHORE``; ``SignalState`` is the count."""

from __future__ import annotations

from .base import detail
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("Semaphore",)


class Semaphore(Waitable):
    """Describes Semaphore objects."""

    types = ("Semaphore",)
    struct = "_KSEMAPHORE"
    header = "Header."
    more_fields = (*dispatcher_fields("Header."), "Limit")
    kinds = {5: True}  # SemaphoreObject

    @detail()
    def count(self, semaphore: View) -> int:
        return semaphore["Header.SignalState"]

    @detail()
    def limit(self, semaphore: View) -> int:
        return semaphore["Limit"]
