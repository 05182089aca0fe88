"""Processes as objects: ``_EPROCESS``.

A process that has exited stays as long as something refers to it: its times, ids and exit status
are true, its address space is not there any more. ``Protection`` came with 8.1, the signature
levels with Windows 8; what process a parent's id names is told where that one is older.
"""

from __future__ import annotations

from datetime import datetime

from ..hints import Optional, Tuple
from ..kernel import Kernel
from ..kernel.object_header import ObjectHeader
from ..kernel.process import Process as Record
from ..kernel.sid import INTEGRITY
from ..layout import PROCESS_OBJECT, fields
from ..values import (
    NO_VALUE,
    CorruptedError,
    Hex,
    Maybe,
    Reason,
    UnavailableError,
    known,
    maybe,
    not_proved,
)
from .base import Facts, Names, detail
from .bits import set_bits
from .client import client_id
from .file_name import FileNames
from .parent import parent_of
from .protection import PROTECTION_FIELDS, has_levels, read_protection
from .view import View
from .who import TokenReader, Who

__all__ = ("PRIORITY_CLASSES", "Process")

_WOW64 = "Wow64Process"
_PAGE = 0x1000
# Bits of Flags, Flags2 and Flags3; which of them there are depends on the build.
_FLAGS = {
    "ProcessExiting": "exiting",
    "ProcessDelete": "deleting",
    "VmDeleted": "address space deleted",
    "BreakOnTermination": "critical",
    "ProtectedProcess": "protected",
    "PrimaryTokenFrozen": "token frozen",
    "Minimal": "minimal",
    "SubsystemProcess": "subsystem",
    "SystemProcess": "system",
    "Crashed": "crashed",
    "DisallowUserTerminate": "not to be terminated",
    "Pcb.DeepFreeze": "frozen",
}
PRIORITY_CLASSES = {
    0: "unknown", 1: "idle", 2: "normal", 3: "high", 4: "realtime", 5: "below normal",
    6: "above normal",
}  # fmt: skip
"""``PROCESS_PRIORITY_CLASS_*`` of ntpsapi.h."""

# SE_SIGNING_LEVEL_*.
_SIGNING_LEVELS = {
    0: "unchecked", 1: "unsigned", 2: "enterprise", 4: "Authenticode", 6: "store",
    7: "antimalware", 8: "Microsoft", 11: "dynamic code", 12: "Windows", 14: "Windows TCB",
}  # fmt: skip
_PATH = ("Name.Length", "Name.MaximumLength", "Name.Buffer")
_AUDIT = fields("_OBJECT_NAME_INFORMATION", *_PATH)


