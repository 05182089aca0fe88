"""Object headers and their optional headers, whole and damaged."""

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.kernel.object_header import NameInfo
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, Reason, Unavailable


def kernel(image: KernelImage) -> Kernel:
    return Kernel(MockTarget(image))


@pytest.mark.parametrize(
    "headers",
    [
        ("quota",),
        ("creator",),
        ("creator", "handle", "quota", "process"),
        ("handle", "extended"),
        ("creator", "audit", "extended", "quota"),
        (),
    ],
)
@pytest.mark.parametrize("table", [True, False])
def test_the_name_is_found_among_any_optional_headers(
    image: KernelImage, headers: "tuple[str, ...]", table: bool
) -> None:
    item = image.objects.make(
        "Event", "Target", headers=headers, handle_count=3, pointer_count=98304
    )
    if not table:
        # A dump without ObpInfoMaskToOffset: the distance is computed from the sizes.
        image.memory.drop(image.globals.address("ObpInfoMaskToOffset"), 256)
    subject = kernel(image)
    header = subject.object(item.header).header
    assert (header.handle_count, header.pointer_count) == (3, 98304)
    assert header.body == item.address
    assert subject.namespace.names(header)[1] == "Target"


def test_an_object_without_a_name_has_none(image: KernelImage) -> None:
    item = image.objects.make("Event", headers=("creator", "quota"))
    subject = kernel(image)
    assert subject.object(item.header).header.name_info is NO_VALUE
    assert subject.namespace.names(subject.object(item.header).header)[0] is NO_VALUE


def test_headers_at_the_start_of_readable_memory(image: KernelImage) -> None:
    item = image.objects.make("Event", own_page=True, headers=())
    image.memory.drop(item.header - 0x40, 0x40)
    subject = kernel(image)
    found = subject.object(item.header)
    assert found.type_name == "Event"
    assert found.header.pointer_count == 1


def test_a_name_header_that_is_missing_costs_the_name_only(image: KernelImage) -> None:
    item = image.objects.make("Event", "Target", own_page=True, headers=())
    image.memory.drop(item.info("name").address, 0x20, "in the page file")
    subject = kernel(image)
    found = subject.object(item.header)
    assert found.type_name == "Event"
    assert subject.namespace.names(found.header)[1] == Unavailable(
        Reason.IN_THE_PAGE_FILE, item.info("name").at("Name.Length")
    )


@pytest.mark.parametrize("distance", [1, 15, 16])
def test_a_name_header_that_would_reach_into_its_object(distance: int) -> None:
    """Up to Vista the header says how far below it lies, and of 32 bits it has 16 bytes."""
    image = KernelImage("vista_sp2_x86")
    item = image.objects.make("Event", "Target")
    item.view["NameInfoOffset"] = distance
    info = kernel(image).object(item.header).header.name_info
    if distance == 16:
        assert isinstance(info, NameInfo)
    else:
        assert info == Unavailable(Reason.NAME_HEADER_TOO_FAR, item.header, distance)


def test_a_header_that_is_missing(image: KernelImage) -> None:
    item = image.objects.make("Event", own_page=True)
    image.memory.drop(item.header, 0x30, "in the page file")
    found = kernel(image).object(item.header)
    assert isinstance(found.type_name, Unavailable)
    assert words(found.type_name.at(None)) == "in the page file"
    assert isinstance(found.header.handle_count, Unavailable)


def test_an_object_is_read_once(image: KernelImage) -> None:
    items = [image.objects.make("Event") for _ in range(3)]
    target = MockTarget(image)
    subject = Kernel(target)
    subject.load([items[0].header])
    target.log.clear()
    subject.load([item.header for item in items] * 2)
    assert len(target.log) == 2
