"""What the trimmed layout files hold beside what the package reads: builds, fields and symbols.

`mocks.trim` makes the files from it, and from what the package's readers declare. Here stands what
the mocks alone want. A structure with ``None`` keeps all its fields; one with a tuple keeps these,
those that are read, and its size. Structures nested by value in a kept field come along by
themselves, as a whole unless they are listed here or read.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

__all__ = (
    "BUILDS",
    "EXTRA_FIELDS",
    "EXTRA_TYPES",
    "OVERLAYS",
    "STRUCTS",
    "SYMBOLS",
    "ExtraType",
    "Symbol",
)

BUILDS: Tuple[str, ...] = (
    "winxp_sp3_x86",
    "win2003_sp2_x64",
    "vista_sp0_x64",
    "vista_sp2_x86",
    "win7_sp1_x64",
    "win7_sp1_x86",
    "win8_x64",
    "win8_x86",
    "win81_x64",
    "win81_x86",
    "win10_1507_x64",
    "win10_10586_x64",
    "win10_14393_x64",
    "win10_17763_x64",
    "win10_19041_x64",
    "win10_19041_x86",
    "win11_22000_x64",
    "win11_22621_x64",
    "win11_26100_x64",
    "win11_26100_arm64",
)

# new name: (layout below, layout whose types replace those of the same name)
OVERLAYS: Dict[str, Tuple[str, str]] = {
    "win11_26100_la57_x64": ("win11_26100_x64", "overlay_la57_x64"),
}

_NO_FIELDS: Tuple[str, ...] = ()

STRUCTS: Dict[str, Optional[Tuple[str, ...]]] = {
    # handle tables
    "_HANDLE_TABLE": None,
    "_HANDLE_TABLE_ENTRY": None,
    "_HANDLE_TABLE_FREE_LIST": None,
    # object headers
    "_OBJECT_HEADER": None,
    "_OBJECT_HEADER_CREATOR_INFO": None,
    "_OBJECT_HEADER_NAME_INFO": None,
    "_OBJECT_HEADER_QUOTA_INFO": None,
    "_OBJECT_HEADER_PROCESS_INFO": None,
    "_OBJECT_HEADER_AUDIT_INFO": None,
    "_OBJECT_HEADER_HANDLE_REVOCATION_INFO": None,
    "_OBJECT_HEADER_EXTENDED_INFO": None,
    "_OBJECT_HEADER_PADDING_INFO": None,
    "_OBJECT_HANDLE_COUNT_ENTRY": None,
    # types and names
    "_OBJECT_TYPE": None,
    "_OBJECT_TYPE_INITIALIZER": None,
    "_OBJECT_DIRECTORY": None,
    "_OBJECT_DIRECTORY_ENTRY": None,
    "_OBJECT_SYMBOLIC_LINK": None,
    "_OBJECT_REF_INFO": None,
    "_DEVICE_MAP": None,
    # files and devices
    "_FILE_OBJECT": None,
    "_VPB": None,
    "_DEVICE_OBJECT": ("Size", "NextDevice", "Vpb", "DeviceExtension"),
    "_DRIVER_OBJECT": ("Size", "DeviceObject"),
    # registry
    "_CM_KEY_BODY": None,
    "_CM_NAME_CONTROL_BLOCK": None,
    "_CM_KEY_CONTROL_BLOCK": (
        "KeyHash",
        "ConvKey",
        "KeyCell",
        "KeyBodyListHead",
        "LayerInfo",
        "RealKeyName",
        "FullKCBName",
        "SequenceNumber",
    ),
    # sections
    "_SECTION": None,
    "_SECTION_OBJECT": None,
    "_SEGMENT_OBJECT": None,
    "_CONTROL_AREA": None,
    # processes and threads
    "_EPROCESS": (
        "Flags",
        "ProcessInserted",
        "SectionObject",
        "DeviceMap",
        "ImageFilePointer",
        "ThreadListHead",
    ),
    "_KPROCESS": ("ProfileListHead", "ThreadListHead", "BasePriority", "UserDirectoryTableBase"),
    "_ETHREAD": ("ThreadListEntry",),
    "_KTHREAD": (
        "TrapFrame",
        "NextProcessor",
        "PreviousMode",
        "ApcStateIndex",
        "ThreadListEntry",
        "MutantListHead",
    ),
    "_KAPC_STATE": ("ApcListHead",),
    "_EWOW64PROCESS": None,
    "_PS_PROTECTION": None,
    "_PS_CLIENT_SECURITY_CONTEXT": None,
    "_PEB": (
        "BeingDebugged",
        "Mutant",
        "ImageBaseAddress",
        "Ldr",
        "ProcessParameters",
        "SessionId",
    ),
    # security
    "_TOKEN": ("ModifiedId", "PrimaryGroup", "VariablePart"),
    "_SEP_TOKEN_PRIVILEGES": None,
    "_SID": None,
    "_SEP_LOGON_SESSION_REFERENCES": ("ReferenceCount", "Flags"),
    # waitable objects
    "_DISPATCHER_HEADER": ("Signalling", "Abandoned"),
    "_KEVENT": None,
    "_KMUTANT": None,
    "_KTIMER": None,
    "_KQUEUE": None,
    "_ETIMER": ("FlushDpcs",),
    # ports and jobs
    "_ALPC_PORT": ("PortListEntry",),
    "_ALPC_COMMUNICATION_INFO": None,
    "_EJOB": ("JobLinks", "JobId", "JobFlags"),
    # the processor, the loader, what the debugger asks for
    "_KPRCB": (
        "NextThread",
        "IdleThread",
        "Number",
        "MinorVersion",
        "MajorVersion",
        "BuildType",
        "ProcessorState",
        "Context",
        "KernelDirectoryTableBase",
    ),
    "_KPCR": (
        "GdtBase",
        "GDT",
        "Self",
        "SelfPcr",
        "CurrentPrcb",
        "PrcbData",
        "IdtBase",
        "Irql",
        "MajorVersion",
        "MinorVersion",
        "KdVersionBlock",
        "Prcb",
    ),
    "_CONTEXT": _NO_FIELDS,  # written by offset, see mocks/dump; here for its size
    "_LDR_DATA_TABLE_ENTRY": (
        "InMemoryOrderLinks",
        "InInitializationOrderLinks",
        "EntryPoint",
        "Flags",
        "TimeDateStamp",
    ),
    "_KLDR_DATA_TABLE_ENTRY": (
        "InLoadOrderLinks",
        "DllBase",
        "EntryPoint",
        "SizeOfImage",
        "FullDllName",
        "BaseDllName",
        "Flags",
        "LoadCount",
        "CheckSum",
        "TimeDateStamp",
    ),
    "_KDDEBUGGER_DATA64": None,
    "_DUMP_HEADER": None,
    "_DUMP_HEADER64": None,
    # small ones that the above point at
    "_EX_FAST_REF": None,
    "_LUID": None,
    "_GUID": None,
    "_POOL_HEADER": None,
}


class ExtraType(NamedTuple):
    """A type that the public extractions leave out, for some builds (both inclusive)."""

    name: str
    archs: Tuple[str, ...]
    first: int
    last: int
    fields: Dict[str, Tuple[int, str]]


# Where _EPROCESS.Session leads, up to 23H2. SessionId at 8 was read in the complete symbols of a
# 19041 kernel; published dumps of the structure have it there from XP on, but for 2003, where a
# pointer to the structure itself comes first. 24H2 has another structure, in no public symbols.
EXTRA_TYPES: Tuple[ExtraType, ...] = (
    ExtraType("_MM_SESSION_SPACE", ("x86", "x64"), 0, 3789, {"SessionId": (8, "unsigned long")}),
    ExtraType("_MM_SESSION_SPACE", ("x86",), 3790, 3790, {"SessionId": (12, "unsigned long")}),
    ExtraType("_MM_SESSION_SPACE", ("x64",), 3790, 3790, {"SessionId": (16, "unsigned long")}),
    ExtraType(
        "_MM_SESSION_SPACE", ("x86", "x64"), 3791, 26099, {"SessionId": (8, "unsigned long")}
    ),
)

# Fields that they leave out, per layout; each read in the complete symbols of that kernel.
EXTRA_FIELDS: Dict[Tuple[str, str], Dict[str, Tuple[int, str]]] = {
    ("win10_19041_x64", "_KPROCESS"): {"FreezeCount": (0x378, "unsigned long")},
}


class Symbol(NamedTuple):
    """A global of the kernel: its size in bytes, and the builds that have it (both inclusive)."""

    size: int
    first: int = 0
    last: int = 1 << 30


# Sizes are for 64-bit Windows; builds as in the public name lists of each kernel.
SYMBOLS: Dict[str, Symbol] = {
    # Code, not data: where the processor stands. First, as it is the image's entry point too.
    "DbgBreakPointWithStatus": Symbol(16),
    "PsActiveProcessHead": Symbol(16),
    "PsInitialSystemProcess": Symbol(8),
    "PsIdleProcess": Symbol(8),
    "PsLoadedModuleList": Symbol(16),
    "PspCidTable": Symbol(8),
    "ObpKernelHandleTable": Symbol(8),
    "ObTypeIndexTable": Symbol(256 * 8, first=7600),
    "ObHeaderCookie": Symbol(1, first=10240),
    "ObpInfoMaskToOffset": Symbol(256, first=7600),
    "ObpRootDirectoryObject": Symbol(8),
    "ObpTypeDirectoryObject": Symbol(8),
    "ObpTypeObjectType": Symbol(8),
    "HandleTableListHead": Symbol(16),
    "ExpFreeListCount": Symbol(4, first=17134, last=22000),
    "KdDebuggerDataBlock": Symbol(0x380),
    "KiProcessorBlock": Symbol(64 * 8),
    "KeNumberProcessors": Symbol(4),
    "NtBuildLab": Symbol(64),
    "NtBuildNumber": Symbol(4),
    "MmHighestUserAddress": Symbol(8),
    "MmSystemRangeStart": Symbol(8),
    "MmUserProbeAddress": Symbol(8),
    "PsProcessType": Symbol(8),
    "PsThreadType": Symbol(8),
    "IoFileObjectType": Symbol(8),
    "CmKeyObjectType": Symbol(8),
    "ExEventObjectType": Symbol(8),
    "MmSectionObjectType": Symbol(8),
    "SeTokenObjectType": Symbol(8),
    "ObpTraceFlags": Symbol(4, first=6001),
    "ObpObjectTable": Symbol(8, first=6001),
    "ObpObjectBuckets": Symbol(4, first=6001),
    "ObpStackTable": Symbol(8, first=6001),
    "ObpStackBuckets": Symbol(4, first=6001),
    "ObpStacksPerBucket": Symbol(4, first=6001),
}
