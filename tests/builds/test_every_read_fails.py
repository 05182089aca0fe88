"""Each single read of a listing fails once: no row is lost, and only what hangs on it is missing.

For each form of an entry, and for a triage dump, a listing is made with all reads, and then once
more for each of its reads, with that one unanswered. What differs must be absent and say why.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import pytest

from mocks import KernelImage, MockTarget
from mocks.dump import write_triage_dump
from pykd_handle.kernel import Kernel
from pykd_handle.record import HandleRecord, Note, ProcessRecord
from pykd_handle.render import FORMATS, renderer
from pykd_handle.render.fields import flatten
from pykd_handle.request import parse_request
from pykd_handle.targets import Gap, Span, Target
from pykd_handle.targets.dump import open_dump
from pykd_handle.values import PykdHandleError
from pykd_handle.views import Listing

WHY = "lost on the way"
REQUESTS = ("0 3", "0 7", "0 13", "0 23", "0 3 0", "8 3")
LAYOUTS = (
    "winxp_sp3_x86",
    "win7_sp1_x64",
    "win8_x64",
    "win10_19041_x64",
    "win10_19041_x86",
    "win11_26100_la57_x64",
    "win11_26100_arm64",
)


class Answer(NamedTuple):
    """A listing: its rows as plain data, its processes, its notes, whether it failed."""

    rows: Dict[Tuple[Any, ...], Dict[str, Any]]
    errors: List[Tuple[str, Dict[str, Any]]]
    processes: Dict[int, ProcessRecord]
    notes: List[str]
    failed: bool
    texts: Dict[str, str]


def answer(target: Target, words: str) -> Answer:
    """The records of a request, made once, and every format of them."""
    request = parse_request(words.split())
    listing = Listing(Kernel(target), request)
    records = list(listing.records())
    texts: Dict[str, str] = {}
    for form in FORMATS:
        out = io.StringIO()
        renderer(form)(out, io.StringIO(), request).render(iter(records))
        texts[form] = out.getvalue()
    rows: Dict[Tuple[Any, ...], Dict[str, Any]] = {}
    errors: List[Tuple[str, Dict[str, Any]]] = []
    for record in records:
        if isinstance(record, HandleRecord):
            flat = flatten(record)
            if record.error:
                errors.append((str(flat["eprocess"]), flat))
            else:
                rows[flat["eprocess"], flat["handle"], flat["entry"]] = flat
    return Answer(
        rows,
        errors,
        {record.eprocess: record for record in records if isinstance(record, ProcessRecord)},
        [record.text for record in records if isinstance(record, Note)],
        listing.failed,
        texts,
    )


def failing(target: Target, number: Optional[int]) -> List[Tuple[int, int]]:
    """Let one read of a target bring nothing; returns the list that its reads are written to."""
    log: List[Tuple[int, int]] = []
    fetch = target.fetch

    def once(address: int, size: int) -> Span:
        log.append((address, size))
        if len(log) - 1 == number:
            return Span(address, size, (), (Gap(address, size, WHY),))
        return fetch(address, size)

    target.fetch = once  # type: ignore[method-assign]
    target.fetch_many = lambda ranges: [once(*each) for each in ranges]  # type: ignore[method-assign]
    return log


def covered(key: Tuple[Any, ...], found: Answer) -> bool:
    """Whether a row that is not there stands behind a row that says what it hides."""
    process, handle, _ = key
    for owner, row in found.errors:
        if owner != process:
            continue
        hidden = re.search(r"\(0x([0-9a-f]+)-0x([0-9a-f]+)\)", row["error"])
        if row["handle"] in (None, handle):
            return True
        if hidden and int(hidden[1], 16) <= int(handle, 16) <= int(hidden[2], 16):
            return True
    # Without the process's own block a note tells of the break.
    return int(process, 16) not in found.processes and bool(found.notes)


def differences(before: Dict[str, Any], after: Dict[str, Any]) -> List[str]:
    """The cells of a row that changed without being absent for a reason."""
    wrong: List[str] = []
    reasons = after["unavailable"]
    for key, value in before.items():
        if key in ("unavailable", "details") or after[key] == value:
            continue
        # Rights have their names by the type; without it they are numbers.
        if key == "access" and after["type"] is None:
            continue
        # A process is named by image and id: without the image by its id.
        if key == "name" and "details.image" in reasons and str(value).endswith(str(after[key])):
            continue
        if after[key] is not None or key not in reasons:
            wrong.append(f"{key}: {value!r} became {after[key]!r} ({reasons.get(key)})")
    for key, value in before["details"].items():
        if after["details"].get(key) == value:
            continue
        known = {"details", f"details.{key}", "type", "name"} & reasons.keys()
        # A detail that hangs on another one is gone with it.
        known |= {name for name in reasons if name.startswith("details.")}
        if after["details"].get(key) is not None or not known:
            wrong.append(f"details.{key}: {value!r} became {after['details'].get(key)!r}")
    return wrong


def check(make: Callable[[], Target], words: str) -> int:
    """Let each read of a request fail; returns how many there are."""
    target = make()
    log = failing(target, None)
    whole = answer(target, words)
    target.close()
    assert whole.rows and not whole.failed
    for number, place in enumerate(list(log)):
        target = make()
        failing(target, number)
        where = f"{words}: read {number}, {place[1]:#x} bytes at {place[0]:#x}"
        try:
            found = answer(target, words)
        except PykdHandleError as error:
            # Only what a request can't do without: the line says what was not there.
            assert words in ("0 3", "0 7", "8 3") and WHY in str(error), where
            continue
        finally:
            target.close()
        lost = [key for key in whole.rows if key not in found.rows and not covered(key, found)]
        assert not lost, f"{where}: lost {lost[:3]}; {found.notes}"
        assert set(found.rows) <= set(whole.rows), where
        for key, row in found.rows.items():
            assert not differences(whole.rows[key], row), f"{where}: {key}"
        said = " ".join(found.notes) + " ".join(found.texts.values())
        if found.texts["jsonl"] != whole.texts["jsonl"]:
            assert WHY in said, where
        for form, text in found.texts.items():
            lines = text.count("\n")
            assert lines and "Traceback" not in text, f"{where}: {form}"
        asked = len(words.split()) > 1 and words.split()[0] != "0"
        if asked and len(found.rows) < len(whole.rows):
            assert found.failed, where
    return len(log)


def system(layout: str) -> KernelImage:
    """A kernel with one object of each kind that has a name or details of its own."""
    image = KernelImage(layout)
    image.system.handle(image.system, value=4)
    process = image.process("notepad.exe", 0x1514, session=1)
    other = image.process("smss.exe", 0x138, level=1)
    image.current = process
    things: List[Any] = [
        process,
        image.event("\\BaseNamedObjects\\Ready"),
        image.directory("\\KnownDlls"),
        image.event(),
    ]
    if image.has_struct("_FILE_OBJECT"):
        things.append(image.file("\\Windows\\win.ini"))
    if image.has_struct("_CM_KEY_CONTROL_BLOCK"):
        things.append(image.key("\\REGISTRY\\MACHINE\\SYSTEM"))
    if image.has_struct("_ETHREAD"):
        things.append(image.thread(process))
    for thing in things:
        process.handle(thing, 0x120001)
    other.handle(things[1])
    return image


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_read_of_a_kernel(layout: str, record_property: Callable[..., None]) -> None:
    image = system(layout)
    reads = sum(check(lambda: MockTarget(image), words) for words in REQUESTS)
    record_property("reads", reads)
    assert reads > 100


def test_every_read_of_a_triage_dump(tmp_path: Path) -> None:
    """As the kernel writes it: the table's top page from the value of TableCode on."""
    image = system("win10_19041_x64")
    image.current = image.processes[-1]  # its table has two levels
    table = image.current.table
    ranges: List[Tuple[int, int]] = [(table.address, 0x80), (table.view["TableCode"], 0x100)]
    ranges += [(leaf, 0x100) for leaf in table.leaves]
    for name, size in (("PspCidTable", 8), ("ObHeaderCookie", 1), ("ObTypeIndexTable", 0x800)):
        ranges.append((image.symbol(name), size))
    for name, item in image.types.items():
        if name in ("Process", "Event"):
            ranges.append((item.address, 0x40))
    path = tmp_path / "triage.dmp"
    write_triage_dump(image, path, ranges)
    isf = tmp_path / "kernel.json"
    isf.write_text(json.dumps(image.isf()), "utf-8")
    whole = answer(open_dump(path, isf), "0 7")
    assert len(whole.rows) == 16 and whole.errors
    for words in ("0 7", "8 3", "4 1"):
        assert check(lambda: open_dump(path, isf), words)
