"""Decoding bytes: the values are worked out by hand from the bytes."""

import struct

import pytest

from pykd_handle.layout import Decoder, Slot


def test_values_come_in_the_order_asked_for() -> None:
    decoder = Decoder(16, [Slot(8, 4), Slot(0, 8)])
    assert decoder.decode(bytes(range(16))) == (0x0B0A0908, 0x0706050403020100)


def test_bit_fields_share_a_unit() -> None:
    # 0xC08BDCE94150FFC3, an entry of a real dump: 1 + 16 + 3 + 44 bits.
    data = struct.pack("<QQ", 0xC08BDCE94150FFC3, 0x1FFFFF)
    decoder = Decoder(
        16,
        [
            Slot(0, 8, 0, 1),
            Slot(0, 8, 1, 0xFFFF),
            Slot(0, 8, 17, 7),
            Slot(0, 8, 20, (1 << 44) - 1),
            Slot(8, 4, 0, (1 << 25) - 1),
        ],
    )
    assert decoder.decode(data) == (1, 0x7FE1, 0, 0xC08BDCE9415, 0x1FFFFF)


def test_overlapping_fields_of_different_size() -> None:
    decoder = Decoder(8, [Slot(0, 8), Slot(0, 4), Slot(4, 2), Slot(1, 1)])
    assert decoder.decode(bytes.fromhex("0102030405060708")) == (
        0x0807060504030201,
        0x04030201,
        0x0605,
        0x02,
    )


def test_overlapping_fields_in_the_order_in_which_they_begin() -> None:
    decoder = Decoder(8, [Slot(0, 4), Slot(0, 8)])
    assert decoder.unpack is None
    assert decoder.decode(bytes.fromhex("0102030405060708")) == (0x04030201, 0x0807060504030201)


def test_signed_values() -> None:
    decoder = Decoder(12, [Slot(0, 4, signed=True), Slot(4, 8, signed=True)])
    assert decoder.decode(struct.pack("<iq", -2, -3)) == (-2, -3)


def test_a_base_before_the_data() -> None:
    decoder = Decoder(0x100, [Slot(0x80, 4), Slot(0x84, 4)])
    assert (decoder.start, decoder.end) == (0x80, 0x88)
    assert decoder.decode(struct.pack("<II", 7, 9), -0x80) == (7, 9)


def test_too_few_bytes_are_an_error() -> None:
    with pytest.raises(struct.error):
        Decoder(8, [Slot(0, 8)]).decode(b"1234567")
