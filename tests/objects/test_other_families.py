"""Ports, registrations, jobs, debug objects, window stations: everything that is told of them."""

from __future__ import annotations

import struct
from typing import Any, Dict

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.objects import Objects
from pykd_handle.values import Details

from .bodies import dispatcher, everything, lost, put, said

# _ALPC_PORT: CommunicationInfo, OwnerProcess, PortAttributes.Flags, the state (None: not in the
# symbols), the queues in the order of their words.
PORT = {
    "vista_sp2_x86": (0x8, 0xC, 0x88, 0xD0, (0xE0, 0xE8, 0xE4, 0xEC, 0xF0)),
    "win7_sp1_x64": (0x10, 0x18, 0xD0, 0x16C, (0x188, 0x190, 0x18C, 0x194, 0x198)),
    "win81_x64": (0x10, 0x18, 0xE8, 0x188, (0x1A8, 0x1AC, 0x1B0, 0x1B4, 0x1B8)),
    "win10_19041_x64": (0x10, 0x18, 0x100, 0x1A0, (0x1C0, 0x1C4, 0x1C8, 0x1CC, 0x1D0, 0x1D4)),
    "win11_22621_x64": (0x10, 0x18, 0x100, 0x1A0, (0x1C0, 0x1C4, 0x1C8, 0x1CC, 0x1D0, 0x1D4)),
    "win11_26100_x64": (0x10, 0x18, 0x100, None, (0x1C0, 0x1C4, 0x1C8, 0x1CC, 0x1D0, 0x1D4)),
}


@pytest.mark.parametrize("layout", PORT)
def test_an_alpc_port(layout: str) -> None:
    info, owner, attributes, state, queues = PORT[layout]
    image = KernelImage(layout)
    wide = image.build.pointer_size
    server = image.objects.make("ALPC Port", r"\RPC Control\epmapper", size=0x1E0)
    ours, client = (image.objects.make("ALPC Port", None, size=0x1E0) for _ in range(2))
    services, smss = (
        image.processes.add("services.exe", 0x200),
        image.processes.add("smss.exe", 0x138),
    )
    shared = image.pool.allocate(0x50)
    for number, (port, process) in enumerate(
        ((server, services), (ours, services), (client, smss))
    ):
        image.memory.set_pointer(shared + number * wide, port.address)
        image.memory.set_pointer(port.address + info, shared)
        image.memory.set_pointer(port.address + owner, process.address)
    put(image, client.address, attributes, 4, 0x10000 | 0x80000)
    if state is not None:
        put(image, client.address, state, 4, 1 | 1 << 5)
    for number, place in enumerate(queues):
        put(image, client.address, place, 4, number + 1)
    found = everything(image, client)
    told: Dict[str, Any] = {
        "role": "client",
        "owner_process": "smss.exe Cid 0138",
        "peers": (
            f"connection 0x{server.address:x} services.exe Cid 0200",
            f"server 0x{ours.address:x} services.exe Cid 0200",
        ),
        "connection_port": r"\RPC Control\epmapper",
        "state": None if state is None else ("initialized", "disconnected"),
        "port_flags": ("impersonation allowed", "handles allowed"),
    }
    assert {key: found.get(key) for key in told} == told
    names = ["main", "large", "pending", "direct", "canceled", "wait"]
    if len(queues) == 5:
        names.remove("direct")
    assert found["queues"] == tuple(f"{name}: {n + 1}" for n, name in enumerate(names))
    assert everything(image, server)["role"] == "connection"
    assert "connection_port" not in everything(image, server)
    image.memory.set_pointer(client.address + owner, smss.address | 1)
    assert "owner_process" not in everything(image, client)
    image.memory.set_pointer(shared + 2 * wide, 0)
    why = said(everything(image, client)["role"])
    assert why.endswith("the communication info is another object's")


# _ETW_REG_ENTRY: GuidEntry, Process, Callback, Flags, EnableMask; Guid in the entry; Traits.
ETW: Dict[str, Any] = {
    "vista_sp2_x86": (0x8, 0x24, 0x24, 0xE, 0x10, 0xC, None),
    "win7_sp1_x64": (0x10, 0x40, 0x40, 0x1A, 0x1C, 0x14, None),
    "win81_x64": (0x10, 0x38, 0x40, 0x4A, 0x4B, 0x18, None),
    "win10_17763_x64": (0x20, 0x50, 0x58, 0x62, 0x64, 0x18, (0x68, 0x1C)),
    "win10_19041_x64": (0x20, 0x50, 0x58, 0x62, 0x64, 0x28, (0x68, 0x1C)),
    "win10_19041_x86": (0x10, 0x28, 0x2C, 0x32, 0x34, 0x14, (0x38, 0x10)),
    "win11_22621_x64": (0x20, 0x50, 0x58, 0x62, 0x64, 0x28, (0x68, 0x1C)),
}


