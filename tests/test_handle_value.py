"""Which values are kernel handles: the sign bit of 32 bits, extended or not."""

from __future__ import annotations

import pytest

from pykd_handle.values import as_typed, split_kernel_handle


@pytest.mark.parametrize(
    ("value", "index", "kernel"),
    [
        (0x80000004, 4, True),
        (0xFFFFFFFF80000004, 4, True),
        (0x80000000, 0, True),
        (0xFFFFFFFF80000000, 0, True),
        (0xFFFFFFFFFFFFFFFF, 0x7FFFFFFF, True),
        (0x7FFFFFFC, 0x7FFFFFFC, False),
        (0xFFFFFFFF7FFFFFFC, 0xFFFFFFFF7FFFFFFC, False),
        (0x180000004, 0x180000004, False),
        (1 << 64 | 0x80000004, 1 << 64 | 0x80000004, False),
    ],
)
def test_a_value_of_either_kind(value: int, index: int, kernel: bool) -> None:
    assert split_kernel_handle(value) == (index, kernel)
    assert as_typed(index, kernel) == (0x80000000 | index if kernel else value)
