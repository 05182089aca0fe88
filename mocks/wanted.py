"""Of which builds there are layouts, and what the complete ones leave out: types, fields, globals.

`mocks.trim` makes the files from it, from what the package's readers declare and from what the
mocks declare (`mocks.written`).
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

__all__ = (
    "BUILDS",
    "EXTRA_FIELDS",
    "EXTRA_TYPES",
    "OVERLAYS",
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
