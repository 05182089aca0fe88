"""Processes: the fields of one, and the list of all."""

from typing import List

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.kernel.process import BrokenList, Process
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, Unavailable


def kernel(image: KernelImage) -> Kernel:
    return Kernel(MockTarget(image))


def three(image: KernelImage) -> "List[object]":
    return [
        image.processes.add("smss.exe", 0x138, peb=0x7F6639BF000, dirbase=0x10CB74000),
        image.processes.add("csrss.exe", 0x1BC, parent=0x138, session=0),
        image.processes.add("longestname.exe", 0x1514, parent=0x170C, session=1),
    ]


def test_the_fields_of_a_process(image: KernelImage) -> None:
    smss, csrss, long = three(image)
    processes = kernel(image).processes
    read = processes.read
    assert read(smss.address)[:8] == (
        smss.address, 0x138, 4, 0x7F6639BF000, 0x10CB74000, smss.table.address, "smss.exe",
        NO_VALUE,
    )  # fmt: skip
    assert processes.exited(read(smss.address)) is False
    assert read(csrss.address).session == 0
    assert read(long.address).session == 1
    # 14 characters and no terminator where the array is full: the kernel cuts what is longer.
    assert read(long.address).image == "longestname.ex"


def test_when_a_process_was_created(image: KernelImage) -> None:
    """In 100 ns since 1601: a time before NT is none."""
    smss, *_ = three(image)
    for stored in (0, 5):
        smss.view["CreateTime.QuadPart"] = stored
        subject = kernel(image).processes
        found = subject.created(subject.read(smss.address))
        assert found is NO_VALUE if not stored else words(found).endswith("0x5 is no time")


def test_the_list_of_processes(image: KernelImage) -> None:
    made = three(image)
    found = list(kernel(image).processes.all())
    assert [item.address for item in found] == [image.processes.system.address] + [
        process.address for process in made
    ]


def test_a_process_is_read_once(image: KernelImage) -> None:
    made = three(image)
    target = MockTarget(image)
    subject = Kernel(target)
    list(subject.processes.all())
    target.log.clear()
    for process in made:
        subject.processes.read(process.address)
    assert target.log == []


def test_a_broken_list_is_taken_from_its_other_end(image: KernelImage) -> None:
    made = three(image)
    links = made[1].view.at("ActiveProcessLinks")
    image.memory.drop(links, 8, "in the page file")  # Flink only
    found = list(kernel(image).processes.all())
    assert [item.address for item in found if isinstance(item, Process)] == [
        image.processes.system.address,
        made[0].address,
        made[1].address,
        made[2].address,
    ]
    (broken,) = [item for item in found if isinstance(item, BrokenList)]
    assert "in the page file" in words(broken.reason) and "1 more found" in words(broken.reason)


def test_a_list_that_runs_in_a_circle_ends(image: KernelImage) -> None:
    made = three(image)
    image.spoil.process_list(made[1], made[0])
    found = list(kernel(image).processes.all())
    addresses = [item.address for item in found if isinstance(item, Process)]
    assert sorted(addresses) == sorted(
        [image.processes.system.address] + [process.address for process in made]
    )
    assert any(isinstance(item, BrokenList) and "circle" in words(item.reason) for item in found)


def test_a_link_that_leads_nowhere_ends(image: KernelImage) -> None:
    made = three(image)
    image.memory.set_pointer(made[0].view.at("ActiveProcessLinks"), 0x4141414141414141)
    found = list(kernel(image).processes.all())
    assert len([item for item in found if isinstance(item, Process)]) == 4
    assert any(isinstance(item, BrokenList) and "nowhere" in words(item.reason) for item in found)


def test_a_process_of_which_a_part_is_missing(image: KernelImage) -> None:
    made = three(image)
    view = made[0].view
    image.memory.drop(view.at("ImageFileName"), 15)
    read = kernel(image).processes.read(made[0].address)
    assert isinstance(read.image, Unavailable)
    assert (read.pid, read.object_table) == (0x138, made[0].table.address)


def test_the_kernel_table_is_found_without_its_symbol(image: KernelImage, mocker) -> None:
    subject = kernel(image)
    image.memory.drop(image.globals.address("ObpKernelHandleTable"), 8)
    assert subject.kernel_table_address() == image.processes.system.table.address
