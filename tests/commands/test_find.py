"""``find``: exactly the handles that a system was built with, each once."""

from pathlib import Path
from time import process_time
from typing import Any, List, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.cli import main
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.values import PykdHandleError, TargetError, UsageError

from .asking import Asked

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "windows10_x64.dmp"

Hit = Tuple[int, int]


class Zoo:
    """Three processes; who holds what is written down here."""

    def __init__(self, layout: str = "win10_19041_x64") -> None:
        self.image = image = KernelImage(layout)
        first = image.processes.add("first.exe", 0x104)
        second = image.processes.add("Second.exe", 0x208)
        third = image.processes.add("second.EXE", 0x30C)
        image.processor.current = first
        notes = image.files.open(r"\Users\me\Notes.txt")
        other = image.files.open(r"\Users\me\other.txt")
        event = image.objects.event(r"\BaseNamedObjects\notes-ready")
        self.notes = notes
        self.notes_file: List[Hit] = [
            (0x104, first.handle(notes, 0x120089)),
            (0x208, second.handle(notes, 0x12019F)),
            (0x208, second.handle(notes, 0x120089)),
        ]
        self.notes_event: List[Hit] = [
            (0x30C, third.handle(event)),
            (4, image.processes.system.handle(event)),
        ]
        self.other: List[Hit] = [(0x30C, third.handle(other))]
        for process in (first, second, third):
            process.handle(image.objects.event())

    def ask(self, line: str) -> Asked:
        return Asked(KernelMode(MockTarget(self.image)), line)

    def hits(self, line: str) -> List[Hit]:
        return sorted((row["pid"], row["handle"]) for row in self.ask(line).rows)


@pytest.fixture(scope="module")
def zoo() -> Zoo:
    return Zoo()


def test_a_part_of_the_name_in_any_case(zoo: Zoo) -> None:
    assert zoo.hits("find notes") == sorted(zoo.notes_file + zoo.notes_event)
    assert zoo.hits("find NOTES.TXT") == sorted(zoo.notes_file)


def test_a_pattern_is_the_whole_name(zoo: Zoo) -> None:
    assert zoo.hits("find *.txt") == sorted(zoo.notes_file + zoo.other)
    assert zoo.hits("find notes*") == []
    assert zoo.hits(r"find \BaseNamedObjects\*") == sorted(zoo.notes_event)
    # What means something in other patterns is a character here.
    assert zoo.hits("find *notes?txt") == zoo.hits("find *[n]otes*") == []


def test_a_pattern_in_parts(zoo: Zoo) -> None:
    assert zoo.hits(r"find \*\me\*.txt") == sorted(zoo.notes_file + zoo.other)
    assert zoo.hits(r"find *\Notes.TXT") == zoo.hits("find **notes*txt*") == sorted(zoo.notes_file)
    # Each part once, in order, and none of them twice.
    assert zoo.hits(r"find *me\me*") == zoo.hits("find *txt*txt") == zoo.hits("find *x*n*t") == []
    assert zoo.hits(r"find \BaseNamedObjects\notes-ready*notes-ready") == []


def test_a_pattern_takes_no_longer_for_a_name_made_for_it() -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    image.processor.current.handle(image.files.open("\\" + "a" * 30000))
    before = process_time()
    assert Asked(KernelMode(MockTarget(image)), f"find {'a*' * 50}b*").rows == []
    assert process_time() - before < 5


def test_a_regular_expression(zoo: Zoo) -> None:
    assert zoo.hits(r"find --regex (other|notes)\.txt$") == sorted(zoo.notes_file + zoo.other)
    with pytest.raises(UsageError, match="no regular expression"):
        zoo.ask("find --regex (")


def test_types_several_and_in_any_case(zoo: Zoo) -> None:
    assert zoo.hits("find notes --type Event") == sorted(zoo.notes_event)
    asked = zoo.ask("find notes --type file,Event")
    assert len(asked.rows) == 5
    assert asked.remarks == ["type file: File is meant"]
    with pytest.raises(PykdHandleError, match="no object type 'Fil' here; --types lists"):
        zoo.ask("find notes --type Fil")


