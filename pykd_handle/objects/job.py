"""Jobs: ``_EJOB``. Memory is counted in pages there. Jobs in jobs came with Windows 8, silos (jobs
with a name space of their own) with 14393."""

from __future__ import annotations

from ..hints import Optional, Tuple
from ..layout import fields
from ..values import CorruptedError, Hex, Reason, UnavailableError, attempt, not_proved
from .base import detail
from .bits import bit_names
from .client import process_at
from .guid import guid_fields, guid_text
from .lists import entries_at
from .process import PRIORITY_CLASSES
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("Job",)

_PAGE = 0x1000
_LINK = fields("_EPROCESS", "JobLinks.Flink")
_SIBLING = fields("_EJOB", "SiblingJobLinks.Flink", "ParentJob")
_CHILDREN = "ChildJobListHead.Flink"
# SERVERSILO_STATE, as the symbols have it from 14393 on.
_SILO_STATES = {0: "starting", 1: "started", 2: "shutting down", 3: "terminating", 4: "terminated"}
_ROOT = "SiloRootDirectoryName"
_GLOBALS = fields(
    "_ESERVERSILO_GLOBALS", "State", f"{_ROOT}.Length", f"{_ROOT}.MaximumLength", f"{_ROOT}.Buffer"
)
# JOB_OBJECT_LIMIT_* and JOB_OBJECT_UILIMIT_* of winnt.h.
_LIMITS = {
    0x1: "working set", 0x2: "process time", 0x4: "job time", 0x8: "active processes",
    0x10: "affinity", 0x20: "priority class", 0x40: "preserve job time",
    0x80: "scheduling class", 0x100: "process memory", 0x200: "job memory",
    0x400: "die on unhandled exception", 0x800: "breakaway", 0x1000: "silent breakaway",
    0x2000: "kill on close", 0x4000: "subset affinity",
}  # fmt: skip
_UI = {
    0x1: "handles", 0x2: "read clipboard", 0x4: "write clipboard", 0x8: "system parameters",
    0x10: "display settings", 0x20: "global atoms", 0x40: "desktop", 0x80: "exit windows",
}  # fmt: skip
_PROCESS_TIME, _JOB_TIME, _ACTIVE, _PRIORITY = 0x2, 0x4, 0x8, 0x20
_SCHEDULING, _PROCESS_MEMORY, _JOB_MEMORY = 0x80, 0x100, 0x200
_UNITS = 10_000  # of 100 ns in a millisecond
_CONTAINER = "ContainerId"


