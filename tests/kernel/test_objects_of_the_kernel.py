"""Object headers, types, names and processes, whole and damaged."""

from typing import List

import pytest

from mocks.kernel_image import KernelImage
from mocks.object import MockObject
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.kernel.process import BrokenList, Process
from pykd_handle.objects import Objects
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, Reason, Unavailable

from ..answers import Answer


@pytest.fixture
def image() -> KernelImage:
    return KernelImage()


def kernel(image: KernelImage) -> Kernel:
    return Kernel(MockTarget(image))


# -- headers and optional headers ------------------------------------------------------------------


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


# -- types -----------------------------------------------------------------------------------------


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


# -- names -----------------------------------------------------------------------------------------


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


# -- processes -------------------------------------------------------------------------------------


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
