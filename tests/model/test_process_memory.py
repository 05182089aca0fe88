"""``process.memory``: two processes with other pages at one address, in every kind of memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump, write_raw_image, write_triage_dump
from mocks.process import MockProcess
from mocks.pykd import StandIn
from mocks.trim import dump_text
from pykd_handle import open_dump
from pykd_handle.model import Kernel, connect
from pykd_handle.values import MemoryUnavailable, Reason

from ..needs import real_file

USER = 0x10FF8
"""At the end of a page: what is read there crosses into the next."""
# Kernel addresses with other pages in each session; 0 where the stand-in's processes share all of
# the kernel's tables (with PAE).
BUILDS = {
    "win10_19041_x64": 0xFFFFF90000000000,
    "win11_26100_la57_x64": 0xFF20000000000000,
    "win11_26100_arm64": 0xFFFFF90000000000,
    "winxp_sp3_x86": 0,
    "win10_19041_x86": 0xBF800000,
}


def built(layout: str = "win10_19041_x64") -> Tuple[KernelImage, MockProcess, MockProcess]:
    session = BUILDS[layout]
    image = KernelImage(layout, pae=not session)
    made = []
    for name, pid in (("one.exe", 0x100), ("two.exe", 0x200)):
        process = image.processes.add(name, pid)
        process.user.write(USER, name.encode() * 4)
        if session:
            process.user.write(session, b"session of " + name.encode())
        made.append(process)
    image.processor.current = made[0]
    return image, made[0], made[1]


def check(kernel: Kernel, image: KernelImage) -> None:
    """Each process has its own bytes, and the kernel's, which no process has in the target's."""
    session = BUILDS[image.build.name]
    for name, pid in (("one.exe", 0x100), ("two.exe", 0x200)):
        process = kernel.process(pid)
        memory = process.memory
        assert memory.read(USER, 28) == name.encode() * 4
        if session:
            assert memory.read(session, 18) == b"session of " + name.encode()
        header = kernel.process(pid).address
        assert memory.read(header, 0x40) == image.memory.peek(header, 0x40)
        with pytest.raises(MemoryUnavailable) as caught:
            memory.read(0x7FFE000, 8)
        assert caught.value.reason in (Reason.NOT_MAPPED, Reason.PAGE_TABLE)
    if image.build.pointer_size == 8:
        with pytest.raises(MemoryUnavailable) as caught:
            memory.read((1 << 56) - 4, 8)
        assert caught.value.reason is Reason.NOT_A_CANONICAL_ADDRESS or image.build.five_levels


@pytest.mark.parametrize("layout", BUILDS)
def test_dumps_of_whole_pages(layout: str, tmp_path: Path) -> None:
    image, _, _ = built(layout)
    symbols = tmp_path / "nt.json"
    symbols.write_text(dump_text(image.isf()))
    writers = [write_full_dump, write_bitmap_dump]
    writers += [write_raw_image] if layout == "win10_19041_x64" else []
    for write in writers:
        path = tmp_path / "x.dmp"
        write(image, path)
        with open_dump(path, symbols) as kernel:
            check(kernel, image)


@pytest.mark.parametrize("layout", BUILDS)
def test_a_session_stays_where_it_is(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image, _, _ = built(layout)
    standin = StandIn(image)
    monkeypatch.setitem(sys.modules, "pykd", standin.module)
    with connect() as kernel:
        check(kernel, image)
        # Root, the tables below it, the page: no more questions than levels, for a new page.
        memory = kernel.process(0x200).memory
        before = standin.reads
        assert memory.read(USER, 4) == b"two."
        assert standin.reads == before  # kept
    assert standin.process == image.processor.current.address


def test_what_a_page_of_another_process_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    image, _, two = built()
    standin = StandIn(image)
    monkeypatch.setitem(sys.modules, "pykd", standin.module)
    with connect() as kernel:
        process = kernel.process(0x200)
        memory = process.memory
        before = standin.reads
        memory.read(USER, 4)
        assert standin.reads - before == 5, "four tables and the page"
        memory.read(USER + 8, 4)
        assert standin.reads - before == 6, "its neighbour: the page"
        assert two.user.peek(USER + 8, 4) == memory.read(USER + 8, 4)


def test_ctrl_break_is_no_missing_page(monkeypatch: pytest.MonkeyPatch) -> None:
    image, _, _ = built()
    standin = StandIn(image)
    monkeypatch.setitem(sys.modules, "pykd", standin.module)
    with connect() as kernel:
        memory = kernel.process(0x200).memory
        memory.read(USER, 4)
        standin.interrupted = True
        with pytest.raises(KeyboardInterrupt):
            memory.read(USER + 8, 4)
        standin.interrupted = False
        assert memory.read(USER + 7, 4) == b"two."
    assert standin.process == image.processor.current.address


def test_a_triage_dump_has_no_user_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, one, _ = built()
    symbols = tmp_path / "nt.json"
    symbols.write_text(dump_text(image.isf()))
    blocks = [(one.address, one.view.struct.size)]
    write_triage_dump(image, tmp_path / "x.dmp", blocks)
    standin = StandIn(image, small=True)
    monkeypatch.setitem(sys.modules, "pykd", standin.module)
    for kernel in (open_dump(tmp_path / "x.dmp", symbols), connect()):
        memory = kernel.process(one.address).memory
        assert memory.read(one.address, 0x40) == image.memory.peek(one.address, 0x40)
        with pytest.raises(MemoryUnavailable) as caught:
            memory.read(USER, 4)
        assert caught.value.reason is Reason.NOT_IN_THE_DUMP
        kernel.close()


@pytest.mark.usefixtures("shared")
def test_the_memory_of_a_real_minidump() -> None:
    """ImageBaseAddress of the PEB is the first module's base: another stream of the same dump."""
    with open_dump(real_file("2e852e97_tiny-exe-with-cet-xsave.dmp")) as kernel:
        process: Any = kernel.current_process
        peb = process._source.peb()
        base = int.from_bytes(process.memory.read(peb + 0x10, 8), "little")
        assert base == 0x7FF778BD0000
        with pytest.raises(MemoryUnavailable):
            process.memory.read(0, 8)
