"""A session whose debugger has no symbols of nt: a layout that ships, proved on its memory."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import List, Optional, Tuple

import pytest

from mocks import KernelImage
from pykd_handle import cli
from pykd_handle.targets.session import engine as session_engine

from .conftest import Install


class FakeEngine:
    """What the real engine answers over this image: its debugger data, and memory."""

    def __init__(self, image: KernelImage) -> None:
        self.image = image
        self.closed = False

    def debugger_value(self, index: int, size: int) -> Optional[int]:
        block = self.image.globals.address("KdDebuggerDataBlock")
        length = int.from_bytes(self.image.memory.peek(block + 0x14, 4), "little")
        if index + size > length:
            return None
        value = int.from_bytes(self.image.memory.peek(block + index, size), "little")
        if size == 8 and self.image.build.pointer_size == 4 and value >> 31 == 1:
            value |= 0xFFFFFFFF << 32  # the engine extends the sign of addresses
        return value

    def read(self, address: int, size: int) -> bytes:
        address &= (1 << 8 * self.image.build.pointer_size) - 1
        found = b""
        for part in self.image.memory.parts(address, size):
            if part.data is None:
                break
            found += part.data
        return found

    def close(self) -> None:
        self.closed = True


def filled(layout: str) -> KernelImage:
    image = KernelImage(layout)
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
    image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
    image.processor.current.handle(image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM"))
    return image


def run(*words: str) -> Tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        code = cli.main(list(words))
    finally:
        sys.stdout, sys.stderr = kept
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("dump", [True, False])
@pytest.mark.parametrize(
    "layout", ["win7_sp1_x86", "win7_sp1_x64", "win10_19041_x64", "win11_26100_x64"]
)
def test_the_same_rows_as_with_symbols(
    install: Install, monkeypatch: pytest.MonkeyPatch, layout: str, dump: bool
) -> None:
    image = filled(layout)
    engines: List[FakeEngine] = []

    def engine() -> FakeEngine:
        engines.append(FakeEngine(image))
        return engines[-1]

    monkeypatch.setattr(session_engine, "open_engine", engine)
    install(image, dump=dump)
    expected = run("0", "3")
    assert expected[0] == 0 and "Ready" in expected[1] and "notepad.exe" in expected[1]
    install(image, dump=dump, symbols=False)
    code, out, err = run("0", "3")
    assert (code, out) == expected[:2]
    assert f"no symbols of this kernel: its layout is {layout}" in err
    assert all(each.closed for each in engines)


def test_a_kernel_that_no_layout_fits(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    image = filled("win10_19041_x64")
    image.processes.system.view["UniqueProcessId"] = 12
    monkeypatch.setattr(session_engine, "open_engine", lambda: FakeEngine(image))
    install(image, symbols=False)
    code, out, err = run("0", "3")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "the debugger has no symbols of nt: set the symbol path" in err
    assert "of the layouts that ship, none fits (win10_19041_x64: " in err


@pytest.mark.parametrize("symbols", [True, False])
def test_a_file_of_another_kernel(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, symbols: bool
) -> None:
    image = filled("win10_19041_x64")
    monkeypatch.setattr(session_engine, "open_engine", lambda: FakeEngine(image))
    other = tmp_path / "other.json"
    other.write_text(json.dumps(KernelImage("win10_17763_x64", seed=7).isf()), "utf-8")
    install(image, symbols=symbols)
    code, out, err = run("0", "3", "--symbols", str(other))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"{other} is of another kernel" in err
    assert err.endswith("; without --symbols this session can be read\n")


def test_no_engine_to_ask(install: Install) -> None:
    install(filled("win10_19041_x64"), symbols=False)
    code, out, err = run("0", "3")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "no symbols of nt" in err and "engine can't be asked for its debugger data" in err


@pytest.mark.parametrize("symbols", [True, False])
def test_which_kernel_it_is(
    install: Install, monkeypatch: pytest.MonkeyPatch, symbols: bool
) -> None:
    image = filled("win10_19041_x64")
    monkeypatch.setattr(session_engine, "open_engine", lambda: FakeEngine(image))
    install(image, symbols=symbols)
    code, out, err = run("symbols", "--format", "jsonl")
    (row,) = [json.loads(line) for line in out.splitlines()]
    pdb = image.isf()["metadata"]["windows"]["pdb"]
    assert (row["guid"], row["age"], row["build"]) == (pdb["GUID"], pdb["age"], 19041)
    assert (code, row["used"], row["found"] is not None, err) == (
        int(not symbols),
        symbols,
        symbols,
        "",
    )
    assert ("reload /f nt" in row["remark"]) is not symbols
