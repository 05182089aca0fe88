"""Processes and threads: everything that is told of them."""

from __future__ import annotations

import struct
from datetime import datetime, timezone
from typing import Any, Dict

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.objects import Objects

from .bodies import everything, lost, put, said

MOMENT = datetime(2023, 7, 1, 8, 9, 10, tzinfo=timezone.utc)
TICKS = 116444736000000000 + int(MOMENT.timestamp()) * 10_000_000

# _EPROCESS: CreateTime, ExitTime, ExitStatus, ActiveThreads, Peb, Job, DebugPort, PriorityClass,
# CommitCharge (its size is a pointer's), SectionBaseAddress, Flags, the parent's id.
PROCESS = {
    "winxp_sp3_x86": (
        0x70, 0x78, 0x24C, 0x1A0, 0x1B0, 0x134, 0xBC, 0x254, 0xA8, 0x13C, 0x248, 0x14C
    ),
    "win7_sp1_x64": (
        0x168, 0x170, 0x444, 0x328, 0x338, 0x260, 0x1F0, 0x2EF, 0x1B8, 0x270, 0x440, 0x290
    ),
    "win81_x64": (
        0x2D0, 0x640, 0x5D4, 0x480, 0x3E8, 0x3A0, 0x410, 0x447, 0x4D8, 0x3B0, 0x2FC, 0x3D0
    ),
    "win10_14393_x64": (
        0x308, 0x688, 0x61C, 0x498, 0x3F8, 0x3B0, 0x420, 0x45F, 0x4F0, 0x3C0, 0x304, 0x3E0
    ),
    "win10_19041_x64": (
        0x468, 0x840, 0x7D4, 0x5F0, 0x550, 0x510, 0x578, 0x5B7, 0x648, 0x520, 0x464, 0x540
    ),
    "win11_22621_x64": (
        0x468, 0x840, 0x7D4, 0x5F0, 0x550, 0x510, 0x578, 0x5B7, 0x648, 0x520, 0x464, 0x540
    ),
}  # fmt: skip
# Wow64Process became WoW64Process in 14393.
WOW64 = {
    "win7_sp1_x64": 0x320,
    "win81_x64": 0x418,
    "win10_14393_x64": 0x428,
    "win10_19041_x64": 0x580,
    "win11_22621_x64": 0x580,
}
# SignatureLevel; the level of sections and the protection lie behind it.
SIGNATURE = {
    "win81_x64": 0x678,
    "win10_14393_x64": 0x6C0,
    "win10_19041_x64": 0x878,
    "win11_22621_x64": 0x878,
}


@pytest.mark.parametrize("layout", PROCESS)
def test_a_process(layout: str) -> None:
    (
        created, ended, status, threads, peb, job, debug, priority, commit, base, flags, parent
    ) = PROCESS[layout]  # fmt: skip
    image = KernelImage(layout)
    wide = image.build.pointer_size
    above = image.processes.add("services.exe", 0x200)
    item = image.processes.add("svchost.exe", 0x300, session=1)
    at = item.address
    put(image, above.address, created, 8, TICKS - 1)
    put(image, at, created, 8, TICKS)
    put(image, at, threads, 4, 9)
    image.memory.set_pointer(at + parent, 0x200)
    image.memory.set_pointer(at + peb, 0x7FFD0000)
    image.memory.set_pointer(at + job, above.address)
    image.memory.set_pointer(at + debug, above.address)
    put(image, at, priority, 1, 6)
    put(image, at, commit, wide, 0x21)
    image.memory.set_pointer(at + base, 0x400000)
    put(image, at, flags, 4, 1 << 5 | 1 << 3)
    told: Dict[str, Any] = {
        "parent_pid": 0x200,
        "parent": "services.exe",
        "session": 1,
        "created": MOMENT,
        "threads": 9,
        "peb": 0x7FFD0000,
        "image_base": 0x400000,
        "job": above.address,
        "debug_object": above.address,
        "priority_class": "above normal",
        "commit_charge": 0x21000,
        "process_flags": ("deleting", "address space deleted"),
    }
    found = everything(image, item.object)
    assert {key: found.get(key) for key in told} == told
    assert not {"ended", "exit_status", "wow64", "protection"} & found.keys()
    put(image, at, ended, 8, TICKS)
    put(image, at, status, 4, 0xC0000005)
    put(image, above.address, created, 8, TICKS + 1)
    if layout in WOW64:
        image.memory.set_pointer(at + WOW64[layout], 0x7E000)
    found = everything(image, item.object)
    assert (found["exited"], found["ended"], found["exit_status"]) == (True, MOMENT, 0xC0000005)
    assert "parent" not in found  # that process came later
    assert found.get("wow64") is (True if layout in WOW64 else None)


