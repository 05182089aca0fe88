"""Modules of the kernel, and its symbols."""

from __future__ import annotations

from typing import Iterator

from ...values import Hex, Sentence
from .base import Certainty, Match, Question, family

__all__ = ("kernel_modules", "symbols")


@family("modules of the kernel", 60)
def kernel_modules(question: Question) -> Iterator[Match]:
    """The base of a module, or an address in it. A live machine's debugger names both at once,
    without a walk through their list."""
    kernel, address = question.kernel, question.address
    if kernel.live or not kernel.target.is_kernel_address(address):
        return
    module = kernel.modules.at(address)
    if module is None:
        return
    if module.base == address:
        what, ground = "kernel module", Sentence("PsLoadedModuleList has its base")
    else:
        ground = Sentence("0x{:x} bytes into a module of PsLoadedModuleList", address - module.base)
        what = "in a kernel module"
    yield Match(what, Certainty.CERTAIN, ground, name=module.name, address=Hex(module.base))


@family("symbols", 61)
def symbols(question: Question) -> Iterator[Match]:
    """The symbol at an address, or below it."""
    kernel, address = question.kernel, question.address
    if not kernel.target.is_kernel_address(address):
        return
    name = kernel.target.name_at(address)
    if name:
        yield Match("symbol", Certainty.CERTAIN, Sentence("the symbols of its module"), name=name)
