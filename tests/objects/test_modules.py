"""Whose code lies at an address: threads, callbacks and functions of drivers say the module."""

from __future__ import annotations

import struct

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from mocks.user_space import Vads
from pykd_handle.kernel import Kernel
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.objects import Objects
from pykd_handle.objects.modules import Modules

from .bodies import everything, said

# _LDR_DATA_TABLE_ENTRY: DllBase, SizeOfImage, BaseDllName; links in front.
ENTRY = {
    "winxp_sp3_x86": (0x18, 0x20, 0x2C),
    "win7_sp1_x64": (0x30, 0x40, 0x58),
    "win10_19041_x64": (0x30, 0x40, 0x58),
    "win11_26100_x64": (0x30, 0x40, 0x58),
}


def load(image: KernelImage, name: str, base: int, size: int) -> int:
    at, length, text = ENTRY[image.build.name]
    entry = image.pool.allocate(0x140)
    image.memory.link(image.globals.address("PsLoadedModuleList"), entry)
    image.memory.set_pointer(entry + at, base)
    image.memory.write(entry + length, struct.pack("<I", size))
    data = name.encode("utf-16-le")
    buffer = image.pool.allocate(0x40)
    image.memory.write(buffer, data)
    image.memory.write(entry + text, struct.pack("<HH", len(data), len(data)))
    image.memory.set_pointer(entry + text + image.build.pointer_size, buffer)
    return entry


@pytest.mark.parametrize("layout", ENTRY)
def test_an_address_in_a_module(layout: str) -> None:
    image = KernelImage(layout)
    base = image.base + 0x2000000
    load(image, "disk.sys", base + 0x10000, 0x4000)
    second = load(image, "ndis.sys", base, 0x8000)
    modules = Modules(Kernel(MockTarget(image)))
    assert modules.place(base + 0x10000) == "disk.sys+0x0"
    assert modules.place(base + 0x13FFF) == "disk.sys+0x3fff"
    assert modules.place(base + 0x14000) is modules.place(base - 1) is None
    assert modules.place(base + 0x7) == "ndis.sys+0x7"
    assert modules.place(image.base + 0x10) == "ntoskrnl.exe+0x10"
    # Without its name one module is not told; a list that breaks tells of none.
    image.memory.drop(image.memory.pointer(second + ENTRY[layout][2] + image.build.pointer_size), 4)
    modules = Modules(Kernel(MockTarget(image)))
    assert modules.place(base + 0x7) is None and modules.place(base + 0x10000) is not None
    image.memory.set_pointer(second, second)
    assert Modules(Kernel(MockTarget(image))).place(base + 0x10000) is None


def test_of_a_machine_that_runs_no_modules_are_read() -> None:
    image = KernelImage()
    target = MockTarget(image)
    kernel = Kernel(target)
    target.round_trips = True
    before = len(target.log)
    assert Modules(kernel).place(image.base) is None and len(target.log) == before


def test_code_of_the_kernel_has_the_names_of_its_symbols() -> None:
    image = KernelImage()
    target = MockTarget(image)
    kernel = Kernel(target)
    target.round_trips = True  # symbols cost no question
    place = image.globals.address("PsInitialSystemProcess")
    before = len(target.log)
    assert Modules(kernel).place(place) == "nt!PsInitialSystemProcess"
    assert Modules(kernel).place(place + 5) == "nt!PsInitialSystemProcess+0x5"
    assert len(target.log) == before
    # A program's code is in its own memory, where the debugger may see another's.
    target.name_at = lambda address: "kernel32!BaseThreadStart"  # type: ignore[method-assign]
    assert Modules(kernel).place(0x77001000) is None
    link = image.objects.symbolic_link(r"\GLOBAL??\D:", "")
    image.objects.call_back(link, place, 0)
    assert everything(image, link)["callback_module"] == "nt!PsInitialSystemProcess"


def test_who_says_it() -> None:
    image = KernelImage()
    base = image.base + 0x2000000
    load(image, "disk.sys", base, 0x4000)
    thread = image.processes.add_thread(image.processes.system, 0x20)
    image.memory.set_pointer(thread.address + 0x4D0, base + 0x10)  # Win32StartAddress
    assert everything(image, thread.object)["start_symbol"] == "disk.sys+0x10"
    driver = image.files.driver("disk")
    image.globals.offsets["IopInvalidDeviceRequest"] = 0x2000
    image.memory.set_pointer(driver.address + 0x18, image.base + 0x3000000)  # DriverStart
    image.memory.set_pointer(driver.address + 0x70, base + 0x20)  # MajorFunction[0]
    told = everything(image, driver)["functions_outside"]
    assert told == (f"0: 0x{base + 0x20:x} disk.sys+0x20",)
    # All who say it have it from one list, which is read once.
    target = MockTarget(image)
    kernel = KernelMode(target)
    for item in (thread.object, driver):
        kernel.describe(kernel.object(item.header), everything=True)
    assert kernel.code_at(base + 0x30) == "disk.sys+0x30"
    head = image.globals.address("PsLoadedModuleList")
    assert [place for place, _ in target.log].count(head) == 1


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x64"])
def test_a_thread_of_a_program(layout: str) -> None:
    """Its process's regions tell, which are memory of the kernel."""
    image = KernelImage(layout)
    process = image.processes.add("a.exe", 0x104)
    thread = image.processes.add_thread(process, 0x108)
    begin = {"winxp_sp3_x86": 0x228, "win7_sp1_x64": 0x410, "win10_19041_x64": 0x4D0}[layout]
    vads = Vads(image, process)
    dll = image.files.open(r"\Windows\System32\kernel32.dll")
    vads.add(0x76000000, 0x100000, dll, image=True)
    vads.add(0x10000, 0x10000, section=True)
    vads.add(0x400000, 0x8000)
    for address, told in (
        (0x76012340, "kernel32.dll+0x12340"),
        (0x10080, "shared memory+0x80"),
        (0x400100, "private memory+0x100"),
        (0x70000000, None),
        (0, None),
    ):
        image.memory.set_pointer(thread.address + begin, address)
        found = everything(image, thread.object)
        assert found["start_address"] == address
        if told == "private memory+0x100" and layout != "win10_19041_x64":
            # These symbols lack the flag: without a control area it may be anything.
            assert "PrivateMemory" in said(found["start_symbol"])
        else:
            assert found.get("start_symbol") == told
    # Nobody asks a machine that runs for that, and a file that can't be read says so.
    image.memory.set_pointer(thread.address + begin, 0x76012340)
    target = MockTarget(image)
    target.round_trips = True
    kernel = Kernel(target)
    described = Objects(kernel).describe(kernel.object(thread.object.header), True)
    assert "start_symbol" not in described.details
    image.memory.drop(dll.address, 0x80, "in the page file")
    assert said(everything(image, thread.object)["start_symbol"]).endswith("in the page file")
