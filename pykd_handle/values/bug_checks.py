"""What the parameters of a bug check mean, for the codes that are about handles, objects, processes
and threads, and the most frequent ones beside them.

By Microsoft's public bug check code reference. Each parameter has words, and those that are a
number to be read as it is (a flag, an IRQL, a status) are `number`; one that nothing is said of is
looked at like any other value.
"""

from __future__ import annotations

from enum import Enum, auto

from ..hints import Dict, Tuple
from .named_tuple import NamedTuple

__all__ = ("BugCheckMeaning", "Parameter", "ParameterKind", "bug_check_meaning", "status_meaning")


class ParameterKind(Enum):
    """What is to be done with a parameter."""

    VALUE = auto()
    """It is explained as any value."""
    NUMBER = auto()
    """It is no handle and no address: its words say all."""
    STATUS = auto()
    """It is a status (``ntstatus.h``), and a number."""
    CONTEXT = auto()
    """It is the address of the ``CONTEXT`` that the registers of the failure stand in."""


class Parameter(NamedTuple):
    """One of the four: its meaning in words, "" where it has none, and its kind."""

    meaning: str
    kind: ParameterKind = ParameterKind.VALUE


class BugCheckMeaning(NamedTuple):
    """The name of a code, "" where it is not among these, and the meaning of its parameters."""

    name: str
    parameters: Tuple[Parameter, ...]


def number(meaning: str) -> Parameter:
    """A parameter that is read as it is."""
    return Parameter(meaning, ParameterKind.NUMBER)


def _value(meaning: str) -> Parameter:
    return Parameter(meaning)


_RESERVED = number("")
_CODE = Parameter("the exception's code", ParameterKind.STATUS)
_AT = _value("the instruction that raised it")
_RECORD = _value("the exception record")
_CONTEXT = Parameter("the context record", ParameterKind.CONTEXT)
_REFERENCED = _value("the memory that was referenced")
_ACCESS = number("0: a read, 1: a write, 8 or 10: an execution")
_BY = _value("the instruction that referenced it")
_IRQL = number("the IRQL")
_THREAD = _value("the thread")
_TRAP_FRAME = _value("the trap frame")

_TABLE: Dict[int, Tuple[str, Tuple[Parameter, ...]]] = {
    0x01: (
        "APC_INDEX_MISMATCH",
        (
            _value("the system call or worker routine"),
            number("the thread's ApcStateIndex"),
            number("the thread's SpecialApcDisable and KernelApcDisable"),
            number("0: a system call, 1: a worker routine"),
        ),
    ),
    0x05: (
        "INVALID_PROCESS_ATTACH_ATTEMPT",
        (
            _value("the process to attach to"),
            _value("the process that the thread is attached to"),
            number("the thread's ApcStateIndex"),
            number("not 0: a DPC runs on the processor"),
        ),
    ),
    0x0A: ("IRQL_NOT_LESS_OR_EQUAL", (_REFERENCED, _IRQL, _ACCESS, _BY)),
    0x18: (
        "REFERENCE_BY_POINTER",
        (
            _value("the type of the object"),
            _value("the object whose reference count is wrong"),
            _value(""),
            _value(""),
        ),
    ),
    0x1E: (
        "KMODE_EXCEPTION_NOT_HANDLED",
        (
            _CODE,
            _AT,
            _value("the exception's first parameter"),
            _value("the exception's second parameter"),
        ),
    ),
    0x20: (
        "KERNEL_APC_PENDING_DURING_EXIT",
        (_value("the APC"), number("the thread's APC disable count"), _IRQL, _RESERVED),
    ),
    0x21: (
        "QUOTA_UNDERFLOW",
        (
            _value("the process that was charged"),
            number("the type of quota"),
            number("how much was to be returned"),
            number("how much of it could not be"),
        ),
    ),
    0x3B: ("SYSTEM_SERVICE_EXCEPTION", (_CODE, _AT, _CONTEXT, _RESERVED)),
    0x50: ("PAGE_FAULT_IN_NONPAGED_AREA", (_REFERENCED, _ACCESS, _BY, number(""))),
    0x76: (
        "PROCESS_HAS_LOCKED_PAGES",
        (
            number("0: the process has locked pages, 1: pages that are not locked were unlocked"),
            _value("the process; with 1 the MDL"),
            number("how many pages it has locked"),
            _value("the stacks of drivers, where they are kept"),
        ),
    ),
    0x7E: ("SYSTEM_THREAD_EXCEPTION_NOT_HANDLED", (_CODE, _AT, _RECORD, _CONTEXT)),
    0x8E: ("KERNEL_MODE_EXCEPTION_NOT_HANDLED", (_CODE, _AT, _TRAP_FRAME, _RESERVED)),
    0x93: (
        "INVALID_KERNEL_HANDLE",
        (
            _value("the handle that was closed or referenced"),
            _value("0: a protected handle was closed, 1: an invalid one; else the handle table"),
            _value(""),
            number("1: an invalid kernel handle was referenced"),
        ),
    ),
    0xBF: (
        "MUTEX_ALREADY_OWNED",
        (_value("the mutex"), _value("the thread that owns it"), _RESERVED, _RESERVED),
    ),
    0xC5: ("DRIVER_CORRUPTED_EXPOOL", (_REFERENCED, _IRQL, _ACCESS, _BY)),
    0xC7: (
        "TIMER_OR_DPC_INVALID",
        (
            number("0: a timer, 1: a DPC, 2: a routine of a DPC"),
            _value("the object"),
            _value("where the memory that was checked begins"),
            _value("where it ends"),
        ),
    ),
    0xCE: (
        "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
        (_REFERENCED, _ACCESS, _BY, _RESERVED),
    ),
    0xD1: ("DRIVER_IRQL_NOT_LESS_OR_EQUAL", (_REFERENCED, _IRQL, _ACCESS, _BY)),
    0xD5: (
        "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL",
        (_REFERENCED, _ACCESS, _BY, _RESERVED),
    ),
    0xEA: (
        "THREAD_STUCK_IN_DEVICE_DRIVER",
        (
            _value("the thread that is stuck"),
            _value("the deferred watchdog"),
            _value("the driver's name"),
            number("how often"),
        ),
    ),
    0xEF: (
        "CRITICAL_PROCESS_DIED",
        (
            _value("the process that died"),
            number("0: the process died, 1: a thread of it"),
            _value("the process that ended it, where the build tells"),
            _value(""),
        ),
    ),
    0xF4: (
        "CRITICAL_OBJECT_TERMINATION",
        (
            number("3: a process, 6: a thread"),
            _value("the object that ended"),
            _value("the name of the process's image"),
            _value("a message"),
        ),
    ),
    0x139: (
        "KERNEL_SECURITY_CHECK_FAILURE",
        (number("the kind of corruption"), _TRAP_FRAME, _RECORD, _RESERVED),
    ),
    0x157: (
        "KERNEL_THREAD_PRIORITY_FLOOR_VIOLATION",
        (_THREAD, number("the priority"), number("the status"), _RESERVED),
    ),
    0x162: (
        "KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE",
        (_THREAD, _value("the lock"), number("the thread's session"), _RESERVED),
    ),
    0x189: (
        "BAD_OBJECT_HEADER",
        (
            _value("the object header"),
            _value("the type that its TypeIndex leads to"),
            number("0: the TypeIndex is wrong, 1: the security descriptor"),
            _RESERVED,
        ),
    ),
    0x192: (
        "KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL",
        (_THREAD, _value("the lock"), _IRQL, _RESERVED),
    ),
}
# Driver Verifier's codes, whose first parameter says what the others are. Only those about handles.
_KIND = number("the rule that was broken")
_VERIFIER: Dict[Tuple[int, int], Tuple[Parameter, ...]] = {
    (0xC4, 0xF6): (
        number("0xf6: a handle of user mode was used as one of kernel mode"),
        _value("the handle"),
        _value("the process"),
        _value("where in the driver"),
    ),
}
_VERIFIER_NAMES = {
    0x06: "INVALID_PROCESS_DETACH_ATTEMPT",
    0x11: "THREAD_NOT_MUTEX_OWNER",
    0x16: "CID_HANDLE_CREATION",
    0x17: "CID_HANDLE_DELETION",
    0xC4: "DRIVER_VERIFIER_DETECTED_VIOLATION",
    0xC9: "DRIVER_VERIFIER_IOMANAGER_VIOLATION",
}
_ANY = (Parameter(""),) * 4
# In a minidump's header some codes stand with this bit (0x1000007E).
_OF_MINIDUMP = 0x10000000


