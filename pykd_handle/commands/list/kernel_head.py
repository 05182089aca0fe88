"""What stands above the rows of a table of the kernel, and what is to be said below them."""

from __future__ import annotations

from ...hints import Any, Dict, Iterator
from ...model.kernel_mode import KernelMode, KernelModeProcess
from ...rows import Head, Note, Row
from ...values import NO_VALUE, Sentence, Unavailable

__all__ = ("head_facts", "list_head", "whose_id", "without_type")

_KINDS = {
    "Handle": "",
    "Kernel": " (kernel handle table)",
    "Cid": " (process and thread ids)",
}


def head_facts(process: KernelModeProcess, kernel: KernelMode) -> Dict[str, Any]:
    """What the PROCESS block of the debugger shows, and what the table's line does."""
    block = process.block
    return {
        "eprocess": block.address,
        "pid": block.pid,
        "parent_pid": block.parent_pid,
        "peb": block.peb,
        "directory_base": block.directory_base,
        "object_table": block.object_table,
        "image": process.image,
        "session": block.session,
        "freeze_count": block.freeze_count,
        "handle_count": process.handle_count,
        "table_address": NO_VALUE,
        "table_count": NO_VALUE,
        "table_kind": "Handle",
        "pointer_size": kernel.pointer_size,
        "info_mask": kernel.headers.masked,
    }


def list_head(facts: Dict[str, Any]) -> Head:
    """The head of the rows of a table, with these facts."""
    image, pid, count = facts["image"], facts["pid"], facts["table_count"]
    nameless = Sentence("a process whose name can't be read ({})", image)
    line = Sentence(
        "{}  {}  _EPROCESS {:x}{}",
        image if isinstance(image, str) else nameless,
        Sentence("pid 0x{:x}", pid) if isinstance(pid, int) else "pid unknown",
        facts["eprocess"],
        Sentence("  {} handles{}", count, _KINDS[facts["table_kind"]])
        if isinstance(count, int)
        else "",
    )
    return Head(line, facts)


def whose_id(row: Row) -> Note:
    """The line that says whose id was asked for; the classic text has no place for it."""
    kind, name = row["type"], row["name"]
    if not kind:
        whose = Sentence("an object whose type can't be read: {}", kind)
    elif name:
        whose = Sentence("the {} {}", kind.lower(), name)
    elif isinstance(name, Unavailable):
        whose = Sentence("a {} whose name can't be read: {}", kind.lower(), name)
    else:
        whose = Sentence("a {}", kind.lower())
    return Note(Sentence("0x{:x} is the id of {}", row["handle"], whose), not kind)


def without_type(kernel: KernelMode, wanted: str) -> Iterator[Note]:
    """The line about a type that the kernel does not have, as far as its types can be read."""
    names = kernel.types()
    if not names or wanted in names:
        return
    near = [name for name in names if name.lower() == wanted.lower()]
    unread = kernel.types_unread()
    if unread is not None and not near:
        line = (
            "no object type {} (case matters) is among the {} that can be read; of the others: {}"
        )
        yield Note(Sentence(line, wanted, len(names), unread))
    else:
        hint = Sentence("; did you mean {}?", near[0]) if near else ""
        yield Note(Sentence("this kernel has no object type {} (case matters){}", wanted, hint))
