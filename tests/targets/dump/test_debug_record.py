"""The RSDS record of an image in memory, and everything that can be wrong on the way to it."""

from __future__ import annotations

import struct
import uuid
from typing import Callable

import pytest

from pykd_handle.layout import PdbIdentity
from pykd_handle.render.words import words
from pykd_handle.targets.dump.debug_record import read_pdb_identity
from pykd_handle.values import CorruptedError, MemoryUnavailable, Reason

from ..dump import build

GUID = uuid.UUID("5278aff8-6c34-1677-d7d7-835c85b7b844")


def reader(data: bytes) -> Callable[[int, int], bytes]:
    def read(address: int, size: int) -> bytes:
        offset = address - build.KERNEL
        if offset < 0 or offset + size > len(data):
            raise MemoryUnavailable(address, Reason.NOT_IN_THE_DUMP)
        return data[offset : offset + size]

    return read


def identity(data: bytes) -> PdbIdentity:
    return read_pdb_identity(reader(data), build.KERNEL)


def test_identity() -> None:
    found = identity(build.image_page(GUID.bytes_le, 1, b"ntkrnlmp.pdb"))
    assert found == PdbIdentity("5278AFF86C341677D7D7835C85B7B844", 1)
    assert found.name == "ntkrnlmp.pdb"


def test_a_path_as_name_keeps_its_last_part() -> None:
    assert identity(build.image_page(GUID.bytes_le, 2, rb"d:\obj\nt.pdb")).name == "nt.pdb"
    assert identity(build.image_page(GUID.bytes_le, 2, b"a\x1b[31m.pdb")).name == ""


def test_a_record_that_is_not_in_the_dump() -> None:
    data = build.image_page(GUID.bytes_le, 1, b"ntkrnlmp.pdb", record=0x4000)
    with pytest.raises(MemoryUnavailable) as error:
        identity(data)
    assert error.value.address == build.KERNEL + 0x4000


@pytest.mark.parametrize(
    ("offset", "value", "phrase"),
    [
        (0, b"ZM", "no MZ"),
        (0x3C, struct.pack("<I", 0x7FFFFFFF), "lie nowhere"),
        (0x3C, struct.pack("<I", 0), "lie nowhere"),
        (0x80, b"NE\0\0", "no PE"),
        (0x98, b"\x07\x01", "format 0x107"),
        (0x98 + 108, struct.pack("<I", 6), "no debug directory"),
        (0x98 + 112 + 48, bytes(8), "no debug directory"),
        (0x98 + 112 + 52, struct.pack("<I", 28), "names no PDB"),
        (0x19C + 12, struct.pack("<I", 3), "names no PDB"),
        (0x200, b"NB10", "no RSDS"),
    ],
)
def test_damage(offset: int, value: bytes, phrase: str) -> None:
    data = build.image_page(GUID.bytes_le, 1, b"ntkrnlmp.pdb")
    with pytest.raises(CorruptedError) as error:
        identity(data[:offset] + value + data[offset + len(value) :])
    assert phrase in words(error.value)


def test_absurd_sizes_read_little() -> None:
    data = bytearray(build.image_page(GUID.bytes_le, 1, b"n" * 0x2000))
    struct.pack_into("<I", data, 0x98 + 112 + 52, 0xFFFFFFFF)
    sizes = []

    def read(address: int, size: int) -> bytes:
        sizes.append(size)
        return reader(bytes(data))(address, size)

    struct.pack_into("<I", data, 0x19C + 16, 0xFFFFFFFF)
    data[0x200:0x204] = b"RSDS"
    read_pdb_identity(read, build.KERNEL)
    assert max(sizes) < 0x400
