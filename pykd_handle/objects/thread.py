"""Threads as objects: ``_ETHREAD``, with the ``_KTHREAD`` in front.

``ExitTime`` of a thread that runs is a link of a list. ``CreateTime`` of XP is shifted by three
bits, which makes it no time. The name that a program gives a thread came with 14393;
``StartAddress`` is where the kernel has it begin, ``Win32StartAddress`` where the program does.
"""

from __future__ import annotations

from datetime import datetime

from ..hints import Optional, Tuple
from ..kernel import Kernel
from ..kernel.fields import read_fields
from ..kernel.object_header import ObjectHeader
from ..kernel.strings import read_unicode_string
from ..kernel.time import filetime, is_time
from ..layout import THREAD_OBJECT, fields
from ..values import CorruptedError, Hex, Maybe, Reason, maybe
from .base import Facts, Names, detail
from .bits import set_bits
from .client import ENDED_FIELDS, client_id, has_ended, owner
from .file_name import FileNames
from .lists import entries_at
from .user_code import UserCode
from .view import View
from .waits import REASON_WORDS, REASONS, WAIT_FIELDS, WAITING, Waits

__all__ = ("Thread",)

_FLAGS = {
    "HideFromDebugger": "hidden from debuggers",
    "BreakOnTermination": "critical",
    "SystemThread": "system",
    "Tcb.SystemThread": "system",
}
# KTHREAD_STATE of ntddk.h, as the debugger calls them.
_STATES = (
    "initialized", "ready", "running", "standby", "terminated", "waiting", "transition",
    "deferred ready", "gate wait", "waiting for its process to be swapped in",
)  # fmt: skip
_LEVELS = ("anonymous", "identification", "impersonation", "delegation")
_SHIFTED = 3  # bits
_START_IS_NONE = ("LpcReceivedMsgIdValid", "StartAddressInvalid")  # up to 2003, and later
_LEAST_CODE = 0x10000
_OLD_IMPERSONATION = fields("_PS_IMPERSONATION_INFORMATION", "Token", "ImpersonationLevel")
_NAME = fields("_UNICODE_STRING", "Length", "MaximumLength", "Buffer")


