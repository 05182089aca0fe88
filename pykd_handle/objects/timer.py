"""Timers: ``_ETIMER``, with the kernel's ``_KTIMER`` in front; ``_KTIMER2`` of IRTimer objects.

``DueTime`` is a time since the start of the system, without the time asleep: what it is by the
clock follows from the page that the kernel shares with all processes. ``Inserted`` is a byte up to
Vista, a bit later; ``WakeTimer`` became ``WakeReason`` in Windows 7. The period is kept in the
``_ETIMER`` from Windows 8 on, before in both.

IRTimer objects came with Windows 8. Nothing public shows them, but the dispatcher header says
whether a ``_KTIMER2`` (Windows 10 and later) lies there.
"""

from __future__ import annotations

from datetime import datetime

from ..hints import Optional, Tuple
from ..kernel.time import Clocks, filetime, is_time, read_clocks
from ..layout import fields
from ..values import CorruptedError, Hex, Reason
from .base import detail
from .bits import set_bits
from .client import thread_at
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("IRTimer", "Timer")

_UNITS = 10_000  # of 100 ns in a millisecond
_DUE = "KeTimer.DueTime.QuadPart"
_MODES = {
    "IdleResilient": "idle resilient",
    "HighResolution": "high resolution",
    "NoWake": "no wake",
}
_DUE2 = "DueTime[0]"
_TIMER2 = fields("_KTIMER2", _DUE2, "Period", *_MODES)
_ONE_DUE = fields("_KTIMER2", "DueTime")  # 10240 has no array there


class _Timed(Waitable):
    """What becomes due."""

    @detail("Timer Type", words={True: "Synchronization", False: "Notification"})
    def auto_reset(self, timer: View) -> bool:
        return self.kind(timer)

    @detail("Timer is", words={True: "Signaled", False: "Not Signaled"})
    def set(self, timer: View) -> bool:
        return timer[f"{self.header}SignalState"] != 0

    @detail("Due (Interrupt Time)")
    def due_time(self, timer: View) -> Optional[Hex]:
        due = self.due(timer)
        return None if due is None else Hex(due)

    @detail()
    def remaining_ms(self, timer: View) -> Optional[int]:
        due = self.due(timer)
        if due is None:
            return None
        return (due - timer.once(_clocks).interrupt_time) // _UNITS

    @detail("Due")
    def due_at(self, timer: View) -> Optional[datetime]:
        due = self.due(timer)
        if due is None:
            return None
        clocks = timer.once(_clocks)
        moment = clocks.system_time + due - clocks.interrupt_time
        if not is_time(moment):
            raise CorruptedError(
                timer.address, Reason.FIELD_IS_NO_TIME, self.struct, "DueTime", moment
            )
        return filetime(moment)

    def due(self, timer: View) -> Optional[int]:
        """When it is due by the interrupt time, None where it is not set."""
        raise NotImplementedError


class Timer(_Timed):
    """Describes Timer objects."""

    types = ("Timer",)
    struct = "_ETIMER"
    header = "KeTimer.Header."
    more_fields = (
        *dispatcher_fields("KeTimer.Header."),
        "KeTimer.Header.Inserted",
        _DUE,
        "KeTimer.Period",
        "Period",
        "ApcAssociated",
        "TimerApc.Thread",
        "WakeTimer",
        "WakeReason",
    )
    kinds = {8: False, 9: True}  # TimerNotificationObject, TimerSynchronizationObject

    @detail("Armed")
    def armed(self, timer: View) -> bool:
        return timer["KeTimer.Header.Inserted"] != 0

    @detail("Period in Milliseconds")
    def period_ms(self, timer: View) -> int:
        return timer["Period"] or timer["KeTimer.Period"]

    @detail("APC to")
    def apc_thread(self, timer: View) -> Optional[str]:
        if not timer["ApcAssociated"]:
            return None
        return thread_at(self.kernel, timer.pointer("TimerApc.Thread")).words

    @detail("Wakes the System")
    def wakes(self, timer: View) -> Optional[bool]:
        return True if timer["WakeReason" if timer.has("WakeReason") else "WakeTimer"] else None

    def due(self, timer: View) -> Optional[int]:
        """See there."""
        return timer[_DUE] if timer.once(self.armed) else None


class IRTimer(_Timed):
    """Describes IRTimer objects as far as their header proves what they are."""

    types = ("IRTimer",)
    struct = "_DISPATCHER_HEADER"
    more_fields = dispatcher_fields()
    # Timer2NotificationObject, Timer2SynchronizationObject; Windows 8 has a _KTIMER there.
    kinds = {8: False, 9: True, 24: False, 25: True}

    @detail("Period in Milliseconds")
    def period_ms(self, timer: View) -> Optional[int]:
        newer = timer.once(self._newer)
        return None if newer is None else newer["Period"] // _UNITS

    @detail("Modes")
    def modes(self, timer: View) -> Optional[Tuple[str, ...]]:
        newer = timer.once(self._newer)
        return None if newer is None else set_bits(newer, _MODES)

    def due(self, timer: View) -> Optional[int]:
        """See there; 0, and all bits set, for one that is not set."""
        newer = timer.once(self._newer)
        if newer is None:
            return None
        if newer.has(_DUE2):
            due = newer[_DUE2]
        else:
            due = View(timer.target, _ONE_DUE, newer.address)["DueTime"]
        return due if 0 < due < 1 << 63 else None

    def _newer(self, timer: View) -> Optional[View]:
        if timer["Type"] & 0x7F < 24:
            return None
        return View(timer.target, _TIMER2, timer.address)


def _clocks(timer: View) -> Clocks:
    return read_clocks(timer.target)
