"""``symbols``: which kernel this is, and what of its symbols is where."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Iterator
from ..rows import Column, Foot, Head, Item
from ..values import NO_VALUE, Sentence
from .registry import Run, command

if TYPE_CHECKING:
    from ..model import Kernel

__all__ = ("symbols",)


@command(
    "symbols",
    "which kernel this is, and where its symbols are looked for",
    columns=(
        Column("origin", "Named by"),
        Column("place", "Place"),
        Column("used", "Used"),
        Column("found", "Found"),
        Column("remark", "Remark"),
        Column("build"),
        Column("pdb"),
        Column("guid"),
        Column("age"),
        Column("image"),
        Column("address"),
    ),
    text="Looks at every place in turn and asks no server. Where nothing is found, an address says "
    "where another machine can fetch the PDB; give it to --symbols, or put it into a store at the "
    "place that the address ends with. Exit code 1: no place has symbols of this kernel.",
    examples=(
        ("--dump memory.dmp symbols", "why this dump's symbols are not found"),
        ("--dump memory.dmp --symbols ntkrnlmp.pdb symbols", "whether a file fits"),
    ),
    bare=True,
)
def symbols(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """A row for each place."""
    del options
    report = kernel.symbols()
    identity = report.identity
    facts = {
        "build": report.build or NO_VALUE,
        "pdb": identity.name if identity is not None else NO_VALUE,
        "guid": identity.guid if identity is not None else NO_VALUE,
        "age": identity.age if identity is not None else NO_VALUE,
        "image": report.image or NO_VALUE,
        "address": report.address or NO_VALUE,
    }
    if identity is not None:
        which = Sentence("PDB {}, GUID {}, age {}", identity.name, identity.guid, identity.age)
        if str(report.no_identity):
            which = Sentence("{}, as its image {} says", which, report.image)
    else:
        which = Sentence("which PDB it has is not known: {}", report.no_identity)
        if report.image:
            name, _, key = report.image.partition("/")  # symbol servers put the figures together
            line = "{}, time stamp {}, size 0x{}; {}"
            which = Sentence(line, name, key[:8], key[8:], which)
    yield Head(Sentence("Kernel of build {}: {}", report.build or "unknown", which), facts)
    run.found = sum(bool(one.file) for one in report.looked)
    run.failed = not any(one.used for one in report.looked)
    yield [
        {
            "origin": one.origin,
            "place": one.place,
            "used": one.used,
            "found": one.file or NO_VALUE,
            "remark": one.said,
            **facts,
        }
        for one in report.looked
    ]
    if report.address:
        yield Foot(Sentence("To fetch by hand: {}", report.address), {"address": report.address})