class Thread(Facts):
    """Describes Thread objects."""

    types = ("Thread",)
    struct = "_ETHREAD"
    fields = (
        "Cid.UniqueProcess",
        "Cid.UniqueThread",
        "Tcb.Process",
        "ThreadsProcess",
        *ENDED_FIELDS,
    )
    more_fields = (
        "Tcb.Header.Type",
        "CreateTime.QuadPart",
        "ExitTime.QuadPart",
        "ExitStatus",
        "StartAddress",
        "Win32StartAddress",
        *_START_IS_NONE,
        "ThreadName",
        "ActiveImpersonationInfo",
        "ClientSecurity.ImpersonationData",
        "ImpersonationInfo",
        "IrpList.Flink",
        "Tcb.State",
        "Tcb.WaitReason",
        "Tcb.WaitMode",
        "Tcb.Alertable",
        *WAIT_FIELDS,
        "Tcb.SuspendCount",
        "Tcb.FreezeCount",
        "Tcb.Teb",
        "Tcb.Priority",
        "Tcb.BasePriority",
        *_FLAGS,
    )

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self.code = UserCode(kernel, files)
        self.waits = Waits(kernel)

    def names(self, header: ObjectHeader, thread: View) -> Names:
        """The client id is its name: a thread has none of its own."""
        image, pid, tid = thread.cell(self.image), thread.cell(self.pid), thread.cell(self.tid)
        return super().names(header, thread)._replace(name=maybe(client_id, image, pid, tid))

    @detail(more=False)
    def pid(self, thread: View) -> int:
        return thread["Cid.UniqueProcess"]

    @detail(more=False)
    def tid(self, thread: View) -> int:
        return thread["Cid.UniqueThread"]

    @detail(more=False)
    def image(self, thread: View) -> Maybe[str]:
        return self.kernel.image_name(self.kernel.processes.read(self.eprocess(thread)))

    @detail(more=False)
    def exited(self, thread: View) -> bool:
        return has_ended(thread)

    # -- everything -------------------------------------------------------------------------------

    def check(self, thread: View) -> None:
        """The dispatcher header in front says what it is."""
        thread.one_of("Tcb.Header.Type", {THREAD_OBJECT: True}, mask=0x7F)

    @detail()
    def eprocess(self, thread: View) -> Hex:
        return Hex(owner(thread))

    @detail("Thread Name")
    def thread_name(self, thread: View) -> Optional[str]:
        if not thread.has("ThreadName"):
            return None
        place = thread.optional_pointer("ThreadName")
        if place is None:
            return None
        return read_unicode_string(thread.target, *read_fields(thread.target, _NAME, place))

    @detail("State")
    def state(self, thread: View) -> str:
        state = thread["Tcb.State"]
        return _STATES[state] if state < len(_STATES) else str(state)

    @detail("Wait Reason", words=REASON_WORDS)
    def wait_reason(self, thread: View) -> Optional[str]:
        if not self._waits(thread):
            return None
        reason = thread["Tcb.WaitReason"]
        return REASONS[reason] if reason < len(REASONS) else str(reason)

    @detail("Wait Mode", words={0: "Kernel", 1: "User"})
    def wait_mode(self, thread: View) -> Optional[int]:
        return thread["Tcb.WaitMode"] if self._waits(thread) else None

    @detail("Alertable")
    def alertable(self, thread: View) -> Optional[bool]:
        return thread["Tcb.Alertable"] != 0 if self._waits(thread) else None

    @detail("Waits for")
    def waits_for(self, thread: View) -> Optional[Tuple[str, ...]]:
        return self.waits.objects(thread) if self._waits(thread) else None

    @detail("Waits for Reply of")
    def reply_thread(self, thread: View) -> Optional[str]:
        message = thread.once(self._message)
        return None if message is None else self.waits.server(message)

    @detail("Waits for Reply from Port")
    def reply_port(self, thread: View) -> Optional[str]:
        message = thread.once(self._message)
        return None if message is None else self.waits.port(message)

    @detail("Suspended")
    def suspend_count(self, thread: View) -> Optional[int]:
        return thread["Tcb.SuspendCount"] or None

    @detail("Frozen")
    def freeze_count(self, thread: View) -> Optional[int]:
        return thread["Tcb.FreezeCount"] or None

    @detail()
    def priority(self, thread: View) -> int:
        return thread["Tcb.Priority"]

    @detail()
    def base_priority(self, thread: View) -> int:
        return thread["Tcb.BasePriority"]

    @detail()
    def teb(self, thread: View) -> Optional[Hex]:
        return Hex(thread["Tcb.Teb"]) if thread["Tcb.Teb"] else None

    @detail()
    def start_address(self, thread: View) -> Hex:
        """Where the program has it begin; nothing where its place is used for something else by
        now, as the id of an LPC message up to 2003 is: no code lies in the first 64 KB."""
        start = thread["Win32StartAddress"]
        moved = any(thread[bit] for bit in _START_IS_NONE if thread.has(bit))
        if moved or 0 < start < _LEAST_CODE:
            place = thread.address + thread.struct.offset("Win32StartAddress")
            raise CorruptedError(place, Reason.NOTHING_SUCH_HERE, "start address")
        return Hex(start)

    @detail()
    def start_symbol(self, thread: View) -> Optional[str]:
        """Whose code that is, the kernel's or that of a module of its process."""
        address = thread.once(self.start_address)
        if not address or thread.target.is_kernel_address(address):
            return self.files.modules.place(address)
        return self.code.place(thread.once(self.eprocess), address)

    @detail("Start Address of the Kernel")
    def kernel_start_address(self, thread: View) -> Hex:
        return Hex(thread["StartAddress"])

    @detail("Created")
    def created(self, thread: View) -> Optional[datetime]:
        value = thread["CreateTime.QuadPart"]
        if not is_time(value) and is_time(value >> _SHIFTED):
            return filetime(value >> _SHIFTED)
        return thread.time("CreateTime.QuadPart")

    @detail("Ended")
    def ended(self, thread: View) -> Optional[datetime]:
        return thread.time("ExitTime.QuadPart") if self.exited(thread) else None

    @detail()
    def exit_status(self, thread: View) -> Optional[Hex]:
        return Hex(thread["ExitStatus"] & 0xFFFFFFFF) if self.exited(thread) else None

    @detail("Impersonates")
    def impersonates(self, thread: View) -> Optional[str]:
        found = thread.once(self._impersonation)
        return None if found is None else _LEVELS[found[1] & 3]

    @detail("Impersonated Token")
    def impersonation_token(self, thread: View) -> Optional[Hex]:
        found = thread.once(self._impersonation)
        return None if found is None else Hex(found[0])

    @detail("Requests Pending")
    def requests(self, thread: View) -> int:
        if not thread["IrpList.Flink"]:
            return 0
        return len(entries_at(thread, "IrpList.Flink", "requests"))

    @detail("Critical")
    def critical(self, thread: View) -> bool:
        """Beside the flags, which leave out what a layout lacks: every kernel has this one."""
        return thread["BreakOnTermination"] != 0

    @detail("Thread Flags")
    def thread_flags(self, thread: View) -> Tuple[str, ...]:
        return set_bits(thread, _FLAGS)

    def _waits(self, thread: View) -> bool:
        return thread["Tcb.State"] == WAITING

    def _message(self, thread: View) -> Optional[View]:
        return self.waits.message(thread) if self._waits(thread) else None

    def _impersonation(self, thread: View) -> Optional[Tuple[int, int]]:
        """The token and the level; None where the thread impersonates nobody."""
        if not thread["ActiveImpersonationInfo"]:
            return None
        if thread.has("ClientSecurity.ImpersonationData"):
            # Vista and later: the token, with the level and another flag in its lowest bits.
            value = thread["ClientSecurity.ImpersonationData"]
            return value & ~7, value & 3
        old = View(thread.target, _OLD_IMPERSONATION, thread.pointer("ImpersonationInfo"))
        return old.pointer("Token"), old["ImpersonationLevel"]
