"""A session by a symbol file that is given, and what the debugger says of code and of a crash."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from mocks import KernelImage, MockTarget
from mocks.linked import linked_kernel
from pykd_handle.render.words import words
from pykd_handle.targets.crash import BugCheck
from pykd_handle.targets.session import SessionTarget, connect
from pykd_handle.targets.session.crash import asked_bug_check
from pykd_handle.values import NO_VALUE, SymbolsError

from ..program.test_symbol_places import debug_directory
from .conftest import Install
from .test_session_target import NOWHERE, session


def test_symbols_from_a_file(install: Install, tmp_path: Path) -> None:
    image = KernelImage()
    path = tmp_path / "kernel.json"
    path.write_text(json.dumps(image.isf()), encoding="utf-8")
    install(image, symbols=False)
    target = SessionTarget(connect(), path)
    assert target.symbol("PspCidTable") == image.globals.address("PspCidTable")
    assert target.struct("_EPROCESS").size == image.build.struct("_EPROCESS").size
    assert any("agree with this kernel" in words(note) for note in target.notes())


def test_symbols_of_another_kernel(install: Install, tmp_path: Path) -> None:
    image = KernelImage()
    data = image.isf()
    for entry in data["symbols"].values():
        entry["address"] += 0x10
    path = tmp_path / "kernel.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    install(image, symbols=False)
    with pytest.raises(SymbolsError, match="of another kernel"):
        SessionTarget(connect(), path)


@pytest.mark.parametrize("named", [True, False])
def test_an_image_is_given(install: Install, tmp_path: Path, compiler: None, named: bool) -> None:
    """That of the kernel says where its PDB is, that of another is refused, also where only the
    kernel's headers are there to tell the two apart."""
    image, module = linked_kernel()
    if not named:
        image.memory.drop_page(image.base + debug_directory(module.image))
    path = tmp_path / "ntoskrnl.exe"
    install(image, symbols=False)
    path.write_bytes(module.image)
    with pytest.raises(SymbolsError, match="is an image, which has no symbols; fetch https"):
        SessionTarget(connect(), path)
    other = bytearray(linked_kernel("win7_sp1_x64").pdb.image)
    other[int.from_bytes(other[0x3C:0x40], "little") + 8] ^= 1  # its time stamp
    path.write_bytes(other)
    with pytest.raises(SymbolsError, match="is the image of another kernel, and has no symbols"):
        SessionTarget(connect(), path)


def test_a_file_that_nothing_speaks_for(install: Install, tmp_path: Path) -> None:
    """A list that leads elsewhere is another kernel's; where nothing is readable nothing proves."""
    image = KernelImage()
    data = image.isf()
    path = tmp_path / "nt.json"
    data["symbols"]["KdDebuggerDataBlock"]["address"] = NOWHERE - image.base & 0x7FFFFFFF
    path.write_text(json.dumps(data), encoding="utf-8")
    install(image, symbols=False)
    head = image.globals.address("PsActiveProcessHead")
    assert SessionTarget(connect(), path).find_symbol("PsActiveProcessHead") == head
    image.memory.set_pointer(image.memory.pointer(head) + 8, head + 8)
    with pytest.raises(SymbolsError, match="no list begins at nt!PsActiveProcessHead"):
        SessionTarget(connect(), path)
    data["symbols"]["PsActiveProcessHead"] = data["symbols"]["KdDebuggerDataBlock"]
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(SymbolsError, match="nothing that it names is readable in this session"):
        SessionTarget(connect(), path)


def test_symbols_that_no_listing_can_be_made_with(install: Install, tmp_path: Path) -> None:
    importlib.import_module("pykd_handle.kernel")  # its readers declare what has to be right
    image = KernelImage()
    data = image.isf()
    data["user_types"]["_EPROCESS"]["fields"]["ActiveProcessLinks"]["offset"] = -8
    path = tmp_path / "kernel.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    install(image, symbols=False)
    with pytest.raises(SymbolsError, match=r"_EPROCESS\.fields\.ActiveProcessLinks\.offset is -8"):
        SessionTarget(connect(), path)


def test_an_address_of_code_is_named_as_off_line(install: Install, tmp_path: Path) -> None:
    """pykd writes a distance as bare hexadecimal; everything else here has 0x in front."""
    image = KernelImage()
    target = session(install, image)
    place = image.globals.address("DbgBreakPointWithStatus")
    for far, name in ((0, ""), (0xC, "+0xc")):
        assert target.name_at(place + far) == f"nt!DbgBreakPointWithStatus{name}"
        assert target.name_at(place + far) == MockTarget(image).name_at(place + far)
    # By the file that is given, where the debugger has no symbols.
    path = tmp_path / "nt.json"
    path.write_text(json.dumps(image.isf()), encoding="utf-8")
    install(image, symbols=False)
    target = SessionTarget(connect(), path)
    assert target.name_at(place + 0xC) == "nt!DbgBreakPointWithStatus+0xc"
    assert target.name_at(place) == "nt!DbgBreakPointWithStatus"
    assert not target.name_at(image.base - 1)


def test_an_address_of_a_32_bit_kernel_is_asked_for_as_the_engine_has_it(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = KernelImage("win7_sp1_x86")
    target = session(install, image)
    asked = []
    monkeypatch.setattr(target._pykd, "findSymbol", lambda at: asked.append(at) or "nt!X")
    assert target.name_at(image.base) == target.name_at(0x401000) == "nt!X"
    assert asked == [0xFFFFFFFF00000000 | image.base, 0x401000]


@pytest.mark.parametrize(
    ("code", "parameters", "found"),
    [
        (0x10000007A, (1, 2, 3, 4), BugCheck(0x7A, (1, 2, 3, 4))),
        (0, (0, 0, 0, 0), NO_VALUE),
        (None, (1, 2, 3, 4), None),
        (0x7A, (1, 2, None, 4), None),
    ],
)
def test_what_the_debugger_says_of_a_bug_check(code: Any, parameters: Any, found: Any) -> None:
    """``$bug_code`` and the four ``$bug_param`` of the debugger's documentation."""
    values = {"@$bug_code": code}
    values.update({f"@$bug_param{at}": value for at, value in enumerate(parameters, 1)})
    assert asked_bug_check(values.__getitem__) == found
