"""Which kernel a session has, and what the debugger has of its symbols."""

from __future__ import annotations

from typing import Any

from ...values import Sentence, attempt, maybe
from ..base import Target
from ..dump.debug_record import read_image_key, read_pdb_identity
from ..symbols.report import Looked, Report
from ..symbols.search import address_by_hand
from ..symbols.verify import KernelFacts
from .connect import first_line

__all__ = ("look_for_symbols",)


def look_for_symbols(target: Target, pykd: Any, base: int, build: int) -> Report:
    """What the kernel's image at ``base`` says of itself, and the file that the debugger took."""
    named = maybe(read_pdb_identity, target.read, base)
    identity, no_identity, image = named or None, Sentence(""), ""
    if identity is None:
        no_identity = Sentence("{}", named)
        image = attempt(read_image_key, target.read, base, default="")
    facts = KernelFacts(base, identity, no_identity, (), build, image=image)
    try:
        file = str(pykd.module("nt").symfile())
        found = Looked("debugger", file, said=Sentence("no types: .symfix; .reload /f nt"))
        if _has_types(pykd):
            found = Looked("debugger", file, file, Sentence("the debugger has them loaded"), True)
    except pykd.DbgException as error:
        found = Looked("debugger", "nt", said=Sentence(first_line(error)))
    return Report(build, identity, no_identity, image, address_by_hand(facts), (found,))


def _has_types(pykd: Any) -> bool:
    try:
        pykd.typeInfo("nt!_HANDLE_TABLE_ENTRY")
    except pykd.DbgException:
        return False
    return True
