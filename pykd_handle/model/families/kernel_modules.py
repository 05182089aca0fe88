"""Modules of the kernel, and its symbols."""

from __future__ import annotations

from ...hints import Iterator
from ...values import Hex, Sentence
from .base import Certainty, Match, Question, family

__all__ = ("kernel_modules", "symbols")


@family("modules of the kernel", 60)
def kernel_modules(question: Question) -> Iterator[Match]:
    """The base of a module, or an address in it. A live machine's debugger names both at once,
    without a walk through their list."""
    kernel, address = question.kernel, question.address
    module = kernel.places.module_at(address)
    if module is None:
        return
    far = address - module.base
    what = "in a kernel module" if far else "kernel module"
    name = f"{module.name}+0x{far:x}" if far else module.name
    ground = Sentence("the list of loaded modules")
    yield Match(what, Certainty.CERTAIN, ground, name=name, address=Hex(module.base))


@family("symbols", 61)
def symbols(question: Question) -> Iterator[Match]:
    """The symbol at an address, or below it."""
    kernel, address = question.kernel, question.address
    if not kernel.target.is_kernel_address(address):
        return
    name = kernel.target.name_at(address)
    if name:
        yield Match("symbol", Certainty.CERTAIN, Sentence("the symbols of its module"), name=name)
