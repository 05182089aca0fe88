"""A system with three processes and what a listing of it has to say, written down beside it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, List, NamedTuple, Optional, Tuple

from mocks import KernelImage
from mocks.dump import write_full_dump
from pykd_handle.commands.list.columns import COLUMNS
from pykd_handle.render.windbg import WinDbgRenderer
from pykd_handle.targets import Target

from ..answers import Answer

__all__ = ("Row", "System", "classic", "seen", "small_system", "write_dump", "write_symbols")

DEVICE = "\\Device\\HarddiskVolume3"


class Row(NamedTuple):
    """One handle; ``name`` is None where the test does not ask for it."""

    pid: int
    handle: int
    object: int
    type: str
    name: Optional[str]
    access: int
    attributes: Tuple[str, ...]


class System(NamedTuple):
    """An image, and the rows of a listing of all its processes."""

    image: KernelImage
    rows: List[Row]


def classic(target: Target, words: str) -> str:
    """The classic text of an answer."""
    out = io.StringIO()
    WinDbgRenderer(out, io.StringIO(), COLUMNS).render(Answer(target, words).items)
    return out.getvalue()


def seen(target: Target, system: System) -> List[Row]:
    """The rows of a listing of all processes, as a `System` writes them down."""
    unnamed = {(row.pid, row.handle) for row in system.rows if row.name is None}
    found: List[Row] = []
    for row in Answer(target, "0 3 0").rows:
        pid: Any = row.process.pid
        handle: Any = row.handle
        values: List[Any] = [row.object, row.type, row.name, row.granted_access, row.attributes]
        if (pid, handle) in unnamed:
            values[2] = None
        elif not isinstance(values[2], str):
            values[2] = ""
        found.append(Row(pid, handle, *values))
    return found


_ATTRIBUTES = (
    (),
    ("protect",),
    ("inherit",),
    ("audit",),
    ("protect", "inherit"),
    ("inherit", "audit"),
    ("protect", "inherit", "audit"),
)


def small_system(layout: str, cookie: int = 0x3C, crowd: int = 0, **more: Any) -> System:
    """System and three processes, whose tables have the levels 0, 1 and 2.

    ``crowd`` is how many handles two of them have beside a few: by default more than two pages
    hold, so that the upper levels have something to say.
    """
    image = KernelImage(layout, cookie=cookie, **more)
    crowd = crowd or 2 * 0x1000 // image.build.struct("_HANDLE_TABLE_ENTRY").size + 20
    rows: List[Row] = []
    image.processes.system.handle(image.processes.system, 0x1FFFFF, value=4)
    rows.append(Row(4, 4, image.processes.system.address, "Process", None, 0x1FFFFF, ()))
    objects = [
        (image.objects.event("\\BaseNamedObjects\\Ready"), "\\BaseNamedObjects\\Ready", 0x1F0003),
        (
            image.objects.make("Mutant", "\\BaseNamedObjects\\Once"),
            "\\BaseNamedObjects\\Once",
            0x1F0001,
        ),
        (image.objects.directory("\\KnownDlls"), "\\KnownDlls", 0x3),
        (image.objects.event(), "", 0x100002),
        (image.objects.make("Semaphore", size=0x40), "", 0x1F0003),
    ]
    if image.build.has_struct("_FILE_OBJECT"):
        name = "\\Windows\\win.ini"
        objects.append((image.files.open(name), DEVICE + name, 0x120089))
    if image.build.has_struct("_CM_KEY_CONTROL_BLOCK"):
        name = "\\REGISTRY\\MACHINE\\SYSTEM"
        objects.append((image.registry.key(name), name, 0x20019))
    for level, pid in enumerate((0x104, 0x208, 0x30C)):
        process = image.processes.add(f"level{level}.exe", pid, session=1, level=level)
        if level == 0:
            image.processor.current = process
        for number, (item, name, access) in enumerate(objects):
            attributes = _ATTRIBUTES[(number + level) % len(_ATTRIBUTES)]
            chosen = dict.fromkeys(attributes, True)
            handle = process.handle(item, access, **chosen)
            rows.append(Row(pid, handle, item.address, item.type_name, name, access, attributes))
        if level:
            event = image.objects.event()
            for handle in process.handles(crowd, event):
                rows.append(Row(pid, handle, event.address, "Event", "", 0x1F0003, ()))
    return System(image, rows)


def write_dump(image: KernelImage, folder: Path) -> Path:
    """A full dump of the image."""
    write_full_dump(image, folder / "kernel.dmp")
    return folder / "kernel.dmp"


def write_symbols(image: KernelImage, folder: Path) -> Path:
    """The image's symbols, in a folder of their own."""
    symbols = folder / "symbols" / "kernel.json"
    symbols.parent.mkdir()
    symbols.write_text(json.dumps(image.isf()), "utf-8")
    return symbols