@pytest.mark.parametrize("layout", SIGNATURE)
@pytest.mark.parametrize(
    ("level", "words"), [(0, None), (0x31, "light (Antimalware)"), (0x62, "protected (WinTcb)")]
)
def test_the_protection_of_a_process(layout: str, level: int, words: str) -> None:
    image = KernelImage(layout)
    item = image.processes.add("lsass.exe", 0x300)
    image.memory.write(item.address + SIGNATURE[layout], bytes((0x3C, 0x28, level)))
    found = everything(image, item.object)
    assert found.get("protection") == words
    assert (found["signature_level"], found["section_signature_level"]) == ("Windows", "Microsoft")


@pytest.mark.parametrize("level", [0x63, 0x91, 0x10])
def test_a_protection_that_there_is_not(level: int) -> None:
    """A third kind, a ninth signer, a signer of what is not protected."""
    image = KernelImage()
    item = image.processes.add("lsass.exe", 0x300)
    put(image, item.address, SIGNATURE["win10_19041_x64"] + 2, 1, level)
    assert f"0x{level:x}" in said(everything(image, item.object)["protection"])


def test_the_path_of_a_process() -> None:
    image = KernelImage()
    path = r"\Device\HarddiskVolume3\Windows\System32\svchost.exe"
    item = image.processes.add("svchost.exe", 0x300, image_path=path)
    assert everything(image, item.object)["image_path"] == path


def test_what_is_no_process_any_more() -> None:
    image = KernelImage()
    item = image.processes.add("svchost.exe", 0x300)
    put(image, item.address, 0, 1, 6)
    found = everything(image, item.object)
    assert said(found["body"]).endswith("_EPROCESS.Pcb.Header.Type can't be 0x6")
    assert "created" not in found and found["pid"] == 0x300


def test_each_detail_of_a_process_fails_alone() -> None:
    image = KernelImage()
    item = image.processes.add("svchost.exe", 0x300)
    found = lost(image, item.object, 0x5B7, 1)
    assert found.keys() == {"priority_class"}


# _ETHREAD: CreateTime, ExitTime, ExitStatus, StartAddress, Win32StartAddress, CrossThreadFlags (bit
# 0 terminated, 2 hidden, 3 impersonating), IrpList; _KTHREAD: State, WaitReason, SuspendCount, Teb,
# Priority, BasePriority, WaitMode.
THREAD = {
    "winxp_sp3_x86": (
        (0x1C0, 0x1C8, 0x1D0, 0x224, 0x228, 0x248, 0x210),
        (0x2D, 0x5B, 0x1B9, 0x20, 0x33, 0x6C, 0x59),
    ),
    "win7_sp1_x64": (
        (0x360, 0x368, 0x378, 0x388, 0x410, 0x448, 0x3E8),
        (0x164, 0x26B, 0x26C, 0xB8, 0x7B, 0x1F1, 0x167),
    ),
    "win10_14393_x64": (
        (0x5E0, 0x5E8, 0x6F0, 0x608, 0x688, 0x6C0, 0x668),
        (0x184, 0x283, 0x284, 0xF0, 0xC3, 0x233, 0x187),
    ),
    "win10_19041_x64": (
        (0x430, 0x438, 0x548, 0x450, 0x4D0, 0x510, 0x4B0),
        (0x184, 0x283, 0x284, 0xF0, 0xC3, 0x233, 0x187),
    ),
    "win11_22621_x64": (
        (0x480, 0x488, 0x598, 0x4A0, 0x520, 0x560, 0x500),
        (0x184, 0x283, 0x284, 0xF0, 0xC3, 0x233, 0x187),
    ),
}
# The token that is impersonated, with its level: in place of a pointer to both from Vista on.
IMPERSONATION = {
    "winxp_sp3_x86": 0x20C,
    "win7_sp1_x64": 0x3E0,
    "win10_19041_x64": 0x4A8,
}
NAME = {"win10_14393_x64": 0x7C8, "win10_19041_x64": 0x610, "win11_22621_x64": 0x660}


