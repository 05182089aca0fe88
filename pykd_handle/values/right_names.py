"""Access rights as the headers call them: of the bits of an access mask, by object type.

From ``winnt.h``, ``ntpsapi.h``, ``ntobapi.h``, ``ntexapi.h``, ``ntlpcapi.h``, ``ntioapi.h``,
``evntrace.h``, ``ktmtypes.h``, ``winuser.h`` and ``fltUser.h``. A bit with two names is one of
files and of directories. What a type makes of generic rights, and which bits it knows at all,
stands in its ``_OBJECT_TYPE``; the names for that are here as well.
"""

from __future__ import annotations

from typing import Dict, Mapping, Tuple

from .rights import Rights

__all__ = ("ALL_ACCESS", "GENERIC", "HEADER_NAMES", "STANDARD_NAMES")

STANDARD_NAMES: Rights = (
    (0x00010000, "DELETE"),
    (0x00020000, "READ_CONTROL"),
    (0x00040000, "WRITE_DAC"),
    (0x00080000, "WRITE_OWNER"),
    (0x00100000, "SYNCHRONIZE"),
    (0x01000000, "ACCESS_SYSTEM_SECURITY"),
    (0x10000000, "GENERIC_ALL"),
    (0x20000000, "GENERIC_EXECUTE"),
    (0x40000000, "GENERIC_WRITE"),
    (0x80000000, "GENERIC_READ"),
)

_FILE: Rights = (
    (0x0001, "FILE_READ_DATA|FILE_LIST_DIRECTORY"),
    (0x0002, "FILE_WRITE_DATA|FILE_ADD_FILE"),
    (0x0004, "FILE_APPEND_DATA|FILE_ADD_SUBDIRECTORY|FILE_CREATE_PIPE_INSTANCE"),
    (0x0008, "FILE_READ_EA"),
    (0x0010, "FILE_WRITE_EA"),
    (0x0020, "FILE_EXECUTE|FILE_TRAVERSE"),
    (0x0040, "FILE_DELETE_CHILD"),
    (0x0080, "FILE_READ_ATTRIBUTES"),
    (0x0100, "FILE_WRITE_ATTRIBUTES"),
)
_TIMER: Rights = (
    (0x0001, "TIMER_QUERY_STATE"),
    (0x0002, "TIMER_MODIFY_STATE"),
)
_ALPC_PORT: Rights = ((0x0001, "PORT_CONNECT"),)
_FILTERCONNECTIONPORT: Rights = ((0x0001, "FLT_PORT_CONNECT"),)
_ETWREGISTRATION: Rights = (
    (0x0001, "WMIGUID_QUERY"),
    (0x0002, "WMIGUID_SET"),
    (0x0004, "WMIGUID_NOTIFICATION"),
    (0x0008, "WMIGUID_READ_DESCRIPTION"),
    (0x0010, "WMIGUID_EXECUTE"),
    (0x0020, "TRACELOG_CREATE_REALTIME"),
    (0x0040, "TRACELOG_CREATE_ONDISK"),
    (0x0080, "TRACELOG_GUID_ENABLE"),
    (0x0100, "TRACELOG_ACCESS_KERNEL_LOGGER"),
    (0x0200, "TRACELOG_LOG_EVENT|TRACELOG_CREATE_INPROC"),
    (0x0400, "TRACELOG_ACCESS_REALTIME"),
    (0x0800, "TRACELOG_REGISTER_GUIDS"),
    (0x1000, "TRACELOG_JOIN_GROUP"),
)
_TMTX: Rights = (
    (0x0001, "TRANSACTION_QUERY_INFORMATION"),
    (0x0002, "TRANSACTION_SET_INFORMATION"),
    (0x0004, "TRANSACTION_ENLIST"),
    (0x0008, "TRANSACTION_COMMIT"),
    (0x0010, "TRANSACTION_ROLLBACK"),
    (0x0020, "TRANSACTION_PROPAGATE"),
    (0x0040, "TRANSACTION_RIGHT_RESERVED1"),
)

