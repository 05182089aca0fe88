"""The PROCESS block of a listing: its lines written down from what the system was built of."""

import json
from pathlib import Path
from typing import Optional, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.process import MockProcess

FOLDER = r"\Device\HarddiskVolume3\Users\me\Desktop"


def dump_of(image: KernelImage, folder: Path) -> Path:
    (folder / "memory.json").write_text(json.dumps(image.isf()), "utf-8")
    write_full_dump(image, folder / "memory.dmp")
    return folder / "memory.dmp"


def with_an_event(image: KernelImage, process: MockProcess) -> None:
    image.processor.current = process
    process.handle(image.objects.make("Event", r"\BaseNamedObjects\Event1234"), value=0x88)


@pytest.mark.parametrize("layout", ["win10_19041_x64", "win11_26100_x64", "win7_sp1_x64"])
def test_025_the_whole_block_of_a_64_bit_process(run, tmp_path: Path, layout: str) -> None:
    """The figures of the capture, whose image has a name of 16 characters."""
    image = KernelImage(layout)
    process = image.processes.add(
        "handle_table.exe",
        0x1514,
        parent=0x170C,
        peb=0xC8B6877000,
        session=1,
        dirbase=0x287A4002,
        at=0xFFFF96817396C4C0,
        table_at=0xFFFFE5842266A600,
        leaf_at=0xFFFFE58422064000,
    )
    with_an_event(image, process)
    result = run("--dump", dump_of(image, tmp_path), "0", "3", "ffff96817396c4c0", "Event")
    assert result.out.splitlines()[:11] == [
        "",
        "Searching for handles of type Event",
        "",
        "PROCESS ffff96817396c4c0",
        "    SessionId: 1  Cid: 1514    Peb: c8b6877000  ParentCid: 170c",
        "    DirBase: 287a4002  ObjectTable: ffffe5842266a600  HandleCount:   1.",
        "    Image: handle_table.exe",
        "",
        "Handle table at ffffe5842266a600 with 1 entries in use",
        "",
        result.out.splitlines()[10],
    ]
    assert result.out.splitlines()[10].startswith("0088: Object: ")
    assert result.code == 0


def test_the_whole_block_of_a_32_bit_process(run, tmp_path: Path) -> None:
    image = KernelImage("winxp_sp3_x86")
    process = image.processes.add(
        "EventRecorderService.exe",
        0x4D8,
        parent=0x28C,
        peb=0x7FFDF000,
        session=0,
        dirbase=0x0A3401E0,
        at=0x81A3C020,
        table_at=0xE1B04A18,
    )
    with_an_event(image, process)
    result = run("--dump", dump_of(image, tmp_path), "88")
    assert result.out.splitlines()[1:4] == [
        "PROCESS 81a3c020  SessionId: 0  Cid: 04d8    Peb: 7ffdf000  ParentCid: 028c",
        "    DirBase: 0a3401e0  ObjectTable: e1b04a18  HandleCount:   1.",
        "    Image: EventRecorderService.exe",
    ]


