"""The processor of x64: ``_KPCR`` with its ``_KPRCB``, a GDT, registers as a CONTEXT."""

from __future__ import annotations

import struct
from typing import Dict

from .memory import PAGE
from .pool import Pool
from .regions import align

__all__ = ("SELECTORS", "SHARED_DATA", "context", "make_block")

SHARED_DATA = 0xFFFFF78000000000
"""Where ``KUSER_SHARED_DATA`` lies."""

SELECTORS = {
    "GdtR0Code": 0x10,
    "GdtR0Data": 0x18,
    "Gdt64R3CmCode": 0x23,
    "GdtR3Data": 0x2B,
    "GdtR3Code": 0x33,
    "GdtTss": 0x40,
    "Gdt64R3CmTeb": 0x53,
}
_DESCRIPTORS: Dict[int, int] = {
    0x10: 0x00209B0000000000,
    0x18: 0x0040930000000000,
    0x20: 0x00CFFB000000FFFF,
    0x28: 0x00CFF3000000FFFF,
    0x30: 0x0020FB0000000000,
}


def make_block(pool: Pool, directory_base: int) -> int:
    """Make the processor's structures; returns the address of its ``_KPCR``."""
    build = pool.memory.build
    inside = build.struct("_KPCR")
    # The block stands inside the _KPCR; where the layout does not say, at 0x180 as always.
    offset = inside.offset("Prcb") if inside.has("Prcb") else 0x180
    size = max(inside.size, offset + build.struct("_KPRCB").size)
    # Other things get other pages: a test may drop the block's.
    pcr = pool.allocate(align(size, PAGE), pool.blocks, alignment=PAGE)
    gdt = pool.allocate(PAGE, pool.blocks, alignment=PAGE)
    for selector, value in _DESCRIPTORS.items():
        pool.memory.write(gdt + selector, value.to_bytes(8, "little"))
    view = pool.memory.view("_KPCR", pcr)
    view["GdtBase"] = gdt
    view["Self"] = pcr
    view["CurrentPrcb"] = pcr + offset
    view["MajorVersion"] = view["MinorVersion"] = 1
    prcb = pool.memory.view("_KPRCB", pcr + offset)
    prcb["MajorVersion"] = prcb["MinorVersion"] = 1
    special = "ProcessorState.SpecialRegisters"
    prcb[f"{special}.Cr0"] = 0x80050033
    prcb[f"{special}.Cr3"] = directory_base
    prcb[f"{special}.Cr4"] = 0x3506F8 | (0x1000 if build.five_levels else 0)
    prcb[f"{special}.Gdtr.Limit"] = 0x6F
    prcb[f"{special}.Gdtr.Base"] = gdt
    prcb[f"{special}.MsrGsBase"] = pcr
    prcb[f"{special}.MsrGsSwap"] = pcr
    return pcr


def context(instruction: int, stack: int) -> bytes:
    """A CONTEXT that stands at ``instruction`` in the kernel."""
    data = bytearray(0x4D0)
    struct.pack_into("<II", data, 0x30, 0x10005F, 0x1F80)  # all registers; MxCsr
    struct.pack_into("<6HI", data, 0x38, 0x10, 0x2B, 0x2B, 0x53, 0x2B, 0x18, 0x246)
    struct.pack_into("<Q", data, 0x98, stack)  # Rsp
    struct.pack_into("<Q", data, 0xF8, instruction)  # Rip
    struct.pack_into("<H", data, 0x100, 0x27F)
    struct.pack_into("<II", data, 0x118, 0x1F80, 0xFFFF)  # MxCsr of the saved state
    return bytes(data)
