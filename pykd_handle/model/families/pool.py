"""Blocks of the kernel's pool."""

from __future__ import annotations

from typing import Iterator

from ...kernel.pool import block_at
from ...values import Hex, Sentence
from .base import Certainty, Match, Question, family

__all__ = ("pool",)


@family("pool", 70)
def pool(question: Question) -> Iterator[Match]:
    """A block in whose bytes the address lies, by the header in front of it."""
    target, address = question.kernel.target, question.address
    if (
        not target.is_kernel_address(address)
        or question.kernel.places.module_at(address) is not None
    ):
        return
    block = block_at(target, address)
    if block is None:
        return
    certainty = Certainty.CERTAIN if block.chained else Certainty.POSSIBLE
    line = "0x{:x} bytes into a block of 0x{:x}; the headers of its page {}"
    agree = "agree" if block.chained else "do not tell more"
    ground = Sentence(line, address - block.address, block.size, agree)
    yield Match("pool block", certainty, ground, name=block.tag, address=Hex(block.address))