class Process(Facts):
    """Describes Process objects; their fields are read by `pykd_handle.kernel.process`."""

    types = ("Process",)
    struct = "_EPROCESS"
    more_fields = (
        "Pcb.Header.Type",
        "Token.Value",
        "InheritedFromUniqueProcessId",
        "CreateTime.QuadPart",
        "ExitTime.QuadPart",
        "ExitStatus",
        "ActiveThreads",
        "Peb",
        _WOW64,
        "WoW64Process",
        "Job",
        "DebugPort",
        "PriorityClass",
        "CommitCharge",
        "SectionBaseAddress",
        *PROTECTION_FIELDS,
        "SignatureLevel",
        "SectionSignatureLevel",
        *_FLAGS,
    )

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self.tokens = TokenReader(kernel)

    def names(self, header: ObjectHeader, process: View) -> Names:
        """Image and id are its name: a process has none of its own."""
        name = maybe(client_id, process.cell(self.image), process.cell(self.pid))
        return super().names(header, process)._replace(name=name)

    @detail(more=False)
    def image(self, process: View) -> Maybe[str]:
        return self.kernel.image_name(self._read(process))

    @detail(more=False)
    def pid(self, process: View) -> Maybe[int]:
        return self._read(process).pid

    @detail(more=False)
    def exited(self, process: View) -> Maybe[bool]:
        return self.kernel.processes.exited(self._read(process))

    # -- everything -------------------------------------------------------------------------------

    def check(self, process: View) -> None:
        """The dispatcher header in front says what it is."""
        process.one_of("Pcb.Header.Type", {PROCESS_OBJECT: True}, mask=0x7F)

    @detail("Image Path")
    def image_path(self, process: View) -> Optional[str]:
        place = known(self._read(process).image_info)
        if not place:
            return None
        if not process.target.is_kernel_address(place):
            raise CorruptedError(place, Reason.FIELD_NOWHERE, "the image's path")
        return View(process.target, _AUDIT, place).text("Name") or None

    @detail()
    def parent_pid(self, process: View) -> int:
        return process["InheritedFromUniqueProcessId"]

    @detail("Parent")
    def parent(self, process: View) -> Optional[Maybe[str]]:
        if process.target.round_trips:
            return None  # to look through all processes of a live machine costs too much
        found = parent_of(self.kernel, process.address)
        return None if found is None else self.kernel.image_name(found)

    @detail("User")
    def user(self, process: View) -> Optional[str]:
        who = process.once(self._who)
        return None if who is None else who.sid(0)[0].words

    @detail("Integrity Level")
    def integrity(self, process: View) -> Optional[str]:
        who = process.once(self._who)
        level = None if who is None else who.integrity
        return None if level is None else INTEGRITY.get(level, f"0x{level:x}")

    @detail("Session")
    def session(self, process: View) -> Optional[Maybe[int]]:
        session = self._read(process).session
        return None if session is NO_VALUE else session

    @detail("Created")
    def created(self, process: View) -> Optional[datetime]:
        return process.time("CreateTime.QuadPart")

    @detail("Ended")
    def ended(self, process: View) -> Optional[datetime]:
        self._prove(process)
        return process.time("ExitTime.QuadPart")

    @detail()
    def exit_status(self, process: View) -> Optional[Hex]:
        self._prove(process)
        ended = process["ExitTime.QuadPart"] != 0
        return Hex(process["ExitStatus"] & 0xFFFFFFFF) if ended else None

    @detail("Threads")
    def threads(self, process: View) -> int:
        return process["ActiveThreads"]

    @detail()
    def peb(self, process: View) -> Optional[Hex]:
        return Hex(process["Peb"]) if process["Peb"] else None

    @detail("32-bit Process")
    def wow64(self, process: View) -> Optional[bool]:
        way = next((way for way in ("WoW64Process", _WOW64) if process.has(way)), None)
        return True if way is not None and process[way] else None

    @detail("Image Base")
    def image_base(self, process: View) -> Optional[Hex]:
        return Hex(process["SectionBaseAddress"]) if process["SectionBaseAddress"] else None

    @detail("Job")
    def job(self, process: View) -> Optional[Hex]:
        job = process.optional_pointer("Job")
        return None if job is None else Hex(job)

    @detail("Debugged by")
    def debug_object(self, process: View) -> Optional[Hex]:
        port = process.optional_pointer("DebugPort")
        return None if port is None else Hex(port)

    @detail("Priority Class")
    def priority_class(self, process: View) -> str:
        value = process["PriorityClass"]
        return PRIORITY_CLASSES.get(value, str(value))

    @detail("Commit Charge")
    def commit_charge(self, process: View) -> int:
        return process["CommitCharge"] * _PAGE

    @detail("Protection")
    def protection(self, process: View) -> Optional[str]:
        if not has_levels(process):
            return None
        protection = read_protection(process)
        return protection.words if protection.kind else None

    @detail("Signature Level")
    def signature_level(self, process: View) -> Optional[str]:
        return _signing_level(process, "SignatureLevel")

    @detail("Signature Level of Sections")
    def section_signature_level(self, process: View) -> Optional[str]:
        return _signing_level(process, "SectionSignatureLevel")

    @detail("Critical")
    def critical(self, process: View) -> bool:
        """Beside the flags, which leave out what a layout lacks: every kernel has this one."""
        return process["BreakOnTermination"] != 0

    @detail("Process Flags")
    def process_flags(self, process: View) -> Tuple[str, ...]:
        return set_bits(process, _FLAGS)

    def _prove(self, process: View) -> None:
        """Raises where nothing in the memory shows where the time of the end lies: a wrong place
        may hold any number."""
        if "ExitTime" in process.target.unproved:
            raise UnavailableError(not_proved("ExitTime", process.address))

    def _who(self, process: View) -> Optional[Who]:
        token = process["Token.Value"]
        return self.tokens.of(token) if token else None

    def _read(self, process: View) -> Record:
        return self.kernel.processes.read(process.address)


def _signing_level(process: View, path: str) -> Optional[str]:
    if not process.has(path):
        return None
    level = process[path] & 0xF
    return _SIGNING_LEVELS.get(level, str(level))
