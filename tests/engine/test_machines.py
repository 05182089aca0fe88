"""Dumps of other machines: what the real engine's session shows is what the dump file shows.

PAE and x64 are in `test_every_form`, as full dumps; here are a kernel without PAE, ARM64, and the
other types of dumps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, List

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump, write_triage_dump
from pykd_handle import cli

from .commands import Said, on_dump_file, on_engine
from .pairs import Pair, make_pair
from .rig import Rig

COMMANDS: List[List[str]] = [
    ["0", "3"], ["0", "7"], ["4"], ["0", "13"], ["80000004"], ["1234", "23"], ["0", "3", "0"],
    ["0", "3", "4"], ["0", "3", "-1", "Event"], ["0", "0", "0"],
    ["0", "3", "--format", "jsonl"],
]  # fmt: skip


def fill(image: KernelImage) -> None:
    """A process with handles to whatever the layout can make."""
    process = image.processes.add("notepad.exe", 0x1234, session=1)
    image.processor.current = process
    process.handle(image.objects.event("\\BaseNamedObjects\\Ready"), 0x1F0003, inherit=True)
    process.handle(image.objects.make("Mutant", "\\BaseNamedObjects\\One"), 0x1F0001, protect=True)
    process.handle(image.objects.directory("\\KnownDlls"), 0x3, audit=True)
    audited = process.handle(image.processes.system, 0x1000)
    process.table.audit(audited, 0x400, 0x1F)
    if image.build.has_struct("_FILE_OBJECT"):
        process.handle(image.files.open("\\Windows\\notepad.exe"), 0x120089)
        process.handle(image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM"), 0x20019)
    closed = process.handle(image.objects.event(), 0x1F0003)
    process.close(closed)
    process.handles(600, [image.objects.event() for _ in range(3)])
    lost = image.objects.make("Event", size=0x18, own_page=True)
    process.handle(lost, 0x1F0003)
    image.memory.drop_page(lost.header)
    image.processes.system.handle(image.processes.system, 0x1FFFFF, value=4)


def write_everything(image: KernelImage, path: Path) -> None:
    """A triage dump of all that there is; as in real ones, page tables are not part of it."""
    memory = image.memory
    there = [page for page in memory.pages() if not memory.page_state(page)[0]]
    write_triage_dump(image, path, [(page, 0x1000) for page in there])


WRITERS: Dict[str, Callable[[KernelImage, Path], None]] = {
    "full": write_full_dump,
    "bitmap": write_bitmap_dump,
    "triage": write_everything,
}


def make(folder: Path, layout: str, pae: bool = True, kind: str = "full") -> Pair:
    return make_pair(folder, fill, layout, pae=pae, write=WRITERS[kind])


@pytest.mark.parametrize(
    ("layout", "pae", "kind"),
    [
        ("winxp_sp3_x86", False, "full"),
        ("win11_26100_arm64", True, "full"),
        ("win10_19041_x86", True, "bitmap"),
        ("win11_26100_arm64", True, "bitmap"),
        ("win10_19041_x64", True, "triage"),
        ("winxp_sp3_x86", True, "triage"),
        ("win11_26100_arm64", True, "triage"),
    ],
)
def test_session_and_dump_file_show_the_same(
    rig: Rig, tmp_path: Path, layout: str, pae: bool, kind: str, capsys
) -> None:
    pair = make(tmp_path, layout, pae, kind)
    engine = on_engine(rig, pair.dump, COMMANDS, pair.symbols)
    files = on_dump_file(pair, COMMANDS)
    for words, one, other in zip(COMMANDS, engine, files):
        assert one[:2] == other[:2], words
        assert "internal error" not in one.err + other.err
    assert engine[0].code == 0
    assert engine[0].out.count("GrantedAccess:") == (605 if "arm64" in layout else 607)
    assert "(Inherit)" in engine[0].out and "not in the dump" in engine[0].out
    assert "PROCESS" in engine[6].out and "notepad.exe" in engine[6].out
    assert engine[-1].out.count('"audit_mask": "0x400"') == 1
    if (layout, kind) == ("win11_26100_arm64", "full"):
        _check_that_the_file_alone_is_enough(pair, engine[:4], capsys)


def _check_that_the_file_alone_is_enough(pair: Pair, engine: List[Said], capsys) -> None:
    """With no symbols at all, the text of the engine with its PDB."""
    pair.isf.unlink()
    for words, said in zip(COMMANDS, engine):
        assert cli.main(["--dump", str(pair.dump), *words]) == said.code
        streams = capsys.readouterr()
        assert streams.out == said.out
        assert "no symbols of this kernel: its layout is win11_26100_arm64" in streams.err
