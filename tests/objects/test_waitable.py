"""Events, mutants, semaphores, timers, completion ports, and who waits for them."""

from __future__ import annotations

import struct
from datetime import datetime, timezone
from typing import Any, Dict, Tuple

import pytest

from mocks.kernel_image import KernelImage
from pykd_handle.values import Hex

from .bodies import dispatcher, everything, lost, put, said, wait

BUILDS = ("winxp_sp3_x86", "win7_sp1_x64", "win8_x64", "win10_19041_x64", "win11_22621_x64")
# Where _KWAIT_BLOCK.Thread lies: Windows 8 moved it.
WAITER = {
    "winxp_sp3_x86": 0x8,
    "win7_sp1_x64": 0x10,
    "win7_sp1_x86": 0x8,
    "win8_x64": 0x18,
    "win10_19041_x64": 0x18,
    "win10_19041_x86": 0xC,
    "win11_22621_x64": 0x18,
}


def only(details: Dict[str, Any], *keys: str) -> Dict[str, Any]:
    return {key: details[key] for key in keys if key in details}


@pytest.mark.parametrize("layout", BUILDS)
@pytest.mark.parametrize("kind", [0, 1, 0x81])  # bit 7 is a lock
@pytest.mark.parametrize("state", [0, 1])
def test_an_event(layout: str, kind: int, state: int) -> None:
    image = KernelImage(layout)
    details = everything(image, dispatcher(image, "Event", kind, state))
    told = {"waiters": (), "auto_reset": bool(kind & 1), "set": bool(state)}
    assert only(details, *told) == told


def test_without_everything_an_event_is_read_and_told_as_before() -> None:
    from mocks.target import MockTarget
    from pykd_handle.kernel import Kernel
    from pykd_handle.objects import Objects

    image = KernelImage()
    item = dispatcher(image, "Event", 0, 1)
    target = MockTarget(image)
    kernel = Kernel(target)
    found = kernel.object(item.header)
    del target.log[:]
    assert Objects(kernel).describe(found).details == {}
    assert not target.log


@pytest.mark.parametrize("kind", [2, 5, 0x7F])
def test_a_body_that_is_no_event(kind: int) -> None:
    image = KernelImage()
    details = everything(image, dispatcher(image, "Event", kind, 1))
    assert said(details["body"]).endswith(f"_DISPATCHER_HEADER.Type can't be 0x{kind:x}")
    assert "set" not in details and "waiters" not in details


def test_each_detail_of_an_event_fails_alone() -> None:
    image = KernelImage()
    found = lost(image, dispatcher(image, "Event", 1, 1), 4, 4)
    assert found.keys() == {"set"} and found["set"].endswith("in the page file")
    image = KernelImage()
    assert lost(image, dispatcher(image, "Event", 1, 1), 8, 16).keys() == {"waiters"}


@pytest.mark.parametrize("layout", WAITER)
def test_who_waits(layout: str) -> None:
    image = KernelImage(layout)
    item = dispatcher(image, "Event", 0, 0)
    smss = image.processes.add("smss.exe", 0x138)
    wait(image, item, image.processes.add_thread(smss, 0x13C), WAITER[layout])
    wait(image, item, image.processes.add_thread(smss, 0x140), WAITER[layout])
    assert everything(image, item)["waiters"] == (
        "smss.exe Cid 0138.013c",
        "smss.exe Cid 0138.0140",
    )


def test_a_list_of_waits_that_breaks() -> None:
    image = KernelImage()
    item = dispatcher(image, "Event", 0, 0)
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    first, second = (wait(image, item, thread, 0x18) for _ in range(2))
    image.memory.set_pointer(second + 8, item.address)  # its Blink
    details = everything(image, item)
    assert said(details["waiters"]) == f"0x{second:x}: the list of waits is broken"
    assert details["set"] is False
    image.memory.set_pointer(second + 8, first)
    image.memory.set_pointer(item.address + 0x10, item.address + 8)  # the head's Blink
    assert "the list of waits is broken" in said(everything(image, item)["waiters"])
    image.memory.set_pointer(item.address + 0x10, second)
    image.memory.set_pointer(second, second)
    image.memory.set_pointer(first, first)
    image.memory.set_pointer(first + 8, first)
    assert "the list of waits is broken" in said(everything(image, item)["waiters"])


def test_a_queue_waits_in_place_of_a_thread() -> None:
    image = KernelImage()
    item = dispatcher(image, "Event", 0, 0)
    queue = dispatcher(image, "IoCompletion", 4, 0)
    block = image.pool.allocate(0x30)
    image.memory.link(item.address + 8, block)
    image.memory.set_pointer(block + 0x18, queue.address)
    assert everything(image, item)["waiters"] == (f"queue 0x{queue.address:x}",)


