"""``types``: the object types that the target has."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Iterator
from ..rows import Column, Item, Note
from ..values import Sentence
from .registry import Run, command

if TYPE_CHECKING:
    from ..model import Kernel

__all__ = ("types",)


@command(
    "types",
    help="list the object types that the dump or session has",
    columns=[Column("type", "Type")],
    text="The same as --types. Other commands take these names.",
    examples=[("--dump memory.dmp types", "what TypeName may be")],
)
def types(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """One row for each type, by name."""
    del options
    names = kernel.types()
    run.found = len(names)
    run.failed = not names
    yield [{"type": name} for name in names]
    unread = kernel.types_unread()
    if unread is not None:
        which = "more types" if names else "the types"
        yield Note(Sentence("{} can't be read: {}", which, unread))