class Job(Waitable):
    """Describes Job objects."""

    types = ("Job",)
    struct = "_EJOB"
    header = "Event.Header."
    more_fields = (
        *dispatcher_fields("Event.Header."),
        "ProcessListHead.Flink",
        "TotalProcesses",
        "ActiveProcesses",
        "TotalTerminatedProcesses",
        "LimitFlags",
        "ActiveProcessLimit",
        "PerProcessUserTimeLimit.QuadPart",
        "PerJobUserTimeLimit.QuadPart",
        "PriorityClass",
        "SchedulingClass",
        "ProcessMemoryLimit",
        "JobMemoryLimit",
        "PeakJobMemoryUsed",
        "UIRestrictionsClass",
        "EndOfJobTimeAction",
        "SessionId",
        "CompletionPort",
        "CompletionKey",
        "ParentJob",
        "RootJob",
        "Silo",
        "ServerSiloGlobals",
        "JobFrozen",
        "EffectiveFreezeCount",
        "NestingDepth",
        _CHILDREN,
        *guid_fields(_CONTAINER),
    )
    kinds = {0: False, 1: True}

    @detail("Active Processes")
    def active(self, job: View) -> int:
        return job["ActiveProcesses"]

    @detail("Processes in All")
    def total(self, job: View) -> int:
        return job["TotalProcesses"]

    @detail("Processes Terminated")
    def terminated(self, job: View) -> int:
        return job["TotalTerminatedProcesses"]

    @detail("Members")
    def members(self, job: View) -> Tuple[str, ...]:
        processes = entries_at(job, "ProcessListHead.Flink", "processes", _LINK)
        return tuple(process_at(self.kernel, process) for process in processes)

    @detail("Limits")
    def limits(self, job: View) -> Tuple[str, ...]:
        return bit_names(job["LimitFlags"], _LIMITS)

    @detail("Most Active Processes")
    def active_limit(self, job: View) -> Optional[int]:
        return job["ActiveProcessLimit"] if job["LimitFlags"] & _ACTIVE else None

    @detail("Milliseconds of a Process")
    def process_time_limit_ms(self, job: View) -> Optional[int]:
        if not job["LimitFlags"] & _PROCESS_TIME:
            return None
        return job["PerProcessUserTimeLimit.QuadPart"] // _UNITS

    @detail("Milliseconds in All")
    def job_time_limit_ms(self, job: View) -> Optional[int]:
        if not job["LimitFlags"] & _JOB_TIME:
            return None
        return job["PerJobUserTimeLimit.QuadPart"] // _UNITS

    @detail("Priority Class", words=PRIORITY_CLASSES)
    def priority_class_limit(self, job: View) -> Optional[int]:
        return job["PriorityClass"] if job["LimitFlags"] & _PRIORITY else None

    @detail("Scheduling Class")
    def scheduling_class(self, job: View) -> Optional[int]:
        return job["SchedulingClass"] if job["LimitFlags"] & _SCHEDULING else None

    @detail("Memory Limit of a Process")
    def process_memory_limit(self, job: View) -> Optional[int]:
        return job["ProcessMemoryLimit"] * _PAGE if job["LimitFlags"] & _PROCESS_MEMORY else None

    @detail("Memory Limit")
    def job_memory_limit(self, job: View) -> Optional[int]:
        return job["JobMemoryLimit"] * _PAGE if job["LimitFlags"] & _JOB_MEMORY else None

    @detail("Most Memory Used")
    def peak_memory(self, job: View) -> int:
        return job["PeakJobMemoryUsed"] * _PAGE

    @detail("UI Restrictions")
    def ui_restrictions(self, job: View) -> Tuple[str, ...]:
        return bit_names(job["UIRestrictionsClass"], _UI)

    @detail("At the End of Its Time", words={0: "Terminate", 1: "Post a Message"})
    def end_action(self, job: View) -> int:
        return job["EndOfJobTimeAction"]

    @detail("Frozen")
    def frozen(self, job: View) -> Optional[bool]:
        """Itself, or by a job around it (Windows 8 and later)."""
        if not job.has("EffectiveFreezeCount"):
            return None
        return True if job["JobFrozen"] or job["EffectiveFreezeCount"] else None

    @detail("Session")
    def session(self, job: View) -> int:
        return job["SessionId"]

    @detail("Completion Port")
    def completion_port(self, job: View) -> Optional[Hex]:
        return Hex(job["CompletionPort"]) if job["CompletionPort"] else None

    @detail("Completion Key")
    def completion_key(self, job: View) -> Optional[Hex]:
        return Hex(job["CompletionKey"]) if job["CompletionPort"] else None

    @detail("Parent Job")
    def parent_job(self, job: View) -> Optional[Hex]:
        return Hex(job["ParentJob"]) if job.has("ParentJob") and job["ParentJob"] else None

    @detail("Root Job")
    def root_job(self, job: View) -> Optional[Hex]:
        return Hex(job["RootJob"]) if job.has("RootJob") and job["RootJob"] else None

    @detail("Jobs in It")
    def child_jobs(self, job: View) -> Optional[Tuple[str, ...]]:
        if not job.has(_CHILDREN):
            return None
        found = entries_at(job, _CHILDREN, "jobs", _SIBLING)
        for child in found:
            if View(job.target, _SIBLING, child)["ParentJob"] != job.address:
                raise CorruptedError(child, Reason.OF_ANOTHER_OBJECT, "job")
        return tuple(f"0x{child:x}" for child in found) or None

    @detail("Nesting Depth")
    def nesting_depth(self, job: View) -> Optional[int]:
        return job["NestingDepth"] or None if job.has("NestingDepth") else None

    @detail("Silo State")
    def silo_state(self, job: View) -> Optional[str]:
        silo = job.once(self._globals)
        if silo is None:
            return None
        # Updates moved the end of that structure: the path before the state proves its place.
        path = attempt(silo.text, _ROOT, default="")
        if job.target.symbols_recovered and not path.startswith("\\"):
            raise UnavailableError(not_proved("State", silo.address))
        return silo.one_of("State", _SILO_STATES)

    @detail("Silo Root")
    def silo_root(self, job: View) -> Optional[str]:
        silo = job.once(self._globals)
        return None if silo is None else silo.text(_ROOT) or None

    @detail("Silo")
    def silo(self, job: View) -> Optional[bool]:
        return True if job.has("Silo") and job["Silo"] else None

    @detail("Container")
    def container(self, job: View) -> Optional[str]:
        if not (job.has("Silo") and job["Silo"] and job.has(f"{_CONTAINER}.Data1")):
            return None
        return guid_text(job, _CONTAINER)

    def _globals(self, job: View) -> Optional[View]:
        """What the kernel keeps of a server silo, a container with a system of its own; None for
        any other job."""
        if not (job.has("Silo") and job["Silo"] and job.has("ServerSiloGlobals")):
            return None
        place = job.optional_pointer("ServerSiloGlobals")
        return None if place is None else View(job.target, _GLOBALS, place)