@pytest.mark.parametrize("layout", ETW)
def test_a_registration_for_tracing(layout: str) -> None:
    entry, process, callback, flags, mask, guid, traits = ETW[layout]
    image = KernelImage(layout)
    item = image.objects.make("EtwRegistration", None, size=0x80)
    at = item.address
    place = image.pool.allocate(0x1B0)
    image.memory.set_pointer(at + entry, place)
    image.memory.write(place + guid, bytes.fromhex("33221100554477668899aabbccddeeff"))
    put(image, at, mask, 1, 5)
    put(image, at, flags, 1, 1)
    code = image.pool.allocate(0x40)
    image.memory.set_pointer(at + callback, code)
    found = everything(image, item)
    assert found["provider"] == "{00112233-4455-6677-8899-aabbccddeeff}"
    assert found["enable_mask"] == 5
    assert "registered_by" not in found
    assert found["callback"] == code
    told = "0x1" if layout in ("vista_sp2_x86", "win7_sp1_x64") else "kernel"
    assert found["registration_flags"] == (told,)
    image.memory.set_pointer(at + process, image.processes.add("smss.exe", 0x138).address)
    found = everything(image, item)
    assert found["registered_by"] == "smss.exe Cid 0138" and "callback" not in found
    assert "provider_name" not in found
    if traits is not None:
        text = b"Contoso.Provider\0"
        where = image.pool.allocate(0x60)
        image.memory.write(where + traits[1], struct.pack("<H", 2 + len(text)) + text)
        image.memory.set_pointer(at + traits[0], where)
        assert everything(image, item)["provider_name"] == "Contoso.Provider"
        image.memory.write(where + traits[1], b"\xff\xff")
        assert "provider_name" not in everything(image, item)


# _EJOB: ProcessListHead, TotalProcesses, ActiveProcesses, LimitFlags, JobMemoryLimit, SessionId,
# UIRestrictionsClass; _EPROCESS.JobLinks.
JOB = {
    "winxp_sp3_x86": (0x18, 0x7C, 0x80, 0x98, 0x13C, 0xCC, 0xB0, 0x184),
    "win7_sp1_x64": (0x28, 0xC4, 0xC8, 0xF0, 0x188, 0x148, 0x130, 0x2F0),
    "win10_14393_x64": (0x28, 0xD4, 0xD8, 0x100, 0x248, 0x1E0, 0x1C0, 0x470),
    "win10_19041_x64": (0x28, 0xD4, 0xD8, 0x100, 0x248, 0x1E0, 0x1C0, 0x5C8),
    "win11_22621_x64": (0x28, 0xD4, 0xD8, 0x100, 0x2A8, 0x240, 0x220, 0x5C8),
}
SILO = {  # ParentJob, JobFlags, ContainerId
    "win10_14393_x64": (0x420, 0x518, 0x4D8),
    "win10_19041_x64": (0x430, 0x528, 0x4D8),
    "win11_22621_x64": (0x500, 0x5F8, 0x5A8),
}


@pytest.mark.parametrize("layout", JOB)
def test_a_job(layout: str) -> None:
    members, total, active, limits, memory, session, ui, links = JOB[layout]
    image = KernelImage(layout)
    item = dispatcher(image, "Job", 0, 0, size=0x740)
    at = item.address
    image.memory.empty_list(at + members)
    smss = image.processes.add("smss.exe", 0x138)
    image.memory.link(at + members, smss.address + links)
    for place, value in ((total, 5), (active, 1), (session, 2), (ui, 0x41)):
        put(image, at, place, 4, value)
    put(image, at, limits, 4, 0x2200)
    put(image, at, memory, image.build.pointer_size, 16)
    told: Dict[str, Any] = {
        "members": ("smss.exe Cid 0138",),
        "total": 5,
        "active": 1,
        "session": 2,
        "limits": ("job memory", "kill on close"),
        "job_memory_limit": 0x10000,
        "ui_restrictions": ("handles", "desktop"),
    }
    found = everything(image, item)
    assert {key: found.get(key) for key in told} == told
    assert not {"silo", "parent_job", "container", "active_limit"} & found.keys()
    if layout in SILO:
        parent, flags, container = SILO[layout]
        image.memory.set_pointer(at + parent, item.address)
        put(image, at, flags, 4, 1 << 30)
        image.memory.write(at + container, bytes(15) + b"\x01")
        found = everything(image, item)
        assert (found["silo"], found["parent_job"]) == (True, item.address)
        assert found["container"] == "{00000000-0000-0000-0000-000000000001}"


