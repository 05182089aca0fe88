"""The listing of a kernel: how much is read for it."""

from typing import List

from mocks.kernel_image import KernelImage
from mocks.process import MockProcess
from mocks.target import MockTarget

from ..answers import Answer


def test_reads_are_counted(image: KernelImage) -> None:
    """One read for each table page, at most two for each object besides its name, one a type."""
    files = [image.files.open(rf"\Temp\{n}.txt") for n in range(40)]
    events = [image.objects.make("Event", rf"\BaseNamedObjects\E{n}") for n in range(40)]
    keys = [image.registry.key(rf"\REGISTRY\MACHINE\SOFTWARE\K{n}") for n in range(40)]
    objects = files + events + keys
    process = image.processor.current
    for turn in range(10):
        for item in objects[turn % 2 :]:
            process.handle(item)
    answer = Answer(image, "")
    log = answer.target.log
    assert len(answer.rows) > 1000 and not answer.failed

    def reads(start: int, size: int) -> int:
        return len([at for at, length in log if at < start + size and at + length > start])

    def begun(start: int, size: int) -> int:
        return len([at for at, _ in log if start <= at < start + size])

    for leaf in process.table.leaves:
        assert reads(leaf, 0x1000) == 1
    assert reads(process.table.view["TableCode"] & ~3, 0x1000) == 1
    assert reads(process.table.address, 0x80) == 1
    assert reads(process.address, image.build.struct("_EPROCESS").size) <= 2
    for item, body in ((files, 0xD8), (events, 0x18), (keys, 0x68)):
        for each in item:
            # A read may reach into the next object, so those that begin at this one count.
            assert begun(each.header - 0x40, 0x40) == 1
            assert begun(each.header - 0x40, 0x40 + 0x30 + body) <= 2
    for name in ("File", "Event", "Key"):
        kind = image.types[name]
        assert reads(kind.address, image.build.struct("_OBJECT_TYPE").size) == 1
    assert begun(image.objects.directory(r"\BaseNamedObjects").header - 0x40, 0x40) == 1
    # The key control blocks above are shared: each of them, and its name, once.
    above = image.registry.kcb(r"\REGISTRY\MACHINE\SOFTWARE")
    size = image.build.struct("_CM_KEY_CONTROL_BLOCK").size
    assert len([at for at, _ in log if above.address <= at < above.address + size]) == 1
    # All together: table pages, headers, bodies, names (one for a file or event, two for a key).
    pages = len(process.table.leaves) + 1
    assert len(log) <= pages + len(objects) * 2 + 40 + 40 + 80 + 40


def test_the_begin_of_an_object_comes_with_its_header(image: KernelImage) -> None:
    """So that a target where each read is a round trip has it already (a file's: 0x68 bytes)."""
    event, file = image.objects.event(), image.files.open(r"\a.txt")
    image.processor.current.handle(event)
    image.processor.current.handle(file)
    for item in (event, file):
        log = Answer(image, "").target.log
        (read,) = [(at, size) for at, size in log if at <= item.header < at + size]
        assert sum(read) == item.address + 0x68
    # Who asks for the type alone needs no more than the header.
    log = Answer(image, "0 1 -1 File").target.log
    (read,) = [(at, size) for at, size in log if at <= file.header < at + size]
    assert sum(read) == file.address


def test_the_name_of_an_image_costs_one_read_for_each_process_shown(image: KernelImage) -> None:
    """Whether its block is shown, or handles to it or its threads; none for those passed over."""
    shown, opened, other = (image.processes.add(f"{n}.exe", 0x100 + 4 * n) for n in range(3))
    threads = [image.processes.add_thread(opened) for _ in range(20)]
    for item in [opened, *threads] * 3:
        shown.handle(item)
    place = "SeAuditProcessCreationInfo.ImageFileName"

    def reads(words: str, process: MockProcess) -> int:
        start = process.view[place]
        log = Answer(image, words).target.log
        return len([at for at, size in log if at < start + 0x40 and at + size > start])

    for process, expected in ((shown, 1), (opened, 1), (other, 0), (image.processor.current, 0)):
        assert reads("0 3 100", process) == expected
        assert reads("0 3 0", process) == 1
    # Where the path does not lie behind its structure, another one.
    apart = image.processes.add("apart.exe", 0x200, image_path_at=image.pool.allocate(0x200))
    assert reads("0 3 200", apart) == 1
    assert [process.image for process in Answer(image, "0 3 200").processes] == ["apart.exe"]


def test_few_rows_at_once_are_the_same_rows(image: KernelImage) -> None:
    """A slow target reads the objects of a few rows together, not of a whole page."""
    image.processor.current.handles(600, [image.objects.event() for _ in range(50)])
    target = MockTarget(image)
    told: List[str] = []
    target.progress = told.append  # type: ignore[method-assign]
    target.rows_at_once = 100
    assert Answer(target, "").handles() == Answer(image, "").handles()
    # Three pages with 255 entries in use, a hundred at once; a row is counted in fours.
    parts = [page * 0x400 + 4 + part * 400 for page in range(3) for part in range(3)]
    places = [place for place in parts if place <= 603 * 4]
    assert told == [f"at handle 0x{place:x} of notepad.exe (pid 0x1514)" for place in places]


def test_all_processes_read_a_shared_object_once(image: KernelImage) -> None:
    event = image.objects.event()
    for process in (
        image.processes.system,
        image.processor.current,
        image.processes.add("a.exe", 0x138),
    ):
        process.handle(event)
    log = Answer(image, "0 3 0").target.log
    assert len([at for at, size in log if at <= event.header < at + size]) == 1
