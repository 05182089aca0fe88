"""Full names of objects, by their directories up to the root."""

import pytest

from mocks.kernel_image import KernelImage
from mocks.object import MockObject
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.objects import Objects
from pykd_handle.render.words import words
from pykd_handle.values import Reason, Unavailable


def kernel(image: KernelImage) -> Kernel:
    return Kernel(MockTarget(image))


def test_full_names_go_up_to_the_root(image: KernelImage) -> None:
    deep = image.objects.make("Event", r"\Sessions\1\BaseNamedObjects\Ready")
    shallow = image.objects.make("Event", r"\TopLevel")
    subject = kernel(image)

    def name(item: object) -> object:
        return subject.namespace.names(subject.object(item.header).header)[0]

    assert name(deep) == r"\Sessions\1\BaseNamedObjects\Ready"
    assert name(shallow) == r"\TopLevel"
    assert name(image.objects.directory(r"\Sessions\1")) == r"\Sessions\1"
    assert name(image.objects.directory("\\")) == "\\"


def test_a_directory_is_read_once(image: KernelImage) -> None:
    items = [image.objects.make("Event", rf"\BaseNamedObjects\E{n}") for n in range(20)]
    target = MockTarget(image)
    subject = Kernel(target)
    for item in items:
        subject.namespace.names(subject.object(item.header).header)[0]
    place = image.objects.directory(r"\BaseNamedObjects")
    reads = [a for a, size in target.log if a <= place.header < a + size]
    assert len(reads) == 1


def test_a_cycle_in_the_directories_ends(image: KernelImage) -> None:
    item = image.objects.make("Event", r"\a\b\c\Event")
    image.spoil.directory(r"\a", r"\a\b\c")
    subject = kernel(image)
    header = subject.object(item.header).header
    name = subject.namespace.names(header)[0]
    assert isinstance(name, Unavailable) and "cycle" in words(name)
    assert subject.namespace.names(header)[1] == "Event"


def test_directories_have_a_bound(image: KernelImage, monkeypatch: pytest.MonkeyPatch) -> None:
    item = image.objects.make("Event", r"\a\b\c\Event")
    monkeypatch.setattr("pykd_handle.kernel.namespace._DEEPEST", 2)
    subject = kernel(image)
    name = subject.namespace.names(subject.object(item.header).header)[0]
    assert isinstance(name, Unavailable) and name.reason is Reason.TOO_MANY_DIRECTORIES


def test_a_directory_that_is_missing(image: KernelImage) -> None:
    item = image.objects.make("Event", r"\a\b\Event")
    place = image.objects.directory(r"\a")
    image.memory.drop(place.header, 0x30, "in the page file")
    subject = kernel(image)
    name = subject.namespace.names(subject.object(item.header).header)[0]
    assert isinstance(name, Unavailable) and words(name.at(None)) == "in the page file"


def test_a_directory_that_stands_nowhere(image: KernelImage) -> None:
    """The system itself (ObQueryNameString) writes three dots for a directory without a name, as
    that of a private namespace, and for one that was taken out of its own."""
    private = image.objects.make("Directory", size=image.build.struct("_OBJECT_DIRECTORY").size)
    item = image.objects.make("Mutant", "Leaf", private)
    below = image.objects.make(
        "Directory", "sub", private, image.build.struct("_OBJECT_DIRECTORY").size
    )
    deep = image.objects.make("Event", "Deep", below)
    device = image.objects.make(
        "Device", "Nameless", private, image.build.struct("_DEVICE_OBJECT").size
    )
    file = image.files.open(r"\x.txt", device)
    gone = image.objects.make("Event", r"\Gone\Event")
    image.objects.directory("\\Gone").info("name")["Directory"] = 0
    subject = kernel(image)

    def name(item: MockObject) -> object:
        return subject.namespace.names(subject.object(item.header).header)[0]

    assert [name(found) for found in (item, below, deep)] == [
        r"\...\Leaf", r"\...\sub", r"\...\sub\Deep"
    ]  # fmt: skip
    assert name(gone) == r"\...\Event"
    assert Objects(subject).describe(subject.object(file.header)).name == r"\...\Nameless\x.txt"
    # Without the global the root still says what it is.
    image.globals.remove("ObpRootDirectoryObject")
    subject = kernel(image)
    assert name(image.objects.make("Event", r"\BaseNamedObjects\E")) == r"\BaseNamedObjects\E"
    assert name(item) == r"\...\Leaf"


def test_an_object_outside_of_all_directories_has_its_leaf(image: KernelImage) -> None:
    item = image.objects.make("Desktop", "Default")
    subject = kernel(image)
    assert subject.namespace.names(subject.object(item.header).header)[0] == "Default"


@pytest.mark.parametrize("length", [0xFFFE, 0x7FFE])
def test_a_name_of_absurd_length(image: KernelImage, length: int) -> None:
    item = image.objects.make("Event", "Target", own_page=True)
    image.spoil.name(item, length)
    subject = kernel(image)
    found = subject.object(item.header)
    assert found.type_name == "Event"
    assert isinstance(subject.namespace.names(found.header)[1], Unavailable)


@pytest.mark.parametrize(
    ("length", "maximum", "buffer", "reason"),
    [
        (10, 8, None, "in a buffer of 8"),
        (11, 12, None, "odd number"),
        (10, 12, 0x41, "no address of the kernel"),
    ],
)
def test_a_name_that_can_not_be(
    image: KernelImage, length: int, maximum: int, buffer: object, reason: str
) -> None:
    item = image.objects.make("Event", "Target")
    info = item.info("name")
    info["Name.Length"], info["Name.MaximumLength"] = length, maximum
    if buffer is not None:
        info["Name.Buffer"] = buffer
    subject = kernel(image)
    name = subject.namespace.names(subject.object(item.header).header)[1]
    assert isinstance(name, Unavailable) and reason in words(name)
