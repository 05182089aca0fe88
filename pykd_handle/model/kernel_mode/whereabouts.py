"""What is to be said of processes by the places that name them, and by those that do not."""

from __future__ import annotations

from ...hints import Iterable, List
from ...kernel import Kernel
from ...kernel.process import Process
from ...kernel.process_finder import FoundProcess
from ...kernel.process_places import Source
from ...values import Absent, Sentence

__all__ = ("hiding", "where_found")

_PLACES = {
    Source.HANDLE_TABLES: "its handle table",
    Source.PROCESSORS: "a processor that runs it",
    Source.SYSTEM: "the kernel's own pointer to System",
    Source.IDS: "the table of ids",
}


def hiding(kernel: Kernel, processes: Iterable[Process]) -> List[Sentence]:
    """Lines about those of these processes, which are all that any place names, that one of the
    other lists lacks, where that could be followed to its end, and that another id is kept of."""
    finder = kernel.finder
    tables = finder.places.tables
    lines: List[Sentence] = []
    for process in processes:
        differs = finder.other_id(process)
        if differs is not None:
            lines.append(differs)
        address = process.object_table
        if not address:
            continue  # it has exited
        if tables is not None and address not in tables:
            lines.append(
                Sentence(
                    "the handle table of {}, 0x{:x}, is missing in the list of handle tables ({})",
                    finder.in_words(process),
                    address,
                    Source.HANDLE_TABLES.value,
                )
            )
        if finder.places.ids_complete and process.address not in finder.places.ids:
            lines.append(
                Sentence(
                    "{} is missing in the table of ids ({})",
                    finder.in_words(process),
                    Source.IDS.value,
                )
            )
    return lines


def where_found(kernel: Kernel, found: FoundProcess) -> List[Sentence]:
    """The line about a process that is not in the list of processes."""
    if found.source is Source.LIST:
        return []
    finder = kernel.finder
    who = finder.in_words(found.process)
    where = f"{_PLACES[found.source]} ({found.source.value})"
    if found.source is Source.IDS and not found.process.object_table:
        exited = kernel.processes.exited(found.process)
        if exited is True:
            return [
                Sentence("{} has exited and is in no list any more; it is found in {}", who, where)
            ]
        if isinstance(exited, Absent):
            return [
                Sentence(
                    "{} is found in {} alone; whether it has exited is not known: {}",
                    who,
                    where,
                    exited,
                )
            ]
    missing = "not in what is left of" if finder.places.list_broken else "missing in"
    return [
        Sentence(
            "{} is {} the list of processes ({}); it is found through {}",
            who,
            missing,
            Source.LIST.value,
            where,
        )
    ]
