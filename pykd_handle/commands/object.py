"""``object``: one object, as ``!object`` shows it, and everything else that is known of it."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Any, Dict, Iterator, List, Optional
from ..rows import Column, Foot, Head, Item, Note, Row
from ..values import Details, Label, Sentence, UsageError, in_hex
from .batches import batch
from .many import many
from .registry import Argument, Run, command
from .walk import Walk
from .words import parse_number, quoted

if TYPE_CHECKING:
    from ..model import Handle, Kernel, Object

__all__ = ("show_object",)

_LABELS = {
    "object_header": Label("Object Header"),
    "handle_count": Label("Handles"),
    "pointer_count": Label("Pointers"),
    "other_references": Label("Other References"),
    "entry": Label("Entry"),
    "holder": Label("Handle"),
}


@command(
    "object",
    "one object: its header, everything that is known of it, who holds it",
    columns=(
        Column("object"),
        Column("type"),
        Column("name"),
        Column("label", "What"),
        Column("details", "Value", "detail"),
    ),
    arguments=(
        Argument("object", metavar="ADDRESS|\\Path\\Name", help="where it lies, or its full name"),
        Argument(
            "--holders",
            action="store_true",
            help="in a live session: who holds it, for which all handle tables are read",
        ),
    ),
    text="Of a directory its entries are shown, too. Of a dump, who holds the object. Symbolic "
    "links on the way are followed; with a backslash behind it, one at the end of the way, too.",
    examples=(
        ("object ffffe58422064220", "the object at an address, or behind a header"),
        ('object "\\KernelObjects"', "what is in a directory"),
        ('object "\\GLOBAL??\\C:"', "the link that a drive letter is, and where it leads"),
        ('object "\\BaseNamedObjects\\Ready"', "who waits for an event, and who may set it"),
    ),
)
def show_object(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each thing that is known of it."""
    word: str = options.object
    kernel.will_describe(True)
    if word.startswith("\\"):
        item = kernel.find_object(word)
    else:
        item = kernel.find_object(_address(kernel, word))
    run.found = 1
    name = item.name
    line = Sentence("{} 0x{:x}  {}", item.type, item.address, name if isinstance(name, str) else "")
    yield Head(line, {"object": item.address, "type": item.type, "name": name})
    base: Row = {"object": item.address, "type": item.type, "name": name}
    counts = {
        "object_header": in_hex(item.header),
        "handle_count": item.handle_count,
        "pointer_count": item.pointer_count,
    }
    yield _rows(base, Details(counts, _LABELS)) + _rows(base, item.all_details)
    if item.type == "Directory":
        yield from _contents(kernel, item, base)
    if options.holders or not kernel.live:
        yield from _holders(kernel, item, base, run)


def _address(kernel: Kernel, word: str) -> int:
    try:
        return parse_number(word, "ADDRESS", kernel.evaluate)
    except UsageError:
        raise UsageError(
            f"{quoted(word)} is neither an address nor a name from the root, as in \\KernelObjects"
        ) from None


def _rows(base: Row, details: Details) -> List[Row]:
    return [_row(base, key, value, details.labels) for key, value in details.items()]


def _row(base: Row, key: str, value: Any, labels: Any, label: Optional[str] = None) -> Row:
    if label is None:
        label = labels[key].text if key in labels else key
    return {**base, "label": label, "details": Details({key: value}, labels)}


def _contents(kernel: Kernel, item: Object, base: Row) -> Iterator[Item]:
    objects, lost = kernel.contents(item)
    for why in lost:
        yield Note(Sentence("a part of the directory can't be read: {}", why))
    yield [
        _row(base, "entry", {"name": name, "type": each.type, "object": each.address}, _LABELS)
        for name, each in objects
    ]


def _holders(kernel: Kernel, item: Object, base: Row, run: Run) -> Iterator[Item]:
    """A row for each handle to it, and the references that are none where all were seen."""
    walk = Walk(kernel, None, run)
    count = kept = 0
    known = True

    def row(handle: Handle) -> Row:
        nonlocal count, kept, known
        count += 1
        share = handle.references_kept
        if isinstance(share, int):
            kept += share + 1
        else:
            known = False
        return _row(base, "holder", _holder(handle), _LABELS)

    for page in walk.answers(lambda handle: _leads_to(handle, item)):
        if isinstance(page, Note):
            yield page
            continue
        holders = (page.handle(at) for at, leads in enumerate(page.answers) if leads)
        yield from batch(holders, row)
    yield from walk.end()
    pointers = item.pointer_count
    if known and not walk.lost and isinstance(pointers, int):
        yield [_row(base, "other_references", pointers - kept, _LABELS)]
    yield Foot(Sentence("{} to it", many(count, "handle")), {"handles": count})


def _leads_to(handle: Handle, item: Object) -> bool:
    # Without a look at the object: most handles lead to another. A hole leads nowhere.
    return handle.error is None and handle.address == item.address


def _holder(handle: Handle) -> Dict[str, Any]:
    found: Dict[str, Any] = {
        "pid": in_hex(handle.process.pid),
        "process": handle.process.image,
        "handle": in_hex(handle.value),
        "access": in_hex(handle.access),
    }
    details = handle.details
    rights = details.get("rights_together") or details.get("rights")
    if rights:
        found["rights"] = rights
    if handle.attributes:
        found["attributes"] = handle.attributes
    return found
