"""The names of access rights: of the bits of an access mask, by object type.

Names as WinDbg spells them where it names a right (``ReadControl``, ``Synch``, ``QueryState``);
the others are shortened from the constants of the headers (``winnt.h``, ``ntioapi.h``,
``ntlpcapi.h``, ``ntexapi.h``, ``ntobapi.h``) in the same manner.
"""

from __future__ import annotations

from ..hints import Mapping, Tuple

__all__ = ("SPECIFIC", "STANDARD", "Rights")

Rights = Tuple[Tuple[int, str], ...]
"""(bit, name), in bit order."""

STANDARD: Rights = (
    (0x00010000, "Delete"),
    (0x00020000, "ReadControl"),
    (0x00040000, "WriteDac"),
    (0x00080000, "WriteOwner"),
    (0x00100000, "Synch"),
    (0x01000000, "AccessSystemSecurity"),
)

_FILE: Rights = (
    (0x0001, "Read/List"),
    (0x0002, "Write/Add"),
    (0x0004, "Append/SubDir/CreatePipe"),
    (0x0008, "ReadEA"),
    (0x0010, "WriteEA"),
    (0x0020, "Execute/Traverse"),
    (0x0040, "DeleteChild"),
    (0x0080, "ReadAttr"),
    (0x0100, "WriteAttr"),
)
_PORT: Rights = ((0x0001, "Connect"),)
_STATE: Rights = ((0x0001, "QueryState"), (0x0002, "ModifyState"))

_TRACE: Rights = (
    (0x0001, "Query"),
    (0x0002, "Set"),
    (0x0004, "Notification"),
    (0x0008, "ReadDescription"),
    (0x0010, "Execute"),
    (0x0020, "CreateRealtime"),
    (0x0040, "CreateOnDisk"),
    (0x0080, "GuidEnable"),
    (0x0100, "AccessKernelLogger"),
    (0x0200, "LogEvent"),
    (0x0400, "AccessRealtime"),
    (0x0800, "RegisterGuids"),
)

_TRANSACTION: Rights = (
    (0x0001, "QueryInfo"),
    (0x0002, "SetInfo"),
    (0x0004, "Enlist"),
    (0x0008, "Commit"),
    (0x0010, "Rollback"),
    (0x0020, "Propagate"),
    (0x0040, "RightReserved1"),
)