def test_an_object_by_its_address_or_that_of_its_header(zoo: Zoo) -> None:
    for address in (zoo.notes.address, zoo.notes.header):
        assert zoo.hits(f"find --object {address:x}") == sorted(zoo.notes_file)


def test_an_object_by_an_address_as_debuggers_print_it(zoo: Zoo) -> None:
    """Sign-extended by WinDbg on 32-bit kernels, without the upper bits by Volatility."""
    assert zoo.notes.address >> 47 == 0x1FFFF
    short = zoo.notes.address & 0xFFFFFFFFFFFF
    assert zoo.hits(f"find --object {short:x}") == sorted(zoo.notes_file)
    zoo = Zoo("win7_sp1_x86")
    for address in (zoo.notes.address, zoo.notes.header):
        assert zoo.hits(f"find --object ffffffff`{address:x}") == sorted(zoo.notes_file)


def test_a_process_by_id_address_and_image(zoo: Zoo) -> None:
    assert zoo.hits("find notes --process 208") == sorted(zoo.notes_file[1:])
    second = zoo.image.processes.all[2]
    assert zoo.hits(f"find notes --process {second.address:x}") == sorted(zoo.notes_file[1:])
    # Two have this name, but for its case.
    asked = zoo.ask("find notes --process second.exe")
    assert {row["pid"] for row in asked.rows} == {0x208, 0x30C}
    assert asked.notes == ["2 processes have the image second.exe"]
    assert asked.feet == ["3 handles in 2 of 2 processes"]
    assert zoo.ask("find notes --process first.exe").notes == []
    with pytest.raises(TargetError, match=r"no process has the image 'third\.exe'"):
        zoo.ask("find notes --process third.exe")


def test_process_0_is_every_process_and_says_what_hides() -> None:
    zoo = Zoo()
    zoo.image.memory.unlink(zoo.image.processes.all[2].table.view.at("HandleTableList"))
    notes = zoo.ask("find notes").notes
    assert any("is missing in the list of handle tables" in note for note in notes)
    assert zoo.ask("find notes --process 0").notes == notes


def test_a_row_and_the_totals(zoo: Zoo) -> None:
    asked = zoo.ask("find Notes.txt --process 104")
    (row,) = asked.objects()
    assert row == {
        "pid": 0x104,
        "process": "first.exe",
        "eprocess": f"0x{zoo.image.processes.all[1].address:x}",
        "handle": f"0x{zoo.notes_file[0][1]:x}",
        "type": "File",
        "granted_access": "0x120089",
        "access": ["ReadControl", "Synch", "Read/List", "ReadEA", "ReadAttr"],
        "attributes": [],
        "object": f"0x{zoo.notes.address:x}",
        "name": r"\Device\HarddiskVolume3\Users\me\Notes.txt",
        "file": None,
        "unavailable": {},
    }
    text = zoo.ask("find Notes.txt --process 104").shown("text").splitlines()
    assert text[0].split() == [
        "PID",
        "Process",
        "Handle",
        "Type",
        "Access",
        "Attr",
        "Object",
        "Name",
    ]
    assert text[1].split()[:3] == ["104", "first.exe", f"{zoo.notes_file[0][1]:x}"]
    assert text[-1] == "1 handle in 1 of 1 process"


def test_nothing_found_is_an_answer(zoo: Zoo) -> None:
    asked = zoo.ask("find nowhere.txt")
    assert (asked.rows, asked.run.failed) == ([], False)
    assert asked.feet == ["0 handles in 0 of 4 processes"]


def test_each_object_is_asked_once_in_whatever_tables_it_is(zoo: Zoo) -> None:
    target = MockTarget(zoo.image)
    assert len(Asked(KernelMode(target), "find notes").rows) == 5
    header = zoo.notes.header
    assert sum(at <= header < at + size for at, size in target.log) == 1


