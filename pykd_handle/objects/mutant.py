"""Mutants: ``_KMUTANT``. ``SignalState`` is 1 for a free one, and one less for each time that its
owner took it. ``Abandoned`` is a byte of its own up to 17763, a bit of ``MutantFlags`` later."""

from __future__ import annotations

from ..hints import Optional
from ..layout import fields
from ..values import Maybe
from .base import detail
from .client import ENDED_FIELDS, Client, has_ended, thread_at
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("Mutant",)

_THREAD = fields("_ETHREAD", *ENDED_FIELDS)


class Mutant(Waitable):
    """Describes Mutant objects."""

    types = ("Mutant",)
    struct = "_KMUTANT"
    header = "Header."
    more_fields = (*dispatcher_fields("Header."), "OwnerThread", "Abandoned", "ApcDisable")
    kinds = {2: True}  # MutantObject

    @detail()
    def owned(self, mutant: View) -> bool:
        return mutant["Header.SignalState"] < 1

    @detail()
    def count(self, mutant: View) -> int:
        return mutant["Header.SignalState"]

    @detail()
    def abandoned(self, mutant: View) -> bool:
        return mutant["Abandoned"] != 0

    @detail()
    def owner_pid(self, mutant: View) -> Maybe[Optional[int]]:
        owner = mutant.once(self._owner)
        return None if owner is None else owner.pid

    @detail()
    def owner_tid(self, mutant: View) -> Maybe[Optional[int]]:
        owner = mutant.once(self._owner)
        return None if owner is None else owner.tid

    @detail("Owner Image")
    def owner_image(self, mutant: View) -> Maybe[Optional[str]]:
        owner = mutant.once(self._owner)
        return None if owner is None else owner.image

    @detail("Owner Ended")
    def owner_ended(self, mutant: View) -> Optional[bool]:
        """A mutant whose owner is gone: the next one who waits gets it as an abandoned one."""
        owner = mutant.optional_pointer("OwnerThread")
        if owner is None:
            return None
        mutant.once(self._owner)  # it is a thread
        return True if has_ended(View(mutant.target, _THREAD, owner)) else None

    @detail("Kernel Mutex")
    def kernel_mutex(self, mutant: View) -> Optional[bool]:
        return True if mutant["ApcDisable"] else None

    def _owner(self, mutant: View) -> Optional[Client]:
        owner = mutant.optional_pointer("OwnerThread")
        return None if owner is None else thread_at(self.kernel, owner)