# OwnerThread and Abandoned of _KMUTANT; a byte up to 17763, a bit beside others from 18362 on.
MUTANT = {
    "winxp_sp3_x86": (0x18, 0x1C, 1),
    "win7_sp1_x64": (0x28, 0x30, 1),
    "win10_17763_x64": (0x28, 0x30, 1),
    "win10_19041_x64": (0x28, 0x30, 3),
    "win11_22621_x64": (0x28, 0x30, 3),
}


@pytest.mark.parametrize("layout", MUTANT)
def test_a_mutant_that_is_owned(layout: str) -> None:
    owner, abandoned, flags = MUTANT[layout]
    image = KernelImage(layout)
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    item = dispatcher(image, "Mutant", 2, -1)
    image.memory.set_pointer(item.address + owner, thread.address)
    told = {
        "owned": True,
        "count": -1,
        "abandoned": False,
        "owner_pid": 0x138,
        "owner_tid": 0x13C,
        "owner_image": "smss.exe",
    }
    assert only(everything(image, item), *told) == told
    put(image, item.address, abandoned, 1, flags)
    put(image, item.address, abandoned + 1, 1, 1)  # ApcDisable
    found = everything(image, item)
    assert found["abandoned"] is True and found["kernel_mutex"] is True
    put(image, item.address, abandoned, 1, flags & ~1)
    assert everything(image, item)["abandoned"] is False


def test_a_mutant_that_is_free() -> None:
    image = KernelImage()
    found = everything(image, dispatcher(image, "Mutant", 2, 1))
    assert only(found, "owned", "count", "owner_pid") == {"owned": False, "count": 1}
    assert "kernel_mutex" not in found


@pytest.mark.parametrize("owner", [0x41414141, 0xFFFFAD0400000010])
def test_a_mutant_whose_owner_leads_nowhere(owner: int) -> None:
    image = KernelImage()
    item = dispatcher(image, "Mutant", 2, 0)
    image.memory.set_pointer(item.address + 0x28, owner)
    found = everything(image, item)
    assert found["owned"] is True
    for key in ("owner_pid", "owner_tid", "owner_image"):
        said(found[key])


def test_a_mutant_owned_by_no_thread() -> None:
    image = KernelImage()
    item = dispatcher(image, "Mutant", 2, 0)
    image.memory.set_pointer(item.address + 0x28, dispatcher(image, "Event", 0, 0).address)
    assert said(everything(image, item)["owner_pid"]).endswith("there is no thread here")


@pytest.mark.parametrize(
    ("layout", "limit"),
    [
        ("winxp_sp3_x86", 0x10),
        ("win7_sp1_x64", 0x18),
        ("win10_19041_x64", 0x18),
        ("win11_22621_x64", 0x18),
    ],
)
def test_a_semaphore(layout: str, limit: int) -> None:
    image = KernelImage(layout)
    item = dispatcher(image, "Semaphore", 5, 7)
    put(image, item.address, limit, 4, 0x7FFF)
    found = everything(image, item)
    assert only(found, "count", "limit", "waiters") == {
        "count": 7, "limit": 0x7FFF, "waiters": ()
    }  # fmt: skip


# DueTime, _KTIMER.Period, _ETIMER.Period, ApcAssociated, TimerApc.Thread, WakeTimer or WakeReason.
TIMER = {
    "winxp_sp3_x86": (0x10, 0x24, 0x84, 0x88, 0x30, 0x89),
    "vista_sp2_x86": (0x10, 0x24, 0x84, 0x88, 0x30, 0x89),
    "win7_sp1_x64": (0x18, 0x3C, 0xF0, 0xF4, 0x48, 0xF8),
    "win8_x64": (0x18, 0x3C, 0xF0, 0xF4, 0x50, 0xF8),
    "win10_19041_x64": (0x18, 0x3C, 0xF0, 0xF4, 0x50, 0xF8),
    "win11_22621_x64": (0x18, 0x3C, 0xF0, 0xF4, 0x50, 0xF8),
}
SHARED = {4: 0xFFDF0000, 8: 0xFFFFF78000000000}
NOW, NOON = 0x123456789A, 0x01DA3C7A_6A5B4000  # FILETIME of the second: 2024-01-01 ...


def clocks(image: KernelImage) -> None:
    """The page of the clocks: InterruptTime at 8, SystemTime at 0x14."""
    form = "<IiiIii"
    data = struct.pack(form, NOW & 0xFFFFFFFF, NOW >> 32, NOW >> 32, 0, 0, 0)
    data = data[:12] + struct.pack("<Iii", NOON & 0xFFFFFFFF, NOON >> 32, NOON >> 32)
    image.memory.write(SHARED[image.build.pointer_size] + 8, data)


