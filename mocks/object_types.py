"""The object types of Windows as data: names in the order of their index, access rights.

Order and access masks are those of Windows 10; a program must not rely on the order anyway, as
each build has another.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

__all__ = ("FIRST_INDEX", "TYPE_NAMES", "TypeAccess", "access_of")

FIRST_INDEX = 2
"""The index of the type ``Type``: slot 0 of the table is null, slot 1 no type."""

TYPE_NAMES: Tuple[str, ...] = (
    "Type",
    "Directory",
    "SymbolicLink",
    "Token",
    "Job",
    "Process",
    "Thread",
    "Partition",
    "UserApcReserve",
    "IoCompletionReserve",
    "ActivityReference",
    "PsSiloContextPaged",
    "PsSiloContextNonPaged",
    "DebugObject",
    "Event",
    "Mutant",
    "Callback",
    "Semaphore",
    "Timer",
    "IRTimer",
    "Profile",
    "KeyedEvent",
    "WindowStation",
    "Desktop",
    "Composition",
    "RawInputManager",
    "CoreMessaging",
    "ActivationObject",
    "TpWorkerFactory",
    "Adapter",
    "Controller",
    "Device",
    "Driver",
    "IoCompletion",
    "WaitCompletionPacket",
    "File",
    "TmTm",
    "TmTx",
    "TmRm",
    "TmEn",
    "Section",
    "Session",
    "Key",
    "RegistryTransaction",
    "DmaAdapter",
    "ALPC Port",
    "EnergyTracker",
    "PowerRequest",
    "WmiGuid",
    "EtwRegistration",
    "EtwSessionDemuxEntry",
    "EtwConsumer",
    "DmaDomain",
    "PcwObject",
    "FilterConnectionPort",
    "FilterCommunicationPort",
    "NdisCmState",
    "DxgkSharedResource",
    "DxgkSharedSyncObject",
    "VRegConfigurationContext",
)


class TypeAccess(NamedTuple):
    """Generic read, write, execute, all; the rights that the type knows; kept in paged pool."""

    read: int
    write: int
    execute: int
    all: int
    valid: int
    paged: bool = True


_STANDARD = TypeAccess(0x20000, 0x20000, 0x20000, 0xF0000, 0x1F0001)

_ACCESS: Dict[str, TypeAccess] = {
    "Type": TypeAccess(0x20000, 0x20000, 0x20000, 0xF0001, 0x1F0001, False),
    "Directory": TypeAccess(0x20003, 0x2000C, 0x20003, 0xF000F, 0xF000F),
    "SymbolicLink": TypeAccess(0x20001, 0x20000, 0x20001, 0xF0001, 0xF0001),
    "Token": TypeAccess(0x2001A, 0x201E0, 0x20005, 0xF01FF, 0x1F01FF),
    "Job": TypeAccess(0x20004, 0x2000B, 0x120000, 0x1F003F, 0x1F003F, False),
    "Process": TypeAccess(0x20410, 0x20BEA, 0x121001, 0x1FFFFF, 0x1FFFFF, False),
    "Thread": TypeAccess(0x20048, 0x20437, 0x121800, 0x1FFFFF, 0x1FFFFF, False),
    "Event": TypeAccess(0x20001, 0x20002, 0x120000, 0x1F0003, 0x1F0003, False),
    "Mutant": TypeAccess(0x20001, 0x20000, 0x120000, 0x1F0001, 0x1F0001, False),
    "Semaphore": TypeAccess(0x20001, 0x20002, 0x120000, 0x1F0003, 0x1F0003, False),
    "Timer": TypeAccess(0x20001, 0x20002, 0x120000, 0x1F0003, 0x1F0003, False),
    "IRTimer": TypeAccess(0x20001, 0x20002, 0x120000, 0x1F0003, 0x1F0003, False),
    "WindowStation": TypeAccess(0x20303, 0x2001C, 0x20060, 0xF037F, 0xF037F, False),
    "Desktop": TypeAccess(0x20041, 0x200BE, 0x20100, 0xF01FF, 0xF01FF, False),
    "DebugObject": TypeAccess(0x20001, 0x20002, 0x120000, 0x1F000F, 0x1F000F, False),
    "Device": TypeAccess(0x120089, 0x120116, 0x1200A0, 0x1F01FF, 0x1F01FF, False),
    "Driver": TypeAccess(0x120089, 0x120116, 0x1200A0, 0x1F01FF, 0x1F01FF, False),
    "IoCompletion": TypeAccess(0x20001, 0x20002, 0x120000, 0x1F0003, 0x1F0003, False),
    "TpWorkerFactory": TypeAccess(0x20008, 0x20006, 0x20001, 0xF00FF, 0xF00FF, False),
    "WaitCompletionPacket": TypeAccess(0x20001, 0x20001, 0x20000, 0xF0001, 0xF0001, False),
    "File": TypeAccess(0x120089, 0x120116, 0x1200A0, 0x1F01FF, 0x1F01FF, False),
    "Section": TypeAccess(0x20005, 0x20002, 0x20008, 0xF001F, 0x1F001F),
    "Key": TypeAccess(0x20019, 0x20006, 0x20039, 0xF003F, 0x1F003F),
    "ALPC Port": TypeAccess(0x20001, 0x10001, 0x0, 0x1F0001, 0x1F0001, False),
    "EtwRegistration": TypeAccess(0x20003, 0x20804, 0x20804, 0xF0804, 0x1F0FFF, False),
}


def access_of(name: str) -> TypeAccess:
    """The access rights of a type; those that every type has where no own are listed."""
    return _ACCESS.get(name, _STANDARD)
