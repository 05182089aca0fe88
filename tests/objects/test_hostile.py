"""Bodies and headers of any bytes: a detail may be wrong or absent, but nothing breaks."""

from __future__ import annotations

import random

import pytest

from mocks.everything import one_of_each
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.objects import Objects
from pykd_handle.render.details import labelled
from pykd_handle.render.escape import printable
from pykd_handle.render.words import words

ROUNDS = 8


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x64"])
def test_bodies_of_random_bytes(layout: str) -> None:
    image, items = one_of_each(layout)
    chance = random.Random(7)
    addresses = [item.address for item in items.values()]
    told = 0
    for name, item in items.items():
        first = item.header - 0x20
        # To the end of the page, behind which there may be none.
        whole = image.memory.peek(first, min(0x200, 0x1000 - first % 0x1000))
        if len(whole) < 0x20:
            continue  # nearly all of it lies on the next one
        for number in range(ROUNDS):
            data = bytearray(whole)
            for _ in range(1 + 3 * number):
                place = chance.randrange(len(data) - 8)
                if chance.random() < 0.5:  # a pointer that leads to something
                    value = chance.choice(addresses) + chance.choice((0, 0, 8, -0x30))
                    part = value.to_bytes(image.build.pointer_size, "little")
                else:
                    part = bytes(chance.choices((0, 1, 0x7F, 0xFF, chance.randrange(256)), k=4))
                data[place : place + len(part)] = part
            image.memory.write(first, bytes(data))
            kernel = Kernel(MockTarget(image))
            found = Objects(kernel).describe(kernel.object(item.header), True)
            for key, label, text in labelled(found.details, lambda v: printable(words(v), True)):
                assert key and label and text is not None, (name, key)
                told += 1
        image.memory.write(first, whole)
    assert told > 1000