HEADER_NAMES: Mapping[str, Rights] = {
    "ALPC Port": _ALPC_PORT,
    "Callback": ((0x0001, "CALLBACK_MODIFY_STATE"),),
    "Composition": (
        (0x0001, "COMPOSITIONSURFACE_READ"),
        (0x0002, "COMPOSITIONSURFACE_WRITE"),
    ),
    "DebugObject": (
        (0x0001, "DEBUG_READ_EVENT"),
        (0x0002, "DEBUG_PROCESS_ASSIGN"),
        (0x0004, "DEBUG_SET_INFORMATION"),
        (0x0008, "DEBUG_QUERY_INFORMATION"),
    ),
    "Desktop": (
        (0x0001, "DESKTOP_READOBJECTS"),
        (0x0002, "DESKTOP_CREATEWINDOW"),
        (0x0004, "DESKTOP_CREATEMENU"),
        (0x0008, "DESKTOP_HOOKCONTROL"),
        (0x0010, "DESKTOP_JOURNALRECORD"),
        (0x0020, "DESKTOP_JOURNALPLAYBACK"),
        (0x0040, "DESKTOP_ENUMERATE"),
        (0x0080, "DESKTOP_WRITEOBJECTS"),
        (0x0100, "DESKTOP_SWITCHDESKTOP"),
    ),
    "Device": _FILE,
    "Directory": (
        (0x0001, "DIRECTORY_QUERY"),
        (0x0002, "DIRECTORY_TRAVERSE"),
        (0x0004, "DIRECTORY_CREATE_OBJECT"),
        (0x0008, "DIRECTORY_CREATE_SUBDIRECTORY"),
    ),
    "EtwConsumer": _ETWREGISTRATION,
    "EtwRegistration": _ETWREGISTRATION,
    "Event": (
        (0x0001, "EVENT_QUERY_STATE"),
        (0x0002, "EVENT_MODIFY_STATE"),
    ),
    "File": _FILE,
    "FilterCommunicationPort": _FILTERCONNECTIONPORT,
    "FilterConnectionPort": _FILTERCONNECTIONPORT,
    "IRTimer": _TIMER,
    "IoCompletion": (
        (0x0001, "IO_COMPLETION_QUERY_STATE"),
        (0x0002, "IO_COMPLETION_MODIFY_STATE"),
    ),
    "Job": (
        (0x0001, "JOB_OBJECT_ASSIGN_PROCESS"),
        (0x0002, "JOB_OBJECT_SET_ATTRIBUTES"),
        (0x0004, "JOB_OBJECT_QUERY"),
        (0x0008, "JOB_OBJECT_TERMINATE"),
        (0x0010, "JOB_OBJECT_SET_SECURITY_ATTRIBUTES"),
        (0x0020, "JOB_OBJECT_IMPERSONATE"),
    ),
    "Key": (
        (0x0001, "KEY_QUERY_VALUE"),
        (0x0002, "KEY_SET_VALUE"),
        (0x0004, "KEY_CREATE_SUB_KEY"),
        (0x0008, "KEY_ENUMERATE_SUB_KEYS"),
        (0x0010, "KEY_NOTIFY"),
        (0x0020, "KEY_CREATE_LINK"),
        (0x0100, "KEY_WOW64_64KEY"),
        (0x0200, "KEY_WOW64_32KEY"),
    ),
    "KeyedEvent": (
        (0x0001, "KEYEDEVENT_WAIT"),
        (0x0002, "KEYEDEVENT_WAKE"),
    ),
    "Mutant": ((0x0001, "MUTANT_QUERY_STATE"),),
    "Partition": (
        (0x0001, "MEMORY_PARTITION_QUERY_ACCESS"),
        (0x0002, "MEMORY_PARTITION_MODIFY_ACCESS"),
    ),
    "Port": _ALPC_PORT,
    "Process": (
        (0x0001, "PROCESS_TERMINATE"),
        (0x0002, "PROCESS_CREATE_THREAD"),
        (0x0004, "PROCESS_SET_SESSIONID"),
        (0x0008, "PROCESS_VM_OPERATION"),
        (0x0010, "PROCESS_VM_READ"),
        (0x0020, "PROCESS_VM_WRITE"),
        (0x0040, "PROCESS_DUP_HANDLE"),
        (0x0080, "PROCESS_CREATE_PROCESS"),
        (0x0100, "PROCESS_SET_QUOTA"),
        (0x0200, "PROCESS_SET_INFORMATION"),
        (0x0400, "PROCESS_QUERY_INFORMATION"),
        (0x0800, "PROCESS_SUSPEND_RESUME"),
        (0x1000, "PROCESS_QUERY_LIMITED_INFORMATION"),
        (0x2000, "PROCESS_SET_LIMITED_INFORMATION"),
    ),
    "Profile": ((0x0001, "PROFILE_CONTROL"),),
    "RegistryTransaction": _TMTX,
    "Section": (
        (0x0001, "SECTION_QUERY"),
        (0x0002, "SECTION_MAP_WRITE"),
        (0x0004, "SECTION_MAP_READ"),
        (0x0008, "SECTION_MAP_EXECUTE"),
        (0x0010, "SECTION_EXTEND_SIZE"),
        (0x0020, "SECTION_MAP_EXECUTE_EXPLICIT"),
    ),
    "Semaphore": (
        (0x0001, "SEMAPHORE_QUERY_STATE"),
        (0x0002, "SEMAPHORE_MODIFY_STATE"),
    ),
    "Session": (
        (0x0001, "SESSION_QUERY_ACCESS"),
        (0x0002, "SESSION_MODIFY_ACCESS"),
    ),
    "SymbolicLink": (
        (0x0001, "SYMBOLIC_LINK_QUERY"),
        (0x0002, "SYMBOLIC_LINK_SET"),
    ),
    "Thread": (
        (0x0001, "THREAD_TERMINATE"),
        (0x0002, "THREAD_SUSPEND_RESUME"),
        (0x0004, "THREAD_ALERT"),
        (0x0008, "THREAD_GET_CONTEXT"),
        (0x0010, "THREAD_SET_CONTEXT"),
        (0x0020, "THREAD_SET_INFORMATION"),
        (0x0040, "THREAD_QUERY_INFORMATION"),
        (0x0080, "THREAD_SET_THREAD_TOKEN"),
        (0x0100, "THREAD_IMPERSONATE"),
        (0x0200, "THREAD_DIRECT_IMPERSONATION"),
        (0x0400, "THREAD_SET_LIMITED_INFORMATION"),
        (0x0800, "THREAD_QUERY_LIMITED_INFORMATION"),
        (0x1000, "THREAD_RESUME"),
    ),
    "Timer": _TIMER,
    "TmEn": (
        (0x0001, "ENLISTMENT_QUERY_INFORMATION"),
        (0x0002, "ENLISTMENT_SET_INFORMATION"),
        (0x0004, "ENLISTMENT_RECOVER"),
        (0x0008, "ENLISTMENT_SUBORDINATE_RIGHTS"),
        (0x0010, "ENLISTMENT_SUPERIOR_RIGHTS"),
    ),
    "TmRm": (
        (0x0001, "RESOURCEMANAGER_QUERY_INFORMATION"),
        (0x0002, "RESOURCEMANAGER_SET_INFORMATION"),
        (0x0004, "RESOURCEMANAGER_RECOVER"),
        (0x0008, "RESOURCEMANAGER_ENLIST"),
        (0x0010, "RESOURCEMANAGER_GET_NOTIFICATION"),
        (0x0020, "RESOURCEMANAGER_REGISTER_PROTOCOL"),
        (0x0040, "RESOURCEMANAGER_COMPLETE_PROPAGATION"),
    ),
    "TmTm": (
        (0x0001, "TRANSACTIONMANAGER_QUERY_INFORMATION"),
        (0x0002, "TRANSACTIONMANAGER_SET_INFORMATION"),
        (0x0004, "TRANSACTIONMANAGER_RECOVER"),
        (0x0008, "TRANSACTIONMANAGER_RENAME"),
        (0x0010, "TRANSACTIONMANAGER_CREATE_RM"),
        (0x0020, "TRANSACTIONMANAGER_BIND_TRANSACTION"),
    ),
    "TmTx": _TMTX,
    "Token": (
        (0x0001, "TOKEN_ASSIGN_PRIMARY"),
        (0x0002, "TOKEN_DUPLICATE"),
        (0x0004, "TOKEN_IMPERSONATE"),
        (0x0008, "TOKEN_QUERY"),
        (0x0010, "TOKEN_QUERY_SOURCE"),
        (0x0020, "TOKEN_ADJUST_PRIVILEGES"),
        (0x0040, "TOKEN_ADJUST_GROUPS"),
        (0x0080, "TOKEN_ADJUST_DEFAULT"),
        (0x0100, "TOKEN_ADJUST_SESSIONID"),
    ),
    "TpWorkerFactory": (
        (0x0001, "WORKER_FACTORY_RELEASE_WORKER"),
        (0x0002, "WORKER_FACTORY_WAIT"),
        (0x0004, "WORKER_FACTORY_SET_INFORMATION"),
        (0x0008, "WORKER_FACTORY_QUERY_INFORMATION"),
        (0x0010, "WORKER_FACTORY_READY_WORKER"),
        (0x0020, "WORKER_FACTORY_SHUTDOWN"),
    ),
    "Type": ((0x0001, "OBJECT_TYPE_CREATE"),),
    "WaitCompletionPacket": ((0x0001, "WAIT_COMPLETION_PACKET_SET_STATE"),),
    "WaitablePort": _ALPC_PORT,
    "WindowStation": (
        (0x0001, "WINSTA_ENUMDESKTOPS"),
        (0x0002, "WINSTA_READATTRIBUTES"),
        (0x0004, "WINSTA_ACCESSCLIPBOARD"),
        (0x0008, "WINSTA_CREATEDESKTOP"),
        (0x0010, "WINSTA_WRITEATTRIBUTES"),
        (0x0020, "WINSTA_ACCESSGLOBALATOMS"),
        (0x0040, "WINSTA_EXITWINDOWS"),
        (0x0100, "WINSTA_ENUMERATE"),
        (0x0200, "WINSTA_READSCREEN"),
    ),
    "WmiGuid": _ETWREGISTRATION,
}

