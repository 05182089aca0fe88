"""The processor of 32-bit x86: ``_KPCR`` with its ``_KPRCB``, a GDT, registers as a CONTEXT."""

from __future__ import annotations

import struct

from .memory import PAGE
from .pool import Pool
from .regions import align

__all__ = ("SELECTORS", "SHARED_DATA", "context", "make_block")

SHARED_DATA = 0xFFDF0000
"""Where ``KUSER_SHARED_DATA`` lies."""

SELECTORS = {
    "GdtR0Code": 0x8,
    "GdtR0Data": 0x10,
    "GdtR3Code": 0x1B,
    "GdtR3Data": 0x23,
    "GdtTss": 0x28,
    "GdtR0Pcr": 0x30,
    "GdtR3Teb": 0x3B,
}
_FLAT = (0, 0xFFFFF)
_PAE = 0x20


def _descriptor(base: int, limit: int, access: int, flags: int) -> bytes:
    """One GDT descriptor: 32-bit base, 20-bit limit, access byte, four flags."""
    value = limit & 0xFFFF | (base & 0xFFFFFF) << 16 | access << 40
    value |= (limit >> 16 & 0xF) << 48 | flags << 52 | (base >> 24 & 0xFF) << 56
    return value.to_bytes(8, "little")


def make_block(pool: Pool, directory_base: int, pae: bool) -> int:
    """Make the processor's structures; returns the address of its ``_KPCR``."""
    build = pool.memory.build
    struct_ = build.struct("_KPCR")
    pcr = pool.allocate(align(struct_.size, PAGE), pool.blocks, alignment=PAGE)
    gdt = pool.allocate(PAGE, pool.blocks, alignment=PAGE)
    for selector, data in (
        (0x08, _descriptor(*_FLAT, 0x9B, 0xC)),
        (0x10, _descriptor(*_FLAT, 0x93, 0xC)),
        (0x18, _descriptor(*_FLAT, 0xFB, 0xC)),
        (0x20, _descriptor(*_FLAT, 0xF3, 0xC)),
        # A debugger finds the processor's structure through this descriptor.
        (0x30, _descriptor(pcr, 1, 0x93, 0xC)),
        (0x38, _descriptor(0, 0xFFF, 0xF3, 0x4)),
    ):
        pool.memory.write(gdt + selector, data)
    view = pool.memory.view("_KPCR", pcr)
    offset = struct_.offset("PrcbData")
    view["SelfPcr"] = pcr
    view["Prcb"] = pcr + offset
    view["GDT"] = gdt
    view["MajorVersion"] = view["MinorVersion"] = 1
    prcb = pool.memory.view("_KPRCB", pcr + offset)
    prcb["MajorVersion"] = prcb["MinorVersion"] = 1
    special = "ProcessorState.SpecialRegisters"
    prcb[f"{special}.Cr0"] = 0x8001003B
    prcb[f"{special}.Cr3"] = directory_base
    prcb[f"{special}.Cr4"] = 0x6D8 | (_PAE if pae else 0)
    # A _DESCRIPTOR, which the layouts do not describe: two bytes of padding, limit, base.
    descriptor = struct.pack("<HHI", 0, 0x3FF, gdt)
    prcb.fill(f"{special}.Gdtr", descriptor)
    return pcr


def context(instruction: int, stack: int) -> bytes:
    """A CONTEXT that stands at ``instruction`` in the kernel."""
    data = bytearray(0x2CC)
    struct.pack_into("<I", data, 0, 0x1003F)
    struct.pack_into("<4I", data, 0x8C, 0, 0x30, 0x23, 0x23)  # gs, fs, es, ds
    struct.pack_into("<6I", data, 0xB4, stack, instruction, 0x08, 0x246, stack, 0x10)
    return bytes(data)
