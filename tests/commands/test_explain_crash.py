"""``explain`` without a value: the bug check and the registers of a crash.

The bytes of a bug check are put into the dump by hand: ``ntiodump.h`` has the code at 0x38 of the
64-bit header and the parameters at 0x40, at 0x28 and 0x2C in the 32-bit one.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple
from unittest.mock import Mock

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.target import MockTarget
from mocks.trim import dump_text
from pykd_handle import open_dump
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.values import TargetError

from ..needs import real_file
from .asking import Asked

Row = Dict[str, Any]


def crashed(
    image: KernelImage,
    folder: Path,
    code: int,
    parameters: Sequence[int],
    registers: Sequence[Tuple[int, int]] = (),
) -> Asked:
    """What is said of a dump of an image with a bug check in its header; ``registers`` are places
    in the context record, and values."""
    (folder / "nt.json").write_text(dump_text(image.isf()))
    write_full_dump(image, folder / "x.dmp")
    with (folder / "x.dmp").open("r+b") as file:
        wide = image.build.pointer_size == 8
        file.seek(0x38 if wide else 0x28)
        file.write(struct.pack("<I4x4Q" if wide else "<I4I", code, *parameters))
        for place, value in registers:
            file.seek((0x348 if wide else 0x320) + place)
            file.write(value.to_bytes(image.build.pointer_size, "little"))
    with open_dump(folder / "x.dmp", folder / "nt.json") as kernel:
        return Asked(kernel, "explain")


def named(asked: Asked, source: str) -> List[Tuple[Any, ...]]:
    return [
        (row["family"], row.get("name"))
        for row in asked.rows
        if row["source"] == source and "family" in row and row["certainty"] == "certain"
    ]


@pytest.mark.parametrize("layout", ["win10_19041_x64", "winxp_sp3_x86"])
def test_the_parameters_of_a_reference_by_pointer(layout: str, tmp_path: Path) -> None:
    image = KernelImage(layout)
    event = image.objects.event(r"\BaseNamedObjects\Ready")
    image.processor.current = image.processes.add("a.exe", 0x104)
    kind = image.types["Event"]
    asked = crashed(image, tmp_path, 0x18, (kind.address, event.address, 2, 0x7F))
    (head,) = [item for item in asked.items if getattr(item, "facts", {}).get("bug_check")]
    assert head.facts == {"bug_check": 0x18, "bug_check_name": "REFERENCE_BY_POINTER"}
    assert ("object", r"\ObjectTypes\Event") in named(asked, "parameter 1")
    assert named(asked, "parameter 2")[0] == ("object", r"\BaseNamedObjects\Ready")
    values = {row["source"]: row["value"] for row in asked.rows}
    assert (values["parameter 3"], values["parameter 4"]) == (2, 0x7F)
    meanings = {row["source"]: row["meaning"] for row in asked.rows}
    assert meanings["parameter 2"] == "the object whose reference count is wrong"


def test_an_invalid_handle_is_looked_up_in_the_process_that_was_current(tmp_path: Path) -> None:
    image = KernelImage()
    other = image.processes.add("other.exe", 0x208)
    other.handle(image.objects.event(), value=0x44)
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.handle(
        image.objects.event(r"\BaseNamedObjects\Mine"), value=0x44, protect=True
    )
    asked = crashed(image, tmp_path, 0x93, (0x44, 0, 0, 0))
    assert named(asked, "parameter 1") == [("handle", r"\BaseNamedObjects\Mine")]
    with open_dump(tmp_path / "x.dmp", tmp_path / "nt.json") as kernel:
        rows = Asked(kernel, "explain --process 208").rows
    assert next(row["pid"] for row in rows if "family" in row) == 0x208


def test_a_handle_that_was_closed_is_told(tmp_path: Path) -> None:
    image = KernelImage()
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    process.handle(image.objects.event(), value=0x44)
    process.close(0x44)
    asked = crashed(image, tmp_path, 0x93, (0x44, 1, 0, 0))
    assert named(asked, "parameter 1") == []
    assert asked.notes[0] == (
        "0x44 is a free entry of the handle table of a.exe (pid 0x104): closed, or never used"
    )


def test_the_registers_that_are_something(tmp_path: Path) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    event = image.objects.event(r"\BaseNamedObjects\Ready")
    # Rcx at 0x80, R8 at 0xB8, R9 at 0xC0 of the CONTEXT; Rip as the image has it.
    registers = [(0x80, event.address), (0xB8, event.address), (0xC0, 0x14)]
    asked = crashed(image, tmp_path, 0xE2, (0, 0, 0, 0), registers)
    assert named(asked, "rcx,r8")[0] == ("object", r"\BaseNamedObjects\Ready")
    assert ("symbol", "nt!DbgBreakPointWithStatus") in named(asked, "rip")
    assert not [row for row in asked.rows if "r9" in row["source"]], "a small number"
    assert [row["source"] for row in asked.rows][:4] == [f"parameter {n}" for n in range(1, 5)]


def test_the_context_that_a_parameter_leads_to_has_the_registers(tmp_path: Path) -> None:
    """0x3B: the third parameter is the address of a CONTEXT, with ContextFlags at 0x30."""
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    context = image.pool.allocate(0x4D0, image.pool.nonpaged)
    image.memory.write(context + 0x30, struct.pack("<I", 0x10001F))
    at = image.globals.address("PspCidTable") + 1
    image.memory.write(context + 0xF8, struct.pack("<Q", at))
    asked = crashed(image, tmp_path, 0x3B, (0xC0000005, at, context, 0))
    assert ("symbol", "nt!PspCidTable+0x1") in named(asked, "parameter 2")
    assert not named(asked, "rip"), "the same as the second parameter"
    assert asked.rows[0]["meaning"] == "the exception's code: an access violation"
    image.memory.write(context + 0xF8, struct.pack("<Q", at + 1))
    asked = crashed(image, tmp_path, 0x3B, (0xC0000005, at, context, 0))
    assert ("symbol", "nt!PspCidTable+0x2") in named(asked, "rip")
    # One of another machine, or none at all: CONTEXT_AMD64 is not among its flags.
    image.memory.write(context + 0x30, struct.pack("<I", 0x40001F))
    asked = crashed(image, tmp_path, 0x3B, (0xC0000005, at, context, 0))
    assert ("symbol", "nt!PspCidTable+0x2") not in named(asked, "rip")


def test_the_verifier_names_the_handle(tmp_path: Path) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.handle(image.objects.event(r"\BaseNamedObjects\Mine"), value=0x44)
    asked = crashed(
        image, tmp_path, 0xC4, (0xF6, 0x44, image.processor.current.address, image.base)
    )
    assert named(asked, "parameter 2") == [("handle", r"\BaseNamedObjects\Mine")]
    assert ("object", "a.exe Cid 0104") in named(asked, "parameter 3")
    assert named(asked, "parameter 4") == [("kernel module", "ntoskrnl.exe")]


def test_a_process_that_ends_with_locked_pages(tmp_path: Path) -> None:
    image = KernelImage()
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    process.handle(image.objects.event(), value=0x44)
    asked = crashed(image, tmp_path, 0x76, (0, process.address, 0x44, 0))
    assert ("object", "a.exe Cid 0104") in named(asked, "parameter 2")
    assert named(asked, "parameter 3") == [], "a count, of as many as a handle's value"


def test_the_codes_about_handles_have_names(tmp_path: Path) -> None:
    """Of a handle table that is inconsistent nothing but the code is told."""
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    asked = crashed(image, tmp_path, 0xA7, (0, 0, 0, 0))
    (head,) = [item for item in asked.items if getattr(item, "facts", {}).get("bug_check")]
    assert head.facts["bug_check_name"] == "BAD_EXHANDLE"


def with_data(code: int, *parameters: int) -> KernelImage:
    """A kernel whose KiBugCheckData, behind its last symbol, holds a bug check."""
    plain = KernelImage().isf()["symbols"]
    symbols = {name: row["address"] for name, row in plain.items()}
    symbols["KiBugCheckData"] = max(symbols.values()) + 0x400
    image = KernelImage(symbols=symbols)
    data = struct.pack("<5Q", code, *parameters)
    image.memory.write(image.globals.address("KiBugCheckData"), data)
    image.processor.current = image.processes.add("a.exe", 0x104)
    return image


def test_without_a_header_the_kernel_itself_tells() -> None:
    image = with_data(0xEF, 0, 0, 0, 0)
    address = image.globals.address("KiBugCheckData")
    image.memory.write(address + 8, struct.pack("<Q", image.processor.current.address))
    asked = Asked(KernelMode(MockTarget(image)), "explain")
    assert ("object", "a.exe Cid 0104") in named(asked, "parameter 1")


def test_matches_of_a_value_that_is_stopped_in_are_counted() -> None:
    image = with_data(0xEF, 0, 0, 0, 0)
    address = image.globals.address("KiBugCheckData")
    image.memory.write(address + 8, struct.pack("<Q", image.processor.current.address))
    kernel = KernelMode(MockTarget(image))
    real = kernel.question

    def question(*words: Any) -> Any:
        asked = real(*words)
        asked.look()
        stopping = Mock(wraps=asked, matches=asked.matches, value=asked.value)
        stopping.look.side_effect = KeyboardInterrupt
        return stopping

    kernel.question = question  # type: ignore[method-assign]
    asked = Asked(kernel, "explain")
    assert asked.stopped
    assert ("object", "a.exe Cid 0104") in named(asked, "parameter 1")
    assert asked.run.found == len(asked.rows)


def test_a_machine_that_did_not_stop_by_one() -> None:
    with pytest.raises(TargetError, match="nothing stopped here by a bug check"):
        Asked(KernelMode(MockTarget(with_data(0, 0, 0, 0, 0))), "explain")
    asked = Asked(KernelMode(MockTarget(KernelImage())), "explain")
    assert asked.notes == ["the bug check can't be read: the symbols have no nt!KiBugCheckData"]


@pytest.mark.usefixtures("shared")
def test_real_crashes() -> None:
    """The drivers are those of the dumps' lists, read with a hex editor."""
    with open_dump(real_file("bsod_ef.dmp")) as kernel:
        asked = Asked(kernel, "explain")
    assert named(asked, "parameter 1") == [("object", "svchost.exe Cid 0e48")]
    assert named(asked, "rip") == [("in a kernel module", "ntoskrnl.exe+0x3fe580")]
    assert named(asked, "rax") == [("object", "svchost.exe Cid 0e48.10ac")]
    with open_dump(real_file("bsod_1e.dmp")) as kernel:
        asked = Asked(kernel, "explain")
    assert asked.rows[0]["meaning"] == "the exception's code: a breakpoint"
    assert named(asked, "parameter 2") == [("in a kernel module", "dxgmms2.sys+0x2e68")]
    assert named(asked, "r13") == [("kernel module", "ntoskrnl.exe")]
