"""The public nouns over a kernel, as a script uses them; what they hold stands in the image."""

from __future__ import annotations

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.model import Hole, NoSuchHandle
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.render.words import words
from pykd_handle.values import Hex, PykdHandleError, TargetError


@pytest.fixture
def image() -> KernelImage:
    return KernelImage()


def kernel(image: KernelImage) -> KernelMode:
    return KernelMode(MockTarget(image))


# -- a process by its image -----------------------------------------------------------------------


def test_a_process_by_its_whole_name_in_any_case(image: KernelImage) -> None:
    image.processes.add("notepad.exe", 0x104)
    for word in ("notepad.exe", "NOTEPAD.exe"):
        assert kernel(image).process(word).pid == 0x104
    for word in ("notepad", "notepad.ex", "otepad.exe", ""):
        with pytest.raises(TargetError, match="no process has the image"):
            kernel(image).process(word)


def test_a_process_by_the_14_characters_that_the_kernel_keeps(image: KernelImage) -> None:
    image.processes.add("longestname.exe", 0x104)  # with the path of its image
    image.processes.add("averylongname.exe", 0x208, image_path="")  # with its first 14 alone
    subject = kernel(image)
    assert [process.image for process in subject.processes()][1:] == [
        "longestname.exe", "averylongname.",
    ]  # fmt: skip
    for word in ("longestname.exe", "LongestName.ex"):
        assert subject.process(word).pid == 0x104
    for word in ("averylongname.exe", "averylongname."):
        assert subject.process(word).pid == 0x208
    for word in ("longestname.e", "longestname.exx", "averylongname", "averylongnamf.exe"):
        with pytest.raises(TargetError, match="no process has the image"):
            subject.process(word)


def test_the_whole_name_goes_before_a_short_one(image: KernelImage) -> None:
    image.processes.add("longestname.exe", 0x104)
    image.processes.add("longestname.ex", 0x208)
    assert kernel(image).process("longestname.ex").pid == 0x208


def test_several_of_one_name_are_told(image: KernelImage) -> None:
    image.processes.add("csrss.exe", 0x104)
    lost = image.processes.add("csrss.exe", 0x208)
    subject = kernel(image)
    assert [process.pid for process in subject.named("CSRSS.EXE")] == [0x104, 0x208]
    with pytest.raises(
        TargetError, match=r"2 processes have the image 'csrss\.exe': .*0x104.*0x208"
    ):
        subject.process("csrss.exe")
    image.memory.drop(lost.view.at("UniqueProcessId"), 8)
    with pytest.raises(TargetError, match=r"2 processes have the image 'csrss\.exe': .*0x104"):
        kernel(image).process("csrss.exe")


def test_a_walk_that_may_lack_processes_says_so(image: KernelImage) -> None:
    first, second, _ = (image.processes.add(f"{name}.exe", pid) for name, pid in
                            (("a", 0x104), ("b", 0x208), ("c", 0x30C)))  # fmt: skip
    subject = kernel(image)
    assert [process.pid for process in subject.processes()] == [4, 0x104, 0x208, 0x30C]
    assert subject.doubts() == []
    image.memory.drop(first.view.at("ActiveProcessLinks"), 8)
    image.memory.unlink(second.table.view.at("HandleTableList"))
    subject = kernel(image)
    assert {process.pid for process in subject.processes()} == {4, 0x104, 0x208, 0x30C}
    broken, hiding = map(words, subject.doubts())
    assert broken.startswith("the list of processes breaks off at ")
    assert f"of b.exe (pid 0x208) at 0x{second.address:x}, " in hiding


# -- in Python ------------------------------------------------------------------------------------


def test_how_they_look(image: KernelImage) -> None:
    process = image.processes.add("a\n.exe", 0x104)
    image.processor.current = process
    value = process.handle(image.objects.event("\\BaseNamedObjects\\a\x1b[31m"))
    subject = kernel(image)
    assert repr(subject) == f"<Kernel {subject.name!r}>"
    assert repr(subject.process(0x104)) == r"<Process 0x104 'a\n.exe'>"
    handle = subject.process(0x104)[value]
    name = r"'\\BaseNamedObjects\\a\x1b[31m'"
    assert repr(handle) == f"<Handle 0x{value:x} 'Event' {name}>"
    assert repr(handle.object) == f"<Object 'Event' {name}>"
    assert repr(subject.process(0x104)[0]) == "<Handle 0x0 free>"
    assert repr(subject.kernel_table) == f"<Table 0x{image.processes.system.table.address:x}>"
    # A number of theirs is hexadecimal among others, and any number where it is formatted.
    assert repr((handle.value, Hex(0x1F0003))) == f"(0x{value:x}, 0x1f0003)"
    assert (str(handle.value), f"{handle}", f"{handle.value:04x}") == (
        str(value), str(value), f"{value:04x}",
    )  # fmt: skip


def test_a_loop_over_a_hole_reads_on(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x104)
    process.handles(700, image.objects.event())
    image.memory.drop_page(process.table.leaves[1])
    subject = kernel(image).process(0x104)
    seen = [handle for handle in subject.handles() if isinstance(handle, Hole)]
    (hole,) = seen
    assert (repr(hole), hole.hidden) == ("<Hole 0x400 256 hidden>", 256)
    for handle in subject.handles():
        # Whatever a script asks of a handle, it may ask of a hole.
        asked = (handle.type, handle.name, handle.rights, handle.attributes, handle.access,
                 handle.object.details, handle.object.handle_count, handle.entry, handle.free,
                 handle.process, repr(handle.object), f"{handle:x}")  # fmt: skip
        assert len(asked) == 12
    # The first slot of a page is nobody's.
    assert len([handle for handle in subject if handle.type == "Event"]) == 700 - 255


@pytest.mark.parametrize("value", [-1, 0x12344, 1 << 64 | 4, 1 << 70])
def test_a_value_that_no_table_has(image: KernelImage, value: int) -> None:
    process = image.processes.add("a.exe", 0x104)
    process.handle(image.objects.event())
    with pytest.raises(NoSuchHandle):
        kernel(image).process(0x104).handle(value)


def test_every_error_is_one_of_ours(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x104)
    image.memory.drop_page(process.table.address)
    with pytest.raises(PykdHandleError) as caught:
        list(kernel(image).process(0x104).handles())
    assert "\n" not in str(caught.value)