def test_stopped_on_the_way_the_hits_before_are_shown() -> None:
    zoo = Zoo()
    first = zoo.image.processor.current
    kernel = KernelMode(MockTarget(zoo.image))
    describe = kernel.describe

    def stopping(item: Any, everything: bool = False) -> Any:
        if item.header.address != zoo.notes.header:
            raise KeyboardInterrupt
        return describe(item, everything)

    kernel.describe = stopping  # type: ignore[method-assign]
    asked = Asked(kernel, "find notes --process 104")
    assert asked.stopped
    assert [row["pid"] for row in asked.rows] == [first.view["UniqueProcessId"]]


def test_find_what(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="find what"):
        Zoo().ask("find")
    with pytest.raises(UsageError, match="--regex needs a NAME"):
        Zoo().ask("find --regex --type File")
    for words, name in (
        (["find", " "], "NAME"),
        (["find", "--device", ""], "--device"),
        (["find", "--access", ", "], "--access"),
    ):
        assert main([*words, "--dump", str(SAMPLE)]) == 2
        assert f"{name} is empty" in capsys.readouterr().err


def test_what_could_not_be_read_is_said() -> None:
    zoo = Zoo()
    image = zoo.image
    second = image.processes.all[2]
    image.memory.drop_page(second.table.leaves[0])
    asked = zoo.ask("find notes.txt")
    assert [row["pid"] for row in asked.rows] == [0x104]
    assert any("Second.exe (pid 0x208): " in note and "256 slots" in note for note in asked.notes)
    assert not asked.run.failed
    # Where nothing is found, it may be hidden there.
    assert zoo.ask("find nowhere.txt").run.failed
    image.memory.drop(second.view.at("ObjectTable"), 8)
    asked = zoo.ask("find notes.txt")
    assert any(
        "the handles of Second.exe (pid 0x208) can't be read" in note for note in asked.notes
    )


def test_a_name_that_can_not_be_read_is_counted() -> None:
    zoo = Zoo()
    buffer = zoo.image.memory.pointer(
        zoo.notes.address + zoo.image.build.struct("_FILE_OBJECT").offset("FileName.Buffer")
    )
    zoo.image.memory.drop(buffer, 2)
    asked = zoo.ask("find notes.txt")
    assert asked.rows == []
    assert "the name of the object behind 3 handles can't be read" in asked.notes


def test_types_that_are_not_all_known_are_taken_in_any_case() -> None:
    """Of a dump that holds little memory the types are known by what the objects prove."""
    zoo = Zoo()
    zoo.image.memory.drop(zoo.image.types["Key"].address, 0x80)
    for word in ("EVENT", "event"):
        assert zoo.hits(f"find notes --type {word}") == sorted(zoo.notes_event)
    assert zoo.hits("find notes --type nothing") == []


class Drives:
    """Two volumes, one of them C:; a file on each with the same path, a section of the first."""

    def __init__(self) -> None:
        self.image = image = KernelImage()
        image.processor.current = holder = image.processes.add("a.exe", 0x104)
        volumes = [image.files.device(f"HarddiskVolume{number}", volume=True) for number in (3, 5)]
        image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
        image.objects.symbolic_link(r"\GLOBAL??\Q:", r"\Device\Gone")
        files = [image.files.open(r"\Temp\log.txt", volume) for volume in volumes]
        self.volume, self.file = volumes[0], files[0]
        self.ours, self.theirs = (holder.handle(file, 0x120089) for file in files)
        self.section = holder.handle(image.sections.add(files[0]))
        self.named = holder.handle(image.sections.add(name=r"\BaseNamedObjects\C:\Temp\log.txt"))
        self.device = holder.handle(self.volume)

    def hits(self, line: str) -> List[int]:
        return [row["handle"] for row in self.ask(line).rows]

    def ask(self, line: str) -> Asked:
        return Asked(KernelMode(MockTarget(self.image)), line)


