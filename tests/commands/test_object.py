"""``object``: by address, by header, by path; contents of a directory, holders, references."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.model.kernel_mode import KernelMode, KernelModeHandle
from pykd_handle.render.words import words
from pykd_handle.values import PykdHandleError

from .asking import Asked


def merged(asked: Asked) -> Dict[str, Any]:
    """The details of all lines together."""
    found: Dict[str, Any] = {}
    for line in asked.objects():
        assert len(line["details"]) == 1
        found.update(line["details"])
    return found


def ask(image: KernelImage, line: str, live: bool = False) -> Asked:
    target = MockTarget(image)
    target.round_trips = live
    with KernelMode(target) as kernel:
        return Asked(kernel, f"object {line}")


def system() -> KernelImage:
    image = KernelImage()
    event = image.objects.event(r"\BaseNamedObjects\Ready", manual=True, signaled=True)
    one, two = image.processes.add("smss.exe", 0x138), image.processes.add("csrss.exe", 0x200)
    one.handle(event, access=0x100002)
    two.handle(event, inherit=True)
    two.handle(image.objects.event(r"\BaseNamedObjects\Other"))
    image.objects.event(r"\BaseNamedObjects\Third")
    image.objects.event(r"\KernelObjects\GLOBAL??\Deep")  # it is meant below the root alone
    return image


@pytest.mark.parametrize("where", ["body", "header", "path", "PATH"])
def test_an_object_is_found(where: str) -> None:
    image = system()
    event = image.objects.all[[o.name for o in image.objects.all].index("Ready")]
    line = {
        "body": f"{event.address:x}",
        "header": f"0x{event.header:x}",
        "path": r"\BaseNamedObjects\Ready",
        "PATH": r"\basenamedobjects\READY",
    }[where]
    asked = ask(image, line)
    found = merged(asked)
    first = asked.objects()[0]
    assert (first["object"], first["type"]) == (f"0x{event.address:x}", "Event")
    assert first["name"] == r"\BaseNamedObjects\Ready"
    assert found["object_header"] == f"0x{event.header:x}"
    assert (found["set"], found["auto_reset"], found["handle_count"]) == (True, False, 2)
    assert asked.feet == ["2 handles to it"]


def test_holders_and_the_references_that_are_no_handles() -> None:
    image = system()
    event = image.objects.all[[o.name for o in image.objects.all].index("Ready")]
    asked = ask(image, r"\BaseNamedObjects\Ready")
    holders = [line["details"]["holder"] for line in asked.objects() if "holder" in line["details"]]
    assert holders == [
        {
            "pid": "0x138", "process": "smss.exe", "handle": "0x4", "access": "0x100002",
            "rights": ["SYNCHRONIZE", "EVENT_MODIFY_STATE"],
        },
        {
            "pid": "0x200", "process": "csrss.exe", "handle": "0x4", "access": "0x1f0003",
            "rights": ["full control (EVENT_ALL_ACCESS)"], "attributes": ["inherit"],
        },
    ]  # fmt: skip
    # The event was made with one reference of its own.
    assert merged(asked)["other_references"] == 1
    event.view["PointerCount"] = event.view["PointerCount"] + 4
    assert merged(ask(image, r"\BaseNamedObjects\Ready"))["other_references"] == 5


def test_stopped_on_the_way_the_holders_found_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    image = KernelImage()
    event = image.objects.event(r"\BaseNamedObjects\Ready")
    process = image.processes.add("a.exe", 0x104)
    for _ in range(3):
        process.handle(event)  # in one page of its table
    read: List[int] = []

    def attributes(handle: Any) -> Any:
        if len(read) == 2:
            raise KeyboardInterrupt
        read.append(handle.value)
        return ()

    monkeypatch.setattr(KernelModeHandle, "attributes", property(attributes))
    asked = ask(image, r"\BaseNamedObjects\Ready")
    assert asked.stopped
    lines = [row["details"] for row in asked.rows]
    assert [line["holder"]["handle"] for line in lines if "holder" in line] == read == [4, 8]


def test_no_count_of_references_where_a_table_is_missing() -> None:
    image = system()
    table = image.processes.all[-1].table
    image.memory.drop(table.entry_address(4), 16, "in the page file")
    found = merged(ask(image, r"\BaseNamedObjects\Ready"))
    assert "other_references" not in found


def test_a_chain_of_a_directory_that_runs_in_a_circle() -> None:
    """``_OBJECT_DIRECTORY_ENTRY.ChainLink``, at 0, and Object behind it."""
    image = system()
    directory = image.objects.directory(r"\Circle")
    image.objects.make("Event", r"\Circle\One")
    memory = image.memory
    buckets = [memory.pointer(directory.address + 8 * at) for at in range(37)]
    (entry,) = filter(None, buckets)
    memory.set_pointer(entry, entry)
    asked = ask(image, r"\Circle")
    assert [row["details"]["entry"]["name"] for row in asked.rows if "entry" in row["details"]] == [
        "One"
    ]
    (note,) = [note for note in asked.notes if note.startswith("a part of the directory ")]
    assert f"0x{entry:x}" in note and "circle" in note
    # One without a name is in no list, and no error.
    memory.set_pointer(entry, 0)
    memory.set_pointer(entry + 8, image.objects.event().address)
    asked = ask(image, r"\Circle")
    assert not [row for row in asked.rows if "entry" in row["details"]]
    assert not [note for note in asked.notes if note.startswith("a part of the directory ")]


def test_a_directory_of_which_a_part_is_missing() -> None:
    image = system()
    directory = image.objects.directory(r"\BaseNamedObjects")
    image.memory.drop(directory.address, 8, "in the page file")
    asked = ask(image, r"\BaseNamedObjects")
    assert [note for note in asked.notes if note.startswith("a part of the directory ")] == [
        f"a part of the directory can't be read: 0x{directory.address:x}: in the page file"
    ]


def test_in_a_live_session_holders_are_for_those_who_ask() -> None:
    image = system()
    assert (
        not {"holder", "other_references"}
        & merged(ask(image, r"\BaseNamedObjects\Ready", live=True)).keys()
    )
    assert "holder" in merged(ask(image, r"\BaseNamedObjects\Ready --holders", live=True))


def test_a_directory_shows_what_is_in_it() -> None:
    image = system()
    lines = ask(image, r"\BaseNamedObjects").objects()
    entries: List[Dict[str, Any]] = [
        line["details"]["entry"] for line in lines if "entry" in line["details"]
    ]
    assert {entry["name"]: entry["type"] for entry in entries} == {
        "Ready": "Event", "Other": "Event", "Third": "Event"
    }  # fmt: skip
    assert "Entry" in ask(image, r"\BaseNamedObjects").shown("text")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        # A link that is named is what is asked for; behind it, or with a backslash, it is followed.
        (r"\Sessions\1\Local", r"\Sessions\1\Local"),
        ("\\Sessions\\1\\Local\\", r"\BaseNamedObjects"),
        (r"\Sessions\1\Local\Ready", r"\BaseNamedObjects\Ready"),
        # Through the link DosDevices to \??, which is no object.
        (r"\DosDevices\C:", r"\GLOBAL??\C:"),
        (r"\??\C:", r"\GLOBAL??\C:"),
        ("\\DosDevices\\c:\\", r"\Device\HarddiskVolume3"),
        (r"\DosDevices\Session1\ready", r"\BaseNamedObjects\Ready"),
    ],
)
def test_links_on_the_way_are_followed(line: str, name: str) -> None:
    image = linked()
    assert ask(image, line).objects()[0]["name"] == name


def linked() -> KernelImage:
    image = system()
    image.files.device("HarddiskVolume3", volume=True)
    image.objects.symbolic_link(r"\DosDevices", r"\??")
    image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
    image.objects.symbolic_link(r"\GLOBAL??\Session1", r"\Sessions\1\Local")
    image.objects.symbolic_link(r"\Sessions\1\Local", r"\BaseNamedObjects")
    image.objects.symbolic_link(r"\Sessions\1\Round", r"\Sessions\1\Round\Again")
    image.objects.symbolic_link(r"\Sessions\1\Nowhere", r"Elsewhere")
    image.objects.call_back(image.objects.symbolic_link(r"\GLOBAL??\D:", ""), 0xFFFFF80000001000, 0)
    return image


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            r"\DosDevices\C:\x",
            (
                r"\DosDevices\C:\x leads to \Device\HarddiskVolume3, a Device, which looks for \x "
                r"itself: find \Device\HarddiskVolume3\x shows the handles to it"
            ),
        ),
        (r"\Sessions\1\Local\Nothing", r"there is no \BaseNamedObjects\Nothing"),
        (r"\Sessions\1\Round\x", r"\Sessions\1\Round\x leads through more than 32 links"),
        (
            r"\Sessions\1\Nowhere\x",
            r"\Sessions\1\Nowhere leads to 'Elsewhere', which is no path from the root",
        ),
        (r"\??\D:\x", r"where \??\D: leads is said by a function of the kernel each time"),
    ],
)
def test_links_that_lead_nowhere(line: str, why: str) -> None:
    with pytest.raises(PykdHandleError) as error:
        ask(linked(), line)
    assert words(error.value) == why


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (r"\KernelObjects\??\Deep", r"there is no \KernelObjects\??"),
        (r"\BaseNamedObjects\Nothing", r"there is no \BaseNamedObjects\Nothing"),
        (
            r"\BaseNamedObjects\Ready\More",
            r"\BaseNamedObjects\Ready is no directory, but of the type Event",
        ),
        ("1000", "0x1000 is no address of the kernel"),
        ("Ready", "'Ready' is neither an address nor a name from the root, as in \\KernelObjects"),
        ("ffffad0433330000", "no object lies at 0xffffad0433330000"),
    ],
)
def test_what_is_not_found(line: str, why: str) -> None:
    with pytest.raises(PykdHandleError) as error:
        ask(system(), line)
    assert words(error.value).startswith(why)


@pytest.mark.parametrize("count", ["HandleCount", "PointerCount"])
def test_a_header_whose_count_can_not_be_is_none(count: str) -> None:
    image = system()
    event = image.objects.event()
    for stored in (-1, 1 << 61):
        event.view[count] = stored
        with pytest.raises(PykdHandleError) as error:
            ask(image, f"{event.address:x}")
        assert words(error.value).startswith(f"no object lies at 0x{event.address:x}")


def test_whether_an_object_of_unknown_type_is_a_directory_is_not_known() -> None:
    image = system()
    root = next(each for each in image.objects.all if each.type_name == "Directory")
    image.memory.drop_page(root.header)
    with pytest.raises(PykdHandleError) as error:
        ask(image, r"\BaseNamedObjects\Ready")
    assert words(error.value).startswith("whether \\ is a directory can't be told: 0x")


def test_where_the_root_of_all_names_can_not_be_read_it_is_said() -> None:
    image = system()
    image.memory.drop_page(image.globals.address("ObpRootDirectoryObject"))
    with pytest.raises(PykdHandleError) as error:
        ask(image, r"\BaseNamedObjects\Ready")
    assert words(error.value).startswith("the root of all names can't be read: 0x")
