"""The address spaces of a session's processes: through their page tables, in physical memory."""

from __future__ import annotations

from typing import Any

from ...values import TargetError
from ..address_space import invalid_pte_mask
from ..base import Target
from ..dump.memory import PagedMemory
from ..dump.paging import FORMATS, X64_FIVE, X64_FOUR
from ..dump.translate import Translator, choose_format
from .connect import first_line
from .duties import Duties
from .physical import SessionPages

__all__ = ("ARCHITECTURES", "paged_space")

ARCHITECTURES = {"AMD64": "x64", "I386": "x86", "ARM64": "arm64"}
"""The machines as layouts name them, by pykd's names."""


def paged_space(
    target: Target, pykd: Any, base: int, live: bool, duties: Duties, root: int
) -> PagedMemory:
    """What page tables at ``root`` lead to; ``base`` is the kernel's.

    Raises `TargetError` for a processor whose tables are not known.
    """
    try:
        kind = str(pykd.getCPUType())
    except pykd.DbgException as error:
        raise TargetError(f"the processor is not known: {first_line(error)}") from None
    if kind not in ARCHITECTURES:
        raise TargetError(f"the page tables of this processor are not known: {kind}")
    pages = SessionPages(pykd, live, duties)
    formats = FORMATS[ARCHITECTURES[kind]]
    if kind == "AMD64":
        formats = (X64_FIVE if target.five_levels else X64_FOUR,)
    paging = formats[0]
    if len(formats) > 1:  # with PAE or without: by the one that leads to the kernel
        paging = choose_format(pages, root, formats, (base,))
    found = PagedMemory(pages, Translator(pages, root, paging))
    found.set_invalid_mask(invalid_pte_mask(target))
    return found
