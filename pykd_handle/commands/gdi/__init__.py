"""``gdi``: the handles of GDI objects, and who has how many of them."""

from __future__ import annotations

from argparse import Namespace

from ...hints import TYPE_CHECKING, Iterator, Optional
from ...rows import Column, Item
from ...values import UsageError
from ..registry import Argument, Run, command
from ..walk import PROCESS
from ..words import Evaluator, parse_list, parse_which, quoted

if TYPE_CHECKING:
    from ...model import Kernel

__all__ = ("gdi",)


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    from .rows import BY, TYPES

    del mode
    options.process = parse_which(options.process, evaluate)
    for name, known in (("by", BY), ("type", TYPES)):
        text = getattr(options, name)
        if text is not None:
            words = parse_list(text.lower())
            setattr(options, name, words)
            if not words or not {*words} <= {each.lower() for each in known}:
                raise UsageError(f"--{name} {quoted(text)}: give some of {', '.join(known)}")
    return options


@command(
    "gdi",
    "the handles of GDI objects: bitmaps, brushes, fonts; who has how many",
    columns=(
        Column("session", "", "count", "Session"),
        Column("pid", "PID", "handle"),
        Column("process", "Process"),
        Column("handle", "Handle", "handle"),
        Column("type", "Type"),
        Column("owner", "Owner"),
        Column("stock"),
        Column("address", "Address"),
        Column("user_data"),
        Column("handles", "Handles", "count", chart="bar"),
        Column("error"),
    ),
    arguments=(
        Argument(
            "--by",
            metavar="WHAT",
            help="how many there are, the most first, in the place of each: by process, type, or "
            "process,type",
        ),
        Argument(
            "--type",
            metavar="TYPE[,TYPE]",
            help="only handles to objects of these types, as in Bitmap,Brush",
        ),
        PROCESS,
    ),
    text="All processes of a session share one table, in memory of their own: a dump of the kernel "
    "alone has none of it. A process may have 10,000 GDI handles, as Windows comes; one that comes "
    "near leaks them. What no process owns is public, or has a mark for an owner, shown as the "
    "number that it is. Where an object lies is known up to Windows 10 1511.",
    examples=(
        ("gdi --by process", "the processes with the most GDI handles"),
        ("gdi --by process,type --top 10", "and of which types they are"),
        ("gdi --process explorer.exe --type Bitmap,DC", "the handles themselves"),
    ),
    prepare=_prepare,
)
def gdi(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each handle, or for each of what ``--by`` names."""
    from .rows import Listing

    return Listing(kernel, options, run).items()