@pytest.mark.parametrize("layout", TIMER)
def test_a_timer(layout: str) -> None:
    due, _, period, apc, apc_thread, wake = TIMER[layout]
    image = KernelImage(layout)
    clocks(image)
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    item = dispatcher(image, "Timer", 9, 0)
    assert everything(image, item)["armed"] is False
    assert "due_at" not in everything(image, item)
    # Inserted is a byte up to Vista, bit 6 of the same one later.
    put(image, item.address, 3, 1, 1 if layout in ("winxp_sp3_x86", "vista_sp2_x86") else 0x40)
    put(image, item.address, due, 8, NOW + 90 * 10_000_000)
    put(image, item.address, period, 4, 250)
    put(image, item.address, apc, 1, 1)
    image.memory.set_pointer(item.address + apc_thread, thread.address)
    put(image, item.address, wake, 1, 8)
    seconds = (NOON - 116444736000000000) // 10_000_000
    told = {
        "auto_reset": True,
        "set": False,
        "armed": True,
        "due_time": Hex(NOW + 90 * 10_000_000),
        "remaining_ms": 90_000,
        "due_at": datetime.fromtimestamp(seconds + 90, timezone.utc).replace(
            microsecond=NOON // 10 % 1_000_000
        ),
        "period_ms": 250,
        "apc_thread": "smss.exe Cid 0138.013c",
        "wakes": True,
    }
    assert only(everything(image, item), *told) == told


def test_a_timer_without_the_clocks() -> None:
    image = KernelImage()
    image.memory.drop(SHARED[8], 0x1000, "in the page file")
    item = dispatcher(image, "Timer", 8, 1)
    put(image, item.address, 3, 1, 0x40)
    put(image, item.address, 0x18, 8, NOW)
    found = everything(image, item)
    assert only(found, "set", "auto_reset", "due_time") == {
        "set": True, "auto_reset": False, "due_time": NOW
    }  # fmt: skip
    assert said(found["remaining_ms"]).startswith("0xfffff7800000000")


def test_before_windows_8_the_period_is_the_kernel_timers_too() -> None:
    image = KernelImage("winxp_sp3_x86")
    item = dispatcher(image, "Timer", 8, 0)
    put(image, item.address, 0x24, 4, 40)
    assert everything(image, item)["period_ms"] == 40


@pytest.mark.parametrize(
    ("layout", "due", "period", "flags"),
    [
        ("win10_1507_x64", 0x48, 0x58, 0x81),
        ("win10_19041_x64", 0x48, 0x58, 0x81),
        ("win10_19041_x86", 0x28, 0x38, 0x51),
        ("win11_22621_x64", 0x48, 0x58, 0x81),
    ],
)
def test_an_irtimer(layout: str, due: int, period: int, flags: int) -> None:
    image = KernelImage(layout)
    clocks(image)
    item = dispatcher(image, "IRTimer", 25, 0)
    put(image, item.address, due, 8, NOW + 20_000)
    put(image, item.address, period, 8, 150_000)
    put(image, item.address, flags, 1, 0b0110)
    told = {
        "auto_reset": True,
        "remaining_ms": 2,
        "period_ms": 15,
        "modes": ("idle resilient", "high resolution"),
    }
    assert only(everything(image, item), *told) == told


def test_an_irtimer_of_windows_8_tells_its_header_alone() -> None:
    image = KernelImage("win8_x64")
    found = everything(image, dispatcher(image, "IRTimer", 8, 1))
    assert only(found, "auto_reset", "set", "due_time", "period_ms", "modes", "body") == {
        "auto_reset": False, "set": True
    }  # fmt: skip


# MaximumCount of _KQUEUE (CurrentCount in front of it), ThreadListHead, QueueListEntry of _KTHREAD.
QUEUE = {
    "winxp_sp3_x86": (0x1C, 0x20, 0x118),
    "win7_sp1_x64": (0x2C, 0x30, 0x1C8),
    "win10_19041_x64": (0x2C, 0x30, 0x208),
    "win11_22621_x64": (0x2C, 0x30, 0x208),
}


@pytest.mark.parametrize("layout", QUEUE)
def test_a_completion_port(layout: str) -> None:
    most, threads, entry = QUEUE[layout]
    image = KernelImage(layout)
    item = dispatcher(image, "IoCompletion", 4, 12)
    put(image, item.address, most - 4, 4, 2)
    put(image, item.address, most, 4, 8)
    image.memory.empty_list(item.address + threads)
    assert everything(image, item)["threads"] == ()
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    image.memory.link(item.address + threads, thread.address + entry)
    told: Dict[str, Any] = {
        "queued": 12,
        "concurrency": 8,
        "running": 2,
        "threads": ("smss.exe Cid 0138.013c",),
    }
    assert only(everything(image, item), *told) == told


def test_a_completion_port_whose_header_says_priority_queue() -> None:
    image = KernelImage()
    item = dispatcher(image, "IoCompletion", 21, 3, size=0x2B0)
    put(image, item.address, 0x218, 4, 1)
    put(image, item.address, 0x218 + 31 * 4, 4, 2)
    put(image, item.address, 0x298, 4, 16)
    image.memory.empty_list(item.address + 0x2A0)
    told: Dict[str, Tuple[Any, ...]] = {"threads": ()}
    numbers = {"queued": 3, "concurrency": 16, "running": 3}
    assert only(everything(image, item), *told, *numbers) == {**told, **numbers}
