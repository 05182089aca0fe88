"""The public nouns in user mode: on a made minidump, and on a stand-in of the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List

import pytest

from mocks import minidump_objects as objects
from mocks.handle_engine import NOT_SUPPORTED, MockEngine
from mocks.minidump import MockHandle, MockOperation, make_minidump
from pykd_handle.model import Handle, KernelOnly, NoSuchHandle
from pykd_handle.model.user import UserKernel
from pykd_handle.usermode import open_minidump
from pykd_handle.usermode.engine import EngineSource
from pykd_handle.values import NO_VALUE, TargetError

HANDLES = [
    MockHandle(0x4, "Event", 0x1F0003, r"\BaseNamedObjects\One", 0x12, 3, 65536,
               [objects.event(True, False)]),
    MockHandle(0x8, "Key", 0x20019, r"\REGISTRY\MACHINE", 0, 1, 2),
    MockHandle(0x30, None, 0x804),
]  # fmt: skip


@pytest.fixture
def kernel(tmp_path: Path) -> UserKernel:
    path = tmp_path / "made.dmp"
    operations = [MockOperation(0x4, 0x10, 0x20, 1, [0x1000]), MockOperation(0x44, 0x10, 0x24, 2)]
    made = make_minidump(
        HANDLES, operations=operations, process_id=0x1514, image="C:\\Windows\\notepad.exe"
    )
    path.write_bytes(made.data)
    return UserKernel(open_minidump(path))


def test_a_handle_and_its_object(kernel: UserKernel) -> None:
    with kernel:
        handle = kernel.current_process.handle(0x6)  # its lowest two bits do not count
        assert (f"{handle:x}", int(handle), handle.error, handle.free) == ("4", 4, None, False)
        assert (handle.type, handle.name) == ("Event", r"\BaseNamedObjects\One")
        assert handle.access == 0x1F0003
        # winnt.h: STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE, then EVENT_ALL_ACCESS's own.
        assert handle.rights == (
            "Delete", "ReadControl", "WriteDac", "WriteOwner", "Synch", "QueryState", "ModifyState",
        )  # fmt: skip
        # ntdef.h: OBJ_INHERIT as a handle keeps it, OBJ_PERMANENT.
        assert (handle.attributes, handle.attribute_bits) == (("inherit", "0x10"), 0x12)
        about = handle.object
        assert (about.type, about.name) == (handle.type, handle.name)
        assert (about.handle_count, about.pointer_count) == (3, 65536)
        assert about.details == {"auto_reset": True, "set": False}
        (operation,) = handle.operations
        assert (operation.kind, operation.thread_id, operation.trace) == ("open", 0x20, (0x1000,))
        assert kernel.current_process.handle(0x30).type is NO_VALUE


def test_the_process(kernel: UserKernel) -> None:
    with kernel:
        (process,) = kernel.processes()
        assert str(process.in_words()) == "notepad.exe (pid 0x1514)"
        assert kernel.process(0x1514) is kernel.process("NotePad.EXE") is process
        assert process is kernel.current_process
        assert (kernel.mode, kernel.pointer_size, process.handle_count) == ("user", 8, 3)
        assert kernel.types() == ["Event", "Key"]
        for which in (0x1518, "cmd.exe"):
            with pytest.raises(TargetError, match=r"^no process has "):
                kernel.process(which)


def test_handles_one_by_one_and_some_at_a_time(kernel: UserKernel) -> None:
    with kernel:
        process = kernel.current_process
        assert [int(handle) for handle in process] == [4, 8, 0x30]
        (page,) = process.pages()
        assert [handle.name for handle in page] == [
            r"\BaseNamedObjects\One", r"\REGISTRY\MACHINE", NO_VALUE,
        ]  # fmt: skip


def test_a_handle_that_is_not_there(kernel: UserKernel) -> None:
    with kernel:
        process = kernel.current_process
        with pytest.raises(NoSuchHandle, match=r"^no handle 0x40: not among the handles of the "):
            process.handle(0x40)
        with pytest.raises(NoSuchHandle, match="last recorded operation is close"):
            process.handle(0x44)
        assert [each.kind for each in process.look_up(0x44).operations] == ["close"]


def test_what_is_missing_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "made.dmp"
    made = make_minidump(HANDLES)
    path.write_bytes(made.cut(made.at["stream:12"] + 16 + 50).data)
    source = EngineSource(MockEngine(HANDLES, refused={0x10: NOT_SUPPORTED}))
    for kernel, remarks in (UserKernel(open_minidump(path)), 2), (UserKernel(source), 1):
        with kernel:
            process = kernel.current_process
            assert kernel.types() and list(process)
            assert len(process.remarks()) == remarks


def test_a_live_handle_that_can_not_be_duplicated_is_no_lost_one() -> None:
    source = EngineSource(MockEngine(HANDLES, refused={0x10: NOT_SUPPORTED}))
    process = UserKernel(source).current_process
    assert str(process.handle(0x10).error) == "Could not duplicate handle 10, error 50"
    line = "^no handle 0x14: Could not duplicate handle 14, error 6$"
    with pytest.raises(NoSuchHandle, match=line):
        process.handle(0x14)


ONLY_IN_A_KERNEL: List[Callable[[Handle], Any]] = [
    lambda handle: handle.entry,
    lambda handle: handle.process.address,
    lambda handle: handle.object.address,
    lambda handle: handle.object.header,
    lambda handle: handle.object.type_address,
]


def test_what_only_a_kernel_has(kernel: UserKernel) -> None:
    with kernel:
        handle = kernel.current_process.handle(4)
        for ask in ONLY_IN_A_KERNEL:
            with pytest.raises(KernelOnly):
                ask(handle)
        with pytest.raises(KernelOnly):
            _ = kernel.kernel_table
        with pytest.raises(KernelOnly):
            _ = kernel.cid_table


def test_how_they_look_in_python(kernel: UserKernel) -> None:
    with kernel:
        process = kernel.current_process
        assert repr(process) == "<Process 0x1514 'notepad.exe'>"
        assert repr(process[8]) == r"<Handle 0x8 'Key' '\\REGISTRY\\MACHINE'>"
        assert repr(process[0x30]) == "<Handle 0x30 NO_VALUE NO_VALUE>"
        assert repr(process[8].object) == r"<Object 'Key' '\\REGISTRY\\MACHINE'>"


def test_a_dump_that_was_closed_raises_no_foreign_error(kernel: UserKernel) -> None:
    process = kernel.current_process
    kernel.close()
    kernel.close()
    assert list(process.handles()) == []
    assert "can't be read further" in str(process.remarks()[0])
    with pytest.raises(NoSuchHandle):
        process.handle(4)
