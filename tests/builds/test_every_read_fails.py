"""Each single read of a listing fails once: no row is lost, and only what hangs on it is missing.

For three forms of an entry and a header, and for a triage dump, a listing is made with all reads,
and then once more for each of its reads, with that one unanswered. What differs must be absent and
say why (`losses`), every format must hold all of it (`shown`; once for each set of columns that are
missing somewhere), and the exit code must be right.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, FrozenSet, List, NamedTuple, Optional, Sequence, Set, Tuple

import pytest

from mocks import KernelImage, MockTarget
from mocks.dump import write_triage_dump
from pykd_handle.commands.list.request import Request
from pykd_handle.targets import Gap, Span, Target
from pykd_handle.targets.dump import open_dump
from pykd_handle.values import PykdHandleError, Reason, Unavailable

from ..answers import Answer
from .losses import Loss, Rows, compare
from .shown import check_formats

REQUESTS = ("0 7", "0 13", "0 23", "0 3 0", "8 3")
LAYOUTS = (
    "winxp_sp3_x86",
    "win8_x64",
    "win10_19041_x64",
)

# What the dump has of the kernel's globals, in bytes.
Missing = FrozenSet[Tuple[str, str]]
GLOBALS = {
    "PspCidTable": 8,
    "ObHeaderCookie": 1,
    "ObTypeIndexTable": 0x800,
    "ObpKernelHandleTable": 8,
    "PsActiveProcessHead": 0x10,
    "PsInitialSystemProcess": 8,
}


def failing(target: Target, number: Optional[int]) -> List[Loss]:
    """Let one read of a target bring nothing; returns the list that its reads are written to."""
    log: List[Loss] = []
    fetch = target.fetch

    def once(address: int, size: int) -> Span:
        log.append(Loss(address, size))
        if len(log) - 1 == number:
            return Span(address, size, (), (Gap(address, size, Unavailable(Reason.NOT_READABLE)),))
        return fetch(address, size)

    target.fetch = once  # type: ignore[method-assign]
    target.fetch_many = lambda ranges: [once(*each) for each in ranges]  # type: ignore[method-assign]
    return log


class Lists(NamedTuple):
    """The places where the two lists of a kernel are followed: reads that begin at one of them."""

    processes: Set[int]
    tables: Set[int]

    @classmethod
    def of(cls, image: KernelImage) -> Lists:
        links = image.build.struct("_EPROCESS").offset("ActiveProcessLinks")
        table = image.build.struct("_HANDLE_TABLE")
        first = min(table.offset("HandleTableList"), table.offset("QuotaProcess"))
        return cls(
            {image.globals.address("PsActiveProcessHead")}
            | {one.address + links for one in image.processes.all},
            {one.table.address + first for one in image.processes.all},
        )


def has_failed(request: Request, rows: Rows, loss: Optional[Loss], lists: Lists) -> bool:
    """Whether the exit code is to be 1: what was asked for could not be listed to its end."""
    if rows.whole_tables:
        return True
    used = any(not one.free for one in rows.handles.values())
    if rows.errors and (request.handle is not None or not used):
        return True
    return loss is not None and request.wants_every_process and loss.address in lists.processes


def absent(answer: Answer) -> Missing:
    """What is missing somewhere in an answer, by the kind of the record."""
    found: Set[Tuple[str, str]] = set()
    for record in answer.records:
        values = {**vars(record), **getattr(record, "details", {})}
        kind = type(record).__name__
        found.update((kind, name) for name, one in values.items() if isinstance(one, Unavailable))
        if values.get("error"):
            found.add((kind, "error"))
    return frozenset(found)


def check_all(make: Callable[[], Target], requests: Sequence[str], lists: Lists) -> int:
    """Let each read of each request fail; returns how many there are."""
    shown: Set[Missing] = set()
    return sum(check(make, words, lists, shown) for words in requests)


def check(make: Callable[[], Target], words: str, lists: Lists, shown: Set[Missing]) -> int:
    """The same for one request; what is missing somewhere is ``shown`` in all formats once."""
    target = make()
    log = failing(target, None)
    first = Answer(target, words)
    request = first.request
    target.close()
    whole = Rows(first.records)
    assert whole.handles, words
    assert first.failed == has_failed(request, whole, None, lists)
    check_formats(first)
    shown.add(absent(first))
    for number, loss in enumerate(list(log)):
        target = make()
        failing(target, number)
        try:
            now = Answer(target, words)
            found = Rows(now.records)
            compare(whole, found, loss)
            assert now.failed == has_failed(request, found, loss, lists)
            if request.wants_every_process and loss.address in lists.processes | lists.tables:
                assert any(map(loss.told, found.notes)), "nothing is said of the list"
            if absent(now) not in shown:
                shown.add(absent(now))
                check_formats(now)
        except (AssertionError, PykdHandleError) as error:
            place = f"read {number}, 0x{loss.size:x} bytes at 0x{loss.address:x}"
            raise AssertionError(f"{words}: {place}: {error!r}") from error
        finally:
            target.close()
    return len(log)


def system(layout: str) -> KernelImage:
    """A kernel with one object of each kind that has a name or details of its own."""
    image = KernelImage(layout)
    image.processes.system.handle(image.processes.system, value=4)
    process = image.processes.add("notepad.exe", 0x1514, session=1, peb=0x7FFD0000)
    other = image.processes.add("smss.exe", 0x138, level=1)
    image.processor.current = process
    things: List[Any] = [
        process,
        image.objects.event("\\BaseNamedObjects\\Ready"),
        image.objects.directory("\\KnownDlls"),
        image.objects.event(),
    ]
    if image.build.has_struct("_FILE_OBJECT"):
        things.append(image.files.open("\\Windows\\win.ini"))
    if image.build.has_struct("_CM_KEY_CONTROL_BLOCK"):
        things.append(image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM"))
    if image.build.has_struct("_ETHREAD"):
        things.append(image.processes.add_thread(process))
    for thing in things:
        process.handle(thing, 0x120001)
    other.handle(things[1])
    return image


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_read_of_a_kernel(layout: str, record_property: Callable[..., None]) -> None:
    image = system(layout)
    lists = Lists.of(image)
    reads = check_all(lambda: MockTarget(image), REQUESTS, lists)
    record_property("reads", reads)
    assert reads > 150


def test_every_read_of_a_triage_dump(tmp_path: Path, record_property: Callable[..., None]) -> None:
    """As the kernel writes it: the table's top page from the value of TableCode on."""
    image = system("win10_19041_x64")
    image.processor.current = image.processes.all[-1]  # its table has two levels
    ranges: List[Tuple[int, int]] = []
    for table in (image.processes.cid_table, *(process.table for process in image.processes.all)):
        ranges += [(table.address, 0x80), (table.view["TableCode"] & ~3, 0x100)]
        ranges += [(leaf, 0x100) for leaf in table.leaves]
    for process in image.processes.all:
        ranges.append((process.address - 0x80, image.build.struct("_EPROCESS").size + 0x80))
    for name, size in GLOBALS.items():
        ranges.append((image.globals.address(name), size))
    for name, item in image.types.items():
        if name in ("Process", "Event"):
            text = item.address + image.build.struct("_OBJECT_TYPE").offset("Name.Buffer")
            ranges += [(item.address, 0x40), (image.memory.pointer(text), 0x20)]
    path = tmp_path / "triage.dmp"
    write_triage_dump(image, path, list(dict.fromkeys(ranges)))
    isf = tmp_path / "kernel.json"
    isf.write_text(json.dumps(image.isf()), "utf-8")
    lists = Lists.of(image)
    with_holes = Rows(Answer(open_dump(path, isf), "0 7").records)
    assert len(with_holes.handles) == 16 and with_holes.errors
    requests = ("0 7", "0 3 0", "8 3", "4 1")
    reads = check_all(lambda: open_dump(path, isf), requests, lists)
    record_property("reads", reads)
    assert reads > 60