SPECIFIC: Mapping[str, Rights] = {
    "ALPC Port": _PORT,
    "Callback": ((0x0001, "ModifyState"),),
    "Composition": ((0x0001, "Read"), (0x0002, "Write")),
    "DebugObject": (
        (0x0001, "ReadEvent"),
        (0x0002, "ProcessAssign"),
        (0x0004, "SetInfo"),
        (0x0008, "QueryInfo"),
    ),
    "Desktop": (
        (0x0001, "ReadObjects"),
        (0x0002, "CreateWindow"),
        (0x0004, "CreateMenu"),
        (0x0008, "HookControl"),
        (0x0010, "JournalRecord"),
        (0x0020, "JournalPlayback"),
        (0x0040, "Enumerate"),
        (0x0080, "WriteObjects"),
        (0x0100, "SwitchDesktop"),
    ),
    "Device": _FILE,
    "Directory": (
        (0x0001, "Query"),
        (0x0002, "Traverse"),
        (0x0004, "CreateObject"),
        (0x0008, "CreateSubDirectory"),
    ),
    "EtwConsumer": (*_TRACE, (0x1000, "JoinGroup")),
    "EtwRegistration": (*_TRACE, (0x1000, "JoinGroup")),
    "Event": _STATE,
    "File": _FILE,
    "FilterCommunicationPort": _PORT,
    "FilterConnectionPort": _PORT,
    "IoCompletion": _STATE,
    "IRTimer": _STATE,
    "Job": (
        (0x0001, "AssignProcess"),
        (0x0002, "SetAttributes"),
        (0x0004, "Query"),
        (0x0008, "Terminate"),
        (0x0010, "SetSecurityAttributes"),
        (0x0020, "Impersonate"),
    ),
    "Key": (
        (0x0001, "QueryValue"),
        (0x0002, "SetValue"),
        (0x0004, "CreateSubKey"),
        (0x0008, "EnumSubKey"),
        (0x0010, "Notify"),
        (0x0020, "CreateLink"),
        (0x0100, "Wow64_64Key"),
        (0x0200, "Wow64_32Key"),
    ),
    "KeyedEvent": ((0x0001, "Wait"), (0x0002, "Wake")),
    "Mutant": ((0x0001, "QueryState"),),
    "Partition": ((0x0001, "Query"), (0x0002, "Modify")),
    "Port": _PORT,
    "Process": (
        (0x0001, "Terminate"),
        (0x0002, "CreateThread"),
        (0x0004, "SetSessionId"),
        (0x0008, "VMOp"),
        (0x0010, "VMRead"),
        (0x0020, "VMWrite"),
        (0x0040, "DupHandle"),
        (0x0080, "CreateProcess"),
        (0x0100, "SetQuota"),
        (0x0200, "SetInfo"),
        (0x0400, "QueryInfo"),
        (0x0800, "SuspendResume"),
        (0x1000, "QueryLimitedInfo"),
        (0x2000, "SetLimitedInfo"),
    ),
    "Profile": ((0x0001, "Control"),),
    "RegistryTransaction": _TRANSACTION,
    "Section": (
        (0x0001, "Query"),
        (0x0002, "MapWrite"),
        (0x0004, "MapRead"),
        (0x0008, "MapExecute"),
        (0x0010, "Extend"),
        (0x0020, "MapExecuteExplicit"),
    ),
    "Semaphore": _STATE,
    "Session": ((0x0001, "Query"), (0x0002, "Modify")),
    "SymbolicLink": ((0x0001, "Query"), (0x0002, "Set")),
    "Thread": (
        (0x0001, "Terminate"),
        (0x0002, "Suspend"),
        (0x0004, "Alert"),
        (0x0008, "GetContext"),
        (0x0010, "SetContext"),
        (0x0020, "SetInfo"),
        (0x0040, "QueryInfo"),
        (0x0080, "SetToken"),
        (0x0100, "Impersonate"),
        (0x0200, "DirectImpersonate"),
        (0x0400, "SetLimitedInfo"),
        (0x0800, "QueryLimitedInfo"),
        (0x1000, "Resume"),
    ),
    "Timer": _STATE,
    "TmEn": (
        (0x0001, "QueryInfo"),
        (0x0002, "SetInfo"),
        (0x0004, "Recover"),
        (0x0008, "SubordinateRights"),
        (0x0010, "SuperiorRights"),
    ),
    "TmRm": (
        (0x0001, "QueryInfo"),
        (0x0002, "SetInfo"),
        (0x0004, "Recover"),
        (0x0008, "Enlist"),
        (0x0010, "GetNotification"),
        (0x0020, "RegisterProtocol"),
        (0x0040, "CompletePropagation"),
    ),
    "TmTm": (
        (0x0001, "QueryInfo"),
        (0x0002, "SetInfo"),
        (0x0004, "Recover"),
        (0x0008, "Rename"),
        (0x0010, "CreateRm"),
        (0x0020, "BindTransaction"),
    ),
    "TmTx": _TRANSACTION,
    "Token": (
        (0x0001, "AssignPrimary"),
        (0x0002, "Duplicate"),
        (0x0004, "Impersonate"),
        (0x0008, "Query"),
        (0x0010, "QuerySource"),
        (0x0020, "AdjustPrivileges"),
        (0x0040, "AdjustGroups"),
        (0x0080, "AdjustDefault"),
        (0x0100, "AdjustSessionId"),
    ),
    "TpWorkerFactory": (
        (0x0001, "ReleaseWorker"),
        (0x0002, "Wait"),
        (0x0004, "SetInfo"),
        (0x0008, "QueryInfo"),
        (0x0010, "ReadyWorker"),
        (0x0020, "Shutdown"),
    ),
    "Type": ((0x0001, "Create"),),
    "WaitCompletionPacket": ((0x0001, "SetState"),),
    "WaitablePort": _PORT,
    "WindowStation": (
        (0x0001, "EnumDesktops"),
        (0x0002, "ReadAttributes"),
        (0x0004, "AccessClipboard"),
        (0x0008, "CreateDesktop"),
        (0x0010, "WriteAttributes"),
        (0x0020, "AccessGlobalAtoms"),
        (0x0040, "ExitWindows"),
        (0x0100, "Enumerate"),
        (0x0200, "ReadScreen"),
    ),
    "WmiGuid": (*_TRACE, (0x1000, "JoinGroup")),
}
