"""Types of objects: behind cookies, without their table, recovered from their directory."""

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.render.words import words
from pykd_handle.values import Unavailable

from ..answers import Answer


def kernel(image: KernelImage) -> Kernel:
    return Kernel(MockTarget(image))


@pytest.mark.parametrize("cookie", [0x00, 0x5A, 0xFF])
def test_types_behind_any_cookie(cookie: int) -> None:
    image = KernelImage(cookie=cookie)
    names = ["Event", "File", "Key", "Process", "Token", "ALPC Port"]
    # Objects on many pages, so that the address byte of the encoding takes many values.
    items = [image.objects.make(name, size=0x300) for name in names * 40]
    subject = kernel(image)
    assert [subject.object(item.header).type_name for item in items] == names * 40


def test_an_encoded_index_of_zero_is_an_index(image: KernelImage) -> None:
    # index ^ address byte ^ cookie == 0: other tools lose such a handle.
    for _ in range(600):
        item = image.objects.make("Event", size=0x100)
        if item.view["TypeIndex"] == 0:
            break
    else:
        pytest.fail("no object has an encoded index of 0")
    assert kernel(image).object(item.header).type_name == "Event"


def test_windows_81_does_not_encode() -> None:
    image = KernelImage("win81_x64")
    item = image.objects.make("Event")
    assert item.view["TypeIndex"] == image.types.index("Event")
    assert kernel(image).object(item.header).type_name == "Event"


def test_a_type_index_that_leads_nowhere(image: KernelImage) -> None:
    item = image.objects.make("Event", pointer_count=5)
    image.spoil.type(item, 0xFE)
    found = kernel(image).object(item.header)
    assert isinstance(found.type_name, Unavailable)
    assert "type index 0xfe leads nowhere" in words(found.type_name)
    assert found.header.pointer_count == 5


def test_a_wrong_cookie_is_noticed(image: KernelImage) -> None:
    item = image.objects.make("Event")
    kind = image.types["Event"].body("_OBJECT_TYPE")
    kind["Index"] = kind["Index"] + 1
    found = kernel(image).object(item.header)
    assert isinstance(found.type_name, Unavailable)
    assert "leads to a type with index" in words(found.type_name)


@pytest.mark.parametrize("symbol", ["ObHeaderCookie", "ObTypeIndexTable"])
def test_without_the_tables_the_type_says_why(image: KernelImage, symbol: str) -> None:
    item = image.objects.make("Event")
    image.memory.drop(image.globals.address(symbol), 8 * 256 if "Table" in symbol else 1)
    image.memory.drop(image.globals.address("ObpRootDirectoryObject"), 8)
    image.memory.drop(image.globals.address("KiProcessorBlock"), 8)
    found = kernel(image).object(item.header)
    assert isinstance(found.type_name, Unavailable)
    assert symbol in words(found.type_name)


@pytest.mark.parametrize("layout", ["win10_19041_x64", "win81_x64"])
@pytest.mark.parametrize("how", ["no symbols", "no memory"])
def test_types_are_recovered_from_the_directory_of_types(layout: str, how: str) -> None:
    image = KernelImage(layout, cookie=0xA7)
    names = ["Event", "File", "Key", "Process", "Token", "ALPC Port"]
    items = [image.objects.make(name, size=0x300) for name in names * 10]
    for symbol, size in (("ObTypeIndexTable", 8 * 256), ("ObHeaderCookie", 1)):
        if not image.globals.has(symbol):
            continue
        if how == "no memory":
            image.memory.drop(image.globals.address(symbol), size)
        else:
            image.globals.remove(symbol)
            image.globals.remove("ObpKernelHandleTable")  # which every kernel has
    subject = kernel(image)
    assert [subject.object(item.header).type_name for item in items] == names * 10
    table, cookie = [*map(words, subject.remarks), ""][:2]
    if "cookie" in table:
        table, cookie = cookie, table
    assert f"recovered from \\ObjectTypes: {len(image.types)} types" in table
    if layout == "win10_19041_x64":
        assert "the header cookie, 0xa7, is recovered from" in cookie
    elif how == "no symbols":
        assert "that no cookie is used is recovered from" in cookie


def test_a_cookie_on_which_the_headers_disagree_is_not_taken(image: KernelImage) -> None:
    item = image.objects.make("Event")
    image.memory.drop(image.globals.address("ObHeaderCookie"), 1)
    kind = image.types["Event"]
    kind.view["TypeIndex"] = kind.view["TypeIndex"] ^ 0x33
    found = kernel(image).object(item.header)
    assert isinstance(found.type_name, Unavailable)
    assert "agree on a cookie" in words(found.type_name)


def test_the_cookie_by_what_runs_where_the_directory_shows_too_little() -> None:
    image = KernelImage("win10_19041_x64", cookie=0xA7)
    item = image.objects.make("Event")
    image.processes.add_thread(image.processor.current)
    image.memory.drop(image.globals.address("ObHeaderCookie"), 1)
    # Three headers are enough; here two are left, of the two directories.
    for kind in image.types.values():
        image.memory.drop(kind.header, 0x30, "not in the dump")
    subject = kernel(image)
    assert subject.object(item.header).type_name == "Event"
    (remark,) = map(words, subject.remarks)
    assert remark.startswith("the header cookie, 0xa7, is recovered from 2 objects: the threads")


def test_a_damaged_directory_of_types_gives_what_is_left(image: KernelImage) -> None:
    item = image.objects.make("Event")
    image.memory.drop(image.globals.address("ObTypeIndexTable"), 8 * 256)
    place = image.objects.directory(r"\ObjectTypes")
    # Half of the hash buckets lead nowhere.
    for bucket in range(18):
        image.memory.set_pointer(place.address + 8 * bucket, 0x4141414141414141)
    subject = kernel(image)
    subject.object(item.header)
    (remark,) = map(words, subject.remarks)
    assert "recovered from" in remark and f"{len(image.types)} types" not in remark


def test_a_type_is_read_once(image: KernelImage) -> None:
    items = [image.objects.make("Event") for _ in range(50)] + [image.objects.make("Mutant")]
    target = MockTarget(image)
    subject = Kernel(target)
    subject.load([item.header for item in items])
    for name in ("Event", "Mutant"):
        kind = image.types[name]
        size = image.build.struct("_OBJECT_TYPE").size
        reads = [a for a, _ in target.log if kind.address <= a < kind.address + size]
        buffer = kind.body("_OBJECT_TYPE")["Name.Buffer"]
        assert len(reads) == 1
        assert len([a for a, _ in target.log if a == buffer]) == 1


def test_one_handle_of_a_live_target_costs_one_slot_of_the_table_of_types() -> None:
    image = KernelImage()
    first, second = image.objects.event(), image.objects.semaphore()
    values = [image.processor.current.handle(item) for item in (first, second)]
    table = image.globals.address("ObTypeIndexTable")
    sizes = {}
    for asked in (f"{values[0]:x} 3", "0 3"):
        for live in (True, False):
            target = MockTarget(image)
            target.round_trips = live
            assert Answer(target, asked).rows[0].type == "Event"
            sizes[asked, live] = [
                size for place, size in target.log if table <= place < table + 8 * 256
            ]
    assert list(sizes.values()) == [[8], [8 * 256], [8 * 256], [8 * 256]]