@pytest.mark.parametrize(
    ("name", "path", "shown"),
    [
        # https://github.com/jxy-s/herpaderping shows this one in WinDbg.
        ("ProcessHerpaderping.exe", None, "ProcessHerpaderping.exe"),
        # Of the image's own bytes, "?" in a western code page, nothing could be told.
        ("\u0436\u0443\u043a.exe", None, "\u0436\u0443\u043a.exe"),
        ("\u5de5\u5177.exe", FOLDER + "\\\u5de5\u5177.exe", "\u5de5\u5177.exe"),
        ("", r"\Device\HarddiskVolume3\rootfs/usr/bin/bash", "bash"),  # a Linux process
        ("", "/init", "init"),
        ("long.exe", FOLDER + "\\" + 400 * "d" + "\\long name of a program.exe",
         "long name of a program.exe"),
        # No path, or none with a last part: the short name serves.
        ("MemCompression", "", "MemCompression"),
        ("odd.exe", FOLDER + "\\", "odd.exe"),
        ("\u00fcber-long-name.exe", "", r"\xfcber-long-name"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layout", ["win10_19041_x64", "win7_sp1_x86"])
def test_the_name_of_the_image_in_every_format(
    run, tmp_path: Path, layout: str, name: str, path: Optional[str], shown: str
) -> None:
    image = KernelImage(layout)
    process = image.processes.add(name, 0x1514, image_path=path)
    with_an_event(image, process)
    process.handle(process, value=0x90)
    process.handle(image.processes.add_thread(process, 0x1680), value=0x94)
    dump = dump_of(image, tmp_path)
    output = tmp_path / "out"

    def listing(form: str) -> str:
        assert run("--dump", dump, "--format", form, "--output", output).code == 0
        return output.read_text("utf-8")

    assert f"\n    Image: {shown}\n" in listing("windbg")
    assert f"{shown}  pid 0x1514" in listing("table")
    for row in map(json.loads, listing("jsonl").splitlines()):
        assert row["process"] == shown
        names = {0x90: f"{shown} Cid 1514", 0x94: f"{shown} Cid 1514.1680"}
        if int(row["handle"], 16) in names:
            assert row["name"] == names[int(row["handle"], 16)]
            assert row["details"]["image"] == shown
            assert row["unavailable"] == {}
    assert listing("csv").count(f",{shown},") == 3


@pytest.mark.parametrize("damage", ["null", "wild", "lost", "text lost", "length", "field lost"])
def test_a_path_that_can_not_be_read(run, tmp_path: Path, damage: str) -> None:
    """The short name, 14 characters long, says the truth as far as it goes."""
    image = KernelImage()
    # SeAuditProcessCreationInfo, and what follows, on another page.
    text, body = 0xFFFFAD0500010040, 0xFFFFAD0500030000 - 0x5C0
    process = image.processes.add("ProcessHerpaderping.exe", 0x1514, at=body, image_path_at=text)
    place = "SeAuditProcessCreationInfo.ImageFileName"
    info = process.view[place]
    with_an_event(image, process)
    if damage == "null":
        process.view[place] = 0
    elif damage == "wild":
        process.view[place] = 0x1234
    elif damage == "lost":
        image.memory.drop_page(info)
    elif damage == "text lost":
        image.memory.drop_page(text)
    elif damage == "length":
        image.memory.view("_OBJECT_NAME_INFORMATION", info)["Name.Length"] = 0xFFFF
    else:
        image.memory.drop_page(body + 0x5C0)
    result = run("--dump", dump_of(image, tmp_path), "0", "1", f"{body:x}")
    assert "\n    Image: ProcessHerpade\n" in result.out
    assert "Unavailable" not in result.out.partition("Handle table")[0] or damage == "lost"
    assert (result.out.count("GrantedAccess"), result.code) == (1, 0)


SESSIONS = [
    ((2, None), "2"),
    ((2, 2), "2"),
    ((None, 2), "none"),
]


@pytest.mark.parametrize(("ids", "shown"), SESSIONS)
@pytest.mark.parametrize("layout", ["win11_26100_x64", "win11_22621_x64", "win2003_sp2_x64"])
def test_the_session(
    run, tmp_path: Path, layout: str, ids: Tuple[Optional[int], Optional[int]], shown: str
) -> None:
    image = KernelImage(layout)
    process = image.processes.add("a.exe", 0x1514, session=ids[0])
    if ids[1] is not None:
        image.tokens.set_primary(process, image.tokens.add(session=ids[1]))
    with_an_event(image, process)
    result = run("--dump", dump_of(image, tmp_path))
    assert f"    SessionId: {shown}  Cid: 1514 " in result.out


@pytest.mark.parametrize("layout", ["win11_26100_x64", "win11_22621_x64"])
def test_the_session_by_the_token_where_its_structure_is_missing(
    run, tmp_path: Path, layout: str
) -> None:
    image = KernelImage(layout)
    first, second = (image.processes.add(f"{n}.exe", 0x1514 + n, session=n) for n in (0, 4))
    image.tokens.set_primary(first, image.tokens.add(session=0))
    for process in (first, second):
        image.memory.drop_page(process.view["Session"])
        process.handle(image.objects.event())
    dump = dump_of(image, tmp_path)
    lines = [line for line in run("--dump", dump, "0", "1", "0").out.splitlines() if "Cid" in line]
    assert lines[1].startswith("    SessionId: 0  Cid: 1514 ")
    # Without a token it is missing, and says so: nothing about symbols.
    place = second.view["Session"] + 8
    assert lines[2].startswith(f"    SessionId: <Unavailable: 0x{place:x}: not in the dump>  Cid: ")


def test_two_session_ids_of_one_process(run, tmp_path: Path) -> None:
    """On 24H2 no symbols say where the structure has the id, so that the token's must agree."""
    image = KernelImage("win11_26100_x64")
    process = image.processes.add("a.exe", 0x1514, session=3)
    image.tokens.set_primary(process, image.tokens.add(session=1))
    with_an_event(image, process)
    result = run("--dump", dump_of(image, tmp_path))
    place = process.view["Session"]
    why = f"<Unavailable: 0x{place:x}: its session's structure says 3, its token 1>"
    assert f"    SessionId: {why}  Cid: 1514 " in result.out
