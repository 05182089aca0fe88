"""The kernel's base from the list of loaded modules."""

from __future__ import annotations

import struct
from typing import Dict

import pytest

from pykd_handle.targets.dump.modules import base_from_modules
from pykd_handle.values import MemoryUnavailable, Reason

from ..dump import build

ENTRY = 0xFFFFC08BDCE50000


def found(parts: Dict[int, bytes]) -> object:
    def read(address: int, size: int) -> bytes:
        for start, data in parts.items():
            if start <= address and address + size <= start + len(data):
                return data[address - start : address - start + size]
        raise MemoryUnavailable(address, Reason.NOT_IN_THE_DUMP)

    return base_from_modules(read, build.MODULES)


def parts(base: int = build.KERNEL, back: int = build.MODULES) -> Dict[int, bytes]:
    entry = bytearray(0xA0)
    struct.pack_into("<QQ", entry, 0, build.MODULES, back)
    struct.pack_into("<QQI", entry, 0x30, base, 0, 0x1046000)
    return {
        build.MODULES: struct.pack("<QQ", ENTRY, ENTRY),
        ENTRY: bytes(entry),
        build.KERNEL: b"MZ\x90\0",
    }


def test_the_first_module_is_the_kernel() -> None:
    assert found(parts()) == build.KERNEL


@pytest.mark.parametrize(
    "spoiled",
    [
        {},
        {build.MODULES: struct.pack("<QQ", 0x1000, ENTRY)},
        parts(back=ENTRY),
        parts(base=0x140000000),
        parts(base=build.KERNEL + 8),
        {**parts(), build.KERNEL: b"\0\0\0\0"},
        {**parts(), ENTRY: b"\0"},
    ],
)
def test_what_does_not_look_like_it(spoiled: Dict[int, bytes]) -> None:
    assert found(spoiled) is None