ALL_ACCESS: Dict[str, str] = {
    "ALPC Port": "PORT_ALL_ACCESS",
    "DebugObject": "DEBUG_ALL_ACCESS",
    "Desktop": "DESKTOP_ALL_ACCESS",
    "Device": "FILE_ALL_ACCESS",
    "Directory": "DIRECTORY_ALL_ACCESS",
    "Event": "EVENT_ALL_ACCESS",
    "File": "FILE_ALL_ACCESS",
    "FilterConnectionPort": "FLT_PORT_ALL_ACCESS",
    "IRTimer": "TIMER_ALL_ACCESS",
    "IoCompletion": "IO_COMPLETION_ALL_ACCESS",
    "Job": "JOB_OBJECT_ALL_ACCESS",
    "Key": "KEY_ALL_ACCESS",
    "KeyedEvent": "KEYEDEVENT_ALL_ACCESS",
    "Mutant": "MUTANT_ALL_ACCESS",
    "Partition": "MEMORY_PARTITION_ALL_ACCESS",
    "Port": "PORT_ALL_ACCESS",
    "Process": "PROCESS_ALL_ACCESS",
    "Profile": "PROFILE_ALL_ACCESS",
    "Section": "SECTION_ALL_ACCESS",
    "Semaphore": "SEMAPHORE_ALL_ACCESS",
    "Session": "SESSION_ALL_ACCESS",
    "SymbolicLink": "SYMBOLIC_LINK_ALL_ACCESS",
    "Thread": "THREAD_ALL_ACCESS",
    "Timer": "TIMER_ALL_ACCESS",
    "TmEn": "ENLISTMENT_ALL_ACCESS",
    "TmRm": "RESOURCEMANAGER_ALL_ACCESS",
    "TmTm": "TRANSACTIONMANAGER_ALL_ACCESS",
    "TmTx": "TRANSACTION_ALL_ACCESS",
    "Token": "TOKEN_ALL_ACCESS",
    "TpWorkerFactory": "WORKER_FACTORY_ALL_ACCESS",
    "Type": "OBJECT_TYPE_ALL_ACCESS",
    "WindowStation": "WINSTA_ALL_ACCESS",
}
"""What each type's rights together are called; of other types that has no name."""

GENERIC: Mapping[str, Tuple[str, str, str]] = {
    "File": ("FILE_GENERIC_READ", "FILE_GENERIC_WRITE", "FILE_GENERIC_EXECUTE"),
    "Key": ("KEY_READ", "KEY_WRITE", "KEY_EXECUTE"),
    "Token": ("TOKEN_READ", "TOKEN_WRITE", "TOKEN_EXECUTE"),
}
"""What reading, writing and executing are called for the types that have names for them."""
