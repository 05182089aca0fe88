"""Damage at random, for tests that hold two readings of the same memory against each other."""

from __future__ import annotations

import random

from mocks import KernelImage

__all__ = ("damage",)


def damage(image: KernelImage, rng: random.Random, lost: float) -> None:
    """Change up to five places of each page: this share of them is lost, in the others a byte is
    another one."""
    for address in image.memory.pages():
        for _ in range(rng.randrange(6)):
            place = address + rng.randrange(0xFC0)
            if rng.random() < lost:
                image.memory.drop(place, rng.choice((1, 8, 0x40)))
            else:
                image.memory.write(place, bytes([rng.randrange(256)]))