@pytest.mark.parametrize("layout", THREAD)
def test_a_thread(layout: str) -> None:
    (created, ended, status, begin, start, flags, irps), tcb = THREAD[layout]
    state, reason, suspended, teb, priority, base, mode = tcb
    image = KernelImage(layout)
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    at = thread.address
    put(image, at, created, 8, TICKS << 3 if layout == "winxp_sp3_x86" else TICKS)
    put(image, at, ended, 8, at)  # a link, while it runs
    image.memory.set_pointer(at + begin, 0x77001000)
    image.memory.set_pointer(at + start, 0x401000)
    put(image, at, flags, 4, 1 << 2)
    for place, value in ((state, 5), (reason, 15), (suspended, 2), (priority, 9), (base, 8)):
        put(image, at, place, 1, value)
    put(image, at, mode, 1, 1)
    image.memory.set_pointer(at + teb, 0x7FFDF000)
    image.memory.empty_list(at + irps)
    request = image.pool.allocate(0x40)
    image.memory.link(at + irps, request)
    told: Dict[str, Any] = {
        "state": "waiting",
        "wait_reason": "WrQueue",
        "wait_mode": 1,
        "suspend_count": 2,
        "priority": 9,
        "base_priority": 8,
        "teb": 0x7FFDF000,
        "start_address": 0x401000,
        "kernel_start_address": 0x77001000,
        "created": MOMENT,
        "requests": 1,
        "thread_flags": ("hidden from debuggers",),
    }
    found = everything(image, thread.object)
    assert {key: found.get(key) for key in told} == told
    assert not {"ended", "exit_status", "impersonates", "thread_name"} & found.keys()
    put(image, at, flags, 4, 1)
    put(image, at, ended, 8, TICKS)
    put(image, at, status, 4, 3)
    put(image, at, state, 1, 4)
    if layout in NAME:
        image.memory.set_pointer(at + NAME[layout], image.pool.unicode_string("worker"))
    found = everything(image, thread.object)
    assert (found["state"], found["ended"], found["exit_status"]) == ("terminated", MOMENT, 3)
    assert "wait_reason" not in found
    assert found.get("thread_name") == ("worker" if layout in NAME else None)


@pytest.mark.parametrize("layout", IMPERSONATION)
def test_a_thread_that_impersonates(layout: str) -> None:
    image = KernelImage(layout)
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    token = image.tokens.add().address
    place = thread.address + IMPERSONATION[layout]
    if layout == "winxp_sp3_x86":
        old = image.pool.allocate(0x10)
        # Token, CopyOnOpen, EffectiveOnly, ImpersonationLevel
        image.memory.write(old, struct.pack("<IBBxxI", token, 0, 0, 2))
        image.memory.set_pointer(place, old)
    else:
        image.memory.set_pointer(place, token | 4 | 2)
    assert "impersonates" not in everything(image, thread.object)
    put(image, thread.address, THREAD[layout][0][5], 4, 1 << 3)
    found = everything(image, thread.object)
    assert (found["impersonates"], found["impersonation_token"]) == ("impersonation", token)


def test_each_detail_of_a_thread_fails_alone() -> None:
    image = KernelImage()
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    put(image, thread.address, 0x184, 1, 2)  # State: running
    assert lost(image, thread.object, 0x284, 1).keys() == {"suspend_count"}


def test_an_end_that_nothing_proves() -> None:
    image = KernelImage()
    item = image.processes.add("svchost.exe", 0x300)
    put(image, item.address, 0x840, 8, TICKS)
    target = MockTarget(image)
    target.unproved = frozenset(("ExitTime",))
    kernel = Kernel(target)
    found = Objects(kernel).describe(kernel.object(item.object.header), True).details
    for key in ("ended", "exit_status", "exited"):
        assert "nothing in this memory shows where ExitTime lies" in said(found[key])
    assert found["threads"] == 0
