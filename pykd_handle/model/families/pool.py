"""Blocks of the kernel's pool."""

from __future__ import annotations

from ...hints import Iterator
from ...kernel.pool import block_at
from ...values import Hex, Sentence
from .base import Certainty, Match, Question, family

__all__ = ("pool",)


@family("pool", 70)
def pool(question: Question) -> Iterator[Match]:
    """A block in whose bytes the address lies: by the header in front of it, else by the table of
    blocks of a page and more, which of a live machine is too long to be read unasked."""
    kernel, address = question.kernel, question.address
    target, places = kernel.target, kernel.places
    if not target.is_kernel_address(address) or places.module_at(address) is not None:
        return
    block = block_at(target, address)
    if block is not None:
        certainty = Certainty.CERTAIN if block.chained else Certainty.POSSIBLE
        line = "0x{:x} bytes into a block of 0x{:x}; the headers of its page {}"
        agree = "agree" if block.chained else "do not tell more"
        ground = Sentence(line, address - block.address, block.size, agree)
        yield Match("pool block", certainty, ground, name=block.tag, address=Hex(block.address))
        return
    if kernel.live:
        return
    big = places.big_pool.at(address)
    if places.big_pool.cut:
        line = "the table of big blocks has {} elements more, which are not looked at"
        question.remarks.append(Sentence(line, places.big_pool.cut))
    if big is not None:
        line = "0x{:x} bytes into a block of 0x{:x} in PoolBigPageTable"
        ground = Sentence(line, address - big.address, big.size)
        yield Match("pool block", Certainty.CERTAIN, ground, name=big.tag, address=Hex(big.address))
