"""The address spaces of a session's processes: through their page tables, in physical memory."""

from __future__ import annotations

from ...values import TargetError
from ..address_space import invalid_pte_mask
from ..base import Target
from ..dump.memory import PagedMemory
from ..dump.pages import Pages
from ..dump.paging import FORMATS, X64_FIVE, X64_FOUR
from ..dump.translate import Translator, choose_format

__all__ = ("paged_space",)


def paged_space(target: Target, pages: Pages, base: int, root: int) -> PagedMemory:
    """What page tables at ``root`` lead to; ``base`` is the kernel's.

    Raises `TargetError` for a processor whose tables are not known.
    """
    formats = FORMATS.get(target.architecture, ())
    if not formats:
        raise TargetError("the page tables of this processor are not known")
    if target.architecture == "x64":
        formats = (X64_FIVE if target.five_levels else X64_FOUR,)
    paging = formats[0]
    if len(formats) > 1:  # with PAE or without: by the one that leads to the kernel
        paging = choose_format(pages, root, formats, (base,))
    found = PagedMemory(pages, Translator(pages, root, paging))
    found.set_invalid_mask(invalid_pte_mask(target))
    return found