# _EPROCESS.DebugPort
DEBUG_PORT = {
    "winxp_sp3_x86": 0xBC,
    "win7_sp1_x64": 0x1F0,
    "win10_19041_x64": 0x578,
    "win11_22621_x64": 0x578,
    "win11_26100_x64": 0x308,
}


@pytest.mark.parametrize("layout", DEBUG_PORT)
def test_a_debug_object(layout: str) -> None:
    image = KernelImage(layout)
    wide = image.build.pointer_size
    item = dispatcher(image, "DebugObject", 0, 1, size=0x80)
    events = item.address + (0x30 if wide == 4 else 0x50)
    image.memory.empty_list(events)
    put(image, events, 2 * wide, 4, 2)
    port = DEBUG_PORT[layout]
    smss = image.processes.add("smss.exe", 0x138)
    image.memory.set_pointer(smss.address + port, item.address)
    image.processes.add("csrss.exe", 0x200)
    told: Dict[str, Any] = {
        "debuggees": ("smss.exe Cid 0138",),
        "events": 0,
        "kill_on_close": True,
        "set": True,
    }
    found = everything(image, item)
    assert {key: found[key] for key in told} == told
    image.memory.set_pointer(events, events + 8)
    found = everything(image, item)
    said(found["events"])
    said(found["kill_on_close"])
    assert found["debuggees"] == ("smss.exe Cid 0138",)


def test_a_window_station_of_windows_7() -> None:
    image = KernelImage("win7_sp1_x64")
    item = image.objects.window_station("WinSta0", 1)
    put(image, item.address, 0, 4, 1)
    put(image, item.address, 0x60, 4, 6)
    found = everything(image, item)
    assert (found["session"], found["interactive"], found["clipboard_formats"]) == (1, True, 6)
    put(image, item.address, 0x20, 4, 4)
    assert everything(image, item)["interactive"] is False
    desktop = image.objects.desktop("Default")
    put(image, desktop.address, 0, 4, 1)
    image.memory.set_pointer(desktop.address + 0x20, item.address)
    put(image, desktop.address, 0x88, 4, 0x1400)
    found = everything(image, desktop)
    assert (found["session"], found["heap_size"]) == (1, 0x1400)
    assert found["window_station"] == r"\Sessions\1\Windows\WindowStations\WinSta0"


def test_other_systems_tell_the_session_of_a_window_station_by_its_directory() -> None:
    image = KernelImage()
    found = everything(image, image.objects.window_station("WinSta0", 3))
    assert found["session"] == 3 and found["body"] is False
    assert "interactive" not in found
    assert everything(image, image.objects.desktop())["body"] is False


def test_each_detail_fails_alone() -> None:
    image = KernelImage()
    item = dispatcher(image, "Job", 0, 0, size=0x740)
    image.memory.empty_list(item.address + 0x28)
    image.memory.empty_list(item.address + 0x420)
    assert lost(image, item, 0x1E0, 4).keys() == {"session"}


def without_symbols(image: KernelImage, item: Any) -> Details:
    target = MockTarget(image)
    target.symbols_recovered = True
    kernel = Kernel(target)
    return Objects(kernel).describe(kernel.object(item.header), True).details


def test_without_symbols_what_updates_moved_is_proved_or_not_told() -> None:
    image = KernelImage("win10_17763_x64")
    item = image.objects.etw_registration()
    guid = image.pool.allocate(0x200)
    image.memory.set_pointer(item.address + 0x20, guid)
    image.memory.write(guid + 0x18, bytes(range(16)))
    assert "nothing in this memory shows" in said(without_symbols(image, item)["provider"])
    image.memory.empty_list(guid + 0x28)  # RegListHead
    assert without_symbols(image, item)["provider"] == "{03020100-0504-0706-0809-0a0b0c0d0e0f}"
    image = KernelImage("win10_17763_x64")
    job = dispatcher(image, "Job", 0, 0, size=0x740)
    image.memory.empty_list(job.address + 0x420)
    put(image, job.address, 0x518, 4, 1 << 30)
    silo = image.pool.allocate(0x500)
    image.memory.set_pointer(job.address + 0x4E8, silo)
    put(image, silo, 0x440, 4, 1)
    assert "nothing in this memory shows" in said(without_symbols(image, job)["silo_state"])
    data = "\\Silos\\4".encode("utf-16-le")
    image.memory.write(silo + 0x428, struct.pack("<HH", len(data), len(data)))
    image.memory.set_pointer(silo + 0x430, silo + 0x480)
    image.memory.write(silo + 0x480, data)
    assert without_symbols(image, job)["silo_state"] == "started"