def test_a_section_is_found_by_its_file() -> None:
    drives = Drives()
    asked = drives.ask(r"find Volume3\Temp\log.txt")
    assert [row["handle"] for row in asked.rows] == [drives.ours, drives.section]
    file, section = asked.objects()
    assert file["file"] is None
    assert section["file"] == file["name"] == r"\Device\HarddiskVolume3\Temp\log.txt"


def test_a_drive_is_its_device() -> None:
    drives = Drives()
    for name in (r"C:\temp\LOG.txt", r"c:\Temp\*", r"\??\C:\temp", r"\\?\C:\temp", "C:\\"):
        assert drives.hits(f"find {name}") == [drives.ours, drives.section], name
    # What is no drive, and what only looks like one, is looked for as it is.
    assert drives.hits(r"find --regex C:\\Temp") == [drives.named]
    for drive, why in (("D", r"there is no \GLOBAL??\D:"), ("Q", r"there is no \Device\Gone")):
        asked = drives.ask(rf"find {drive}:\Temp")
        assert asked.notes == [rf"{drive}:\Temp is looked for as it is: {why}"]


def test_everything_on_a_device() -> None:
    drives = Drives()
    on_it = [drives.ours, drives.section, drives.device]
    words = ("HarddiskVolume3", "harddiskvolume3", r"\Device\HarddiskVolume3", "C:", r"\??\C:")
    for word in (*words, f"{drives.volume.address:x}"):
        assert drives.hits(f"find --device {word}") == on_it, word
    assert drives.hits("find log --device HarddiskVolume5") == [drives.theirs]
    # A device whose name only begins like that is another one.
    longer = drives.image.files.device("HarddiskVolume30", volume=True)
    holder = drives.image.processor.current
    holder.handle(drives.image.sections.add(drives.image.files.open(r"\a.dll", longer)))
    assert drives.hits("find --device HarddiskVolume3") == on_it
    with pytest.raises(PykdHandleError, match=r"there is no \\Device\\nothing"):
        drives.ask("find --device nothing")
    with pytest.raises(TargetError, match="of the type Directory"):
        drives.ask(r"find --device \GLOBAL??")
    drives.image.memory.drop(drives.volume.header - 0x100, 0x200)
    assert "the name or device" in drives.ask("find log --device HarddiskVolume5").notes[-1]


def test_a_file_whose_device_can_not_be_read_may_be_on_it() -> None:
    drives = Drives()
    place = drives.image.build.struct("_FILE_OBJECT").offset("DeviceObject")
    drives.image.memory.drop(drives.file.address + place, 8)
    asked = drives.ask("find --device C: --type File")
    assert (asked.rows, asked.run.failed) == ([], True)
    assert asked.notes == ["the name or device of the object behind 1 handle can't be read"]


def test_rights_that_are_several_mean_what_the_type_means() -> None:
    """Full control of a process is 0x1FFFFF from Vista on; reading a key 0x20019."""
    image = KernelImage()
    image.processor.current = holder = image.processes.add("a.exe", 0x104)
    key = image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE")
    masks = {access: holder.handle(holder, access) for access in (0x1FFFFF, 0x1F0FFF, 0x1000)}
    keys = {access: holder.handle(key, access) for access in (0xF003F, 0x20019, 0x20018, 0x20006)}
    holder.handle(image.objects.event(), 0x1F0003)

    def hits(names: str) -> List[int]:
        asked = Asked(KernelMode(MockTarget(image)), f"find --access {names}")
        return sorted(row["handle"] for row in asked.rows)

    assert hits("PROCESS_ALL_ACCESS") == [masks[0x1FFFFF]]
    assert hits("KEY_READ") == sorted([keys[0xF003F], keys[0x20019]])
    assert hits("KEY_WRITE,PROCESS_ALL_ACCESS") == sorted(
        [masks[0x1FFFFF], keys[0xF003F], keys[0x20006]]
    )
    with pytest.raises(UsageError, match="did you mean PROCESSALLACCESS"):
        hits("PROCESS_ALL_ACCES")