_NAMES = {
    0x06: "INVALID_PROCESS_DETACH_ATTEMPT",
    0x11: "THREAD_NOT_MUTEX_OWNER",
    0x16: "CID_HANDLE_CREATION",
    0x17: "CID_HANDLE_DELETION",
    0x19: "BAD_POOL_HEADER",
    0x1A: "MEMORY_MANAGEMENT",
    0x24: "NTFS_FILE_SYSTEM",
    0x4E: "PFN_LIST_CORRUPT",
    0x7A: "KERNEL_DATA_INPAGE_ERROR",
    0x7B: "INACCESSIBLE_BOOT_DEVICE",
    0x7F: "UNEXPECTED_KERNEL_MODE_TRAP",
    0x9F: "DRIVER_POWER_STATE_FAILURE",
    0xA7: "BAD_EXHANDLE",
    0xC2: "BAD_POOL_CALLER",
    0xE2: "MANUALLY_INITIATED_CRASH",
    0xFC: "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY",
    0x101: "CLOCK_WATCHDOG_TIMEOUT",
    0x109: "CRITICAL_STRUCTURE_CORRUPTION",
    0x116: "VIDEO_TDR_FAILURE",
    0x124: "WHEA_UNCORRECTABLE_ERROR",
    0x133: "DPC_WATCHDOG_VIOLATION",
    0x154: "UNEXPECTED_STORE_EXCEPTION",
    0x161: "LIVE_SYSTEM_DUMP",
    0x1C8: "MANUALLY_INITIATED_POWER_BUTTON_HOLD",
    0xC000021A: "WINLOGON_FATAL_ERROR",
}
_STATUSES = {
    0x80000003: "a breakpoint",
    0x80000004: "a single step",
    0xC0000005: "an access violation",
    0xC0000006: "a page that could not be read in",
    0xC000001D: "an illegal instruction",
    0xC0000094: "a division by zero",
    0xC0000096: "a privileged instruction",
    0xC00000FD: "a stack overflow",
    0xC0000409: "a stack buffer overrun, or a fail-fast",
}


def status_meaning(status: int) -> str:
    """What a status that exceptions have means, "" for another one; it may be sign-extended."""
    return _STATUSES.get(status & 0xFFFFFFFF, "")


def bug_check_meaning(code: int, first: int = 0) -> BugCheckMeaning:
    """What the parameters of a code mean; ``first`` is the first of them, which decides with
    Driver Verifier's codes."""
    code &= ~_OF_MINIDUMP
    if code in _VERIFIER_NAMES:
        parameters = _VERIFIER.get((code, first), (_KIND, *_ANY[1:]))
        return BugCheckMeaning(_VERIFIER_NAMES[code], parameters)
    return BugCheckMeaning(*_TABLE.get(code, (_NAMES.get(code, ""), _ANY)))
