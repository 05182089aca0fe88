"""``KDDEBUGGER_DATA64``: the block that the kernel keeps for debuggers.

It says where the kernel lies and where its most important globals are, without any symbols.
Offsets are those of ``_KDDEBUGGER_DATA64`` (``wdbgexts.h`` of the Windows kits; the ``kdbg``
layout of Volatility 3); they have stood still since XP, newer Windows only adds at the end. A
32-bit kernel has the same block: its addresses stand there zero-extended or sign-extended.
"""

from __future__ import annotations

import struct

from ...hints import Callable, Dict, Optional
from ...values import Reason, Unavailable
from ..memory import Memory
from ..span import Span

__all__ = (
    "KDBG_SIZE",
    "DebuggerData",
    "ask_debugger_data",
    "parse_debugger_data",
    "read_debugger_data",
)

KDBG_SIZE = 0x380
"""The size of the block on Windows 10 and 11; older ones are shorter."""

_TAG = 0x10
_SIZE = 0x14

# Fields of 8 bytes. All but KernBase hold the *address* of the global of that name.
_POINTERS = {
    "KernBase": 0x18,
    "PsLoadedModuleList": 0x48,
    "PsActiveProcessHead": 0x50,
    "PspCidTable": 0x58,
    "ExpSystemResourcesList": 0x60,
    "KeTimeIncrement": 0x78,
    "KeBugCheckCallbackListHead": 0x80,
    "KiBugcheckData": 0x88,
    "ObpRootDirectoryObject": 0x98,
    "ObpTypeObjectType": 0xA0,
    "MmPfnDatabase": 0xC0,
    "PoolTrackTable": 0x1B8,
    "KiProcessorBlock": 0x218,
    "MmUnloadedDrivers": 0x220,
}

# Fields of 2 bytes: offsets into structures, and sizes of them. 0xFFFF and 0 say "not here".
_SHORTS = {
    "OffsetKThreadKernelStack": 0x29C,
    "OffsetKThreadInitialStack": 0x29E,
    "OffsetKThreadApcProcess": 0x2A0,
    "SizeEProcess": 0x2A8,
    "OffsetEprocessPeb": 0x2AA,
    "OffsetEprocessParentCID": 0x2AC,
    "OffsetEprocessDirectoryTableBase": 0x2AE,
    "SizePrcb": 0x2B0,
    "OffsetPrcbCurrentThread": 0x2B4,
    "OffsetPrcbNumber": 0x2BE,
    "SizeEThread": 0x2C0,
}

# Not every name in the block is the name of a symbol.
_SYMBOL_NAMES = {"KiBugcheckData": "KiBugCheckData"}


class DebuggerData:
    """What the block says; every value may be missing.

    ``trouble`` is None where the block was read in the clear, else why it was not.
    """

    def __init__(
        self,
        pointers: Dict[str, int],
        shorts: Dict[str, int],
        trouble: Optional[Unavailable] = None,
    ) -> None:
        self._pointers = pointers
        self._shorts = shorts
        self.trouble = trouble

    @property
    def base(self) -> Optional[int]:
        """The virtual address of the kernel's image."""
        return self._pointers.get("KernBase")

    @property
    def symbols(self) -> Dict[str, int]:
        """The addresses of globals, by the names that they have in the symbols."""
        return {
            _SYMBOL_NAMES.get(name, name): value
            for name, value in self._pointers.items()
            if name != "KernBase"
        }

    def short(self, name: str) -> Optional[int]:
        """An offset or a size, in bytes; None where the block does not say."""
        return self._shorts.get(name)


def read_debugger_data(memory: Memory, address: int, pointer_size: int) -> DebuggerData:
    """The block at the virtual ``address``, 0 where that is not known."""
    if not address:
        return DebuggerData({}, {}, Unavailable(Reason.BLOCK_NOT_FOUND))
    return parse_debugger_data(memory.fetch(address, KDBG_SIZE), pointer_size)


def parse_debugger_data(span: Span, pointer_size: int = 8) -> DebuggerData:
    """The block out of a read of `KDBG_SIZE` bytes at its address; parts may be missing.
    Addresses come out with ``pointer_size`` bytes, zero-extended.

    Memory that was not dumped while the kernel was stopping (live dumps, memory images made into
    dumps) may hold the block encoded: then the tag is not there, and nothing of it can be used.
    """
    if not span.has(span.address, 0x20):
        why = span.gaps[0].why if span.gaps else Unavailable(Reason.TOO_SHORT)
        return DebuggerData({}, {}, why)
    head = span.at(span.address, 0x20)
    if head[_TAG : _TAG + 4] != b"KDBG":
        return DebuggerData({}, {}, Unavailable(Reason.BLOCK_ENCODED))
    (size,) = struct.unpack_from("<I", head, _SIZE)
    pointers: Dict[str, int] = {}
    shorts: Dict[str, int] = {}
    for name, offset in _POINTERS.items():
        if offset + 8 <= size and span.has(span.address + offset, 8):
            value = int.from_bytes(span.at(span.address + offset, pointer_size), "little")
            if value:
                pointers[name] = value
    for name, offset in _SHORTS.items():
        if offset + 2 <= size and span.has(span.address + offset, 2):
            value = int.from_bytes(span.at(span.address + offset, 2), "little")
            if value not in (0, 0xFFFF):
                shorts[name] = value
    return DebuggerData(pointers, shorts)


def ask_debugger_data(
    ask: Callable[[int, int], Optional[int]], pointer_size: int = 8
) -> DebuggerData:
    """The block as somebody else has read it: ``ask`` gives the field at an offset and of a size in
    bytes, or None. Addresses come out with ``pointer_size`` bytes, zero-extended."""
    mask = (1 << 8 * pointer_size) - 1
    pointers = {name: (ask(offset, 8) or 0) & mask for name, offset in _POINTERS.items()}
    shorts = {name: ask(offset, 2) or 0 for name, offset in _SHORTS.items()}
    return DebuggerData(
        {name: value for name, value in pointers.items() if value},
        {name: value for name, value in shorts.items() if value not in (0, 0xFFFF)},
    )
