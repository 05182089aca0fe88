"""Objects of each family: their names and details, whole and damaged."""

import struct
from typing import Any

import pytest

from mocks.kernel_image import KernelImage
from mocks.object import MockObject
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.objects import Description, Objects
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, Reason, Unavailable

from .bodies import everything


@pytest.fixture
def image() -> KernelImage:
    return KernelImage()


def describe(image: KernelImage, item: Any) -> Description:
    kernel = Kernel(MockTarget(image))
    return Objects(kernel).describe(kernel.object(item.header))


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "device", "name", "classic"),
    [
        # 027: `\Reference {ConDrv}`, `\IrpTracker {HarddiskVolume4}`
        (r"\Reference", "ConDrv", r"\Device\ConDrv\Reference", r"\Reference {ConDrv}"),
        (
            r"\IrpTracker",
            "HarddiskVolume4",
            r"\Device\HarddiskVolume4\IrpTracker",
            r"\IrpTracker {HarddiskVolume4}",
        ),
        ("relative.txt", "Mup", r"\Device\Mup\...\relative.txt", "relative.txt {Mup}"),
        (r"a\b.txt", "Mup", r"\Device\Mup\...\a\b.txt", r"a\b.txt {Mup}"),
        (":stream", "Mup", r"\Device\Mup\...:stream", ":stream {Mup}"),
    ],
)
def test_a_file(image: KernelImage, path: str, device: str, name: str, classic: str) -> None:
    found = describe(image, image.files.open(path, device))
    assert (found.name, found.directory) == (name, 0)
    assert f"{found.own_name} {{{found.device}}}" == classic
    assert found.details["device"] == rf"\Device\{device}"
    assert ("relative" in found.details) == ("..." in name)


def test_027_a_file_without_a_path_has_no_own_name(image: KernelImage) -> None:
    found = describe(image, image.files.open("", "ConDrv"))
    assert found.own_name is NO_VALUE
    assert found.name == r"\Device\ConDrv"


def test_a_file_of_a_nameless_device(image: KernelImage) -> None:
    device = image.files.device(None, "Ntfs")
    found = describe(image, image.files.open(r"\x", device))
    assert (found.name, found.own_name) == (r"\x", r"\x")
    assert found.device is NO_VALUE
    found = describe(image, image.files.open("x", device))
    assert (found.name, found.own_name) == (r"\...\x", "x")


def test_a_file_whose_name_is_missing(image: KernelImage) -> None:
    item = image.files.open(r"\Windows\win.ini")
    buffer = item.body("_FILE_OBJECT")["FileName.Buffer"]
    image.memory.drop(buffer, 8, "in the page file")
    found = describe(image, item)
    assert found.name == Unavailable(Reason.IN_THE_PAGE_FILE, buffer)
    assert found.details["device"] == r"\Device\HarddiskVolume3"


def test_a_file_whose_device_is_missing_keeps_its_path(image: KernelImage) -> None:
    item = image.files.open(r"\Windows\win.ini")
    device = item.body("_FILE_OBJECT")["DeviceObject"]
    image.memory.drop(device - 0x70, 0x80, "in the page file")
    found = describe(image, item)
    assert isinstance(found.name, Unavailable)
    assert found.details["path"] == r"\Windows\win.ini"
    assert found.own_name == r"\Windows\win.ini"
    assert isinstance(found.device, Unavailable)


def test_a_file_whose_device_leads_nowhere(image: KernelImage) -> None:
    item = image.files.open(r"\x")
    item.body("_FILE_OBJECT")["DeviceObject"] = 0x4141414141414141
    found = describe(image, item)
    assert isinstance(found.name, Unavailable)
    assert "device object is no address" in words(found.name)


# -- keys ------------------------------------------------------------------------------------------

SESSION_MANAGER = r"\REGISTRY\MACHINE\SYSTEM\CONTROLSET001\CONTROL\SESSION MANAGER\EXECUTIVE"


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("path", [SESSION_MANAGER, r"\REGISTRY", "\\REGISTRY\\USER\\\u00c4\u00d6"])
def test_002_a_key(image: KernelImage, path: str, compressed: bool) -> None:
    found = describe(image, image.registry.key(path, compressed=compressed))
    assert (found.name, found.own_name, found.directory) == (path, path, 0)


def test_a_key_in_no_latin_script(image: KernelImage) -> None:
    path = "\\REGISTRY\\USER\\\u0416\u0443\u043a"
    assert describe(image, image.registry.key(path)).name == path


def test_a_key_with_a_long_name(image: KernelImage) -> None:
    path = "\\REGISTRY\\MACHINE\\" + "x" * 255
    assert describe(image, image.registry.key(path)).name == path
    assert describe(image, image.registry.key(path + "y")).name == path + "y"


def test_the_entry_of_a_hive_adds_no_part(image: KernelImage) -> None:
    found = describe(image, image.registry.key(SESSION_MANAGER, hive_entry=True))
    assert found.name == SESSION_MANAGER


def test_before_14393_the_entry_of_a_hive_is_the_key_itself() -> None:
    image = KernelImage("win10_1507_x64")
    item = image.registry.key(SESSION_MANAGER)
    block = image.registry.kcb(r"\REGISTRY\MACHINE\SYSTEM")
    block["Flags"] = block["Flags"] | 0x04
    assert describe(image, item).name == SESSION_MANAGER


def test_a_key_that_is_a_link_keeps_its_part(image: KernelImage) -> None:
    item = image.registry.key(SESSION_MANAGER)
    block = image.registry.kcb(r"\REGISTRY\MACHINE\SYSTEM\CONTROLSET001")
    block["Flags"] = block["Flags"] | 0x10
    assert describe(image, item).name == SESSION_MANAGER


def test_a_cycle_of_key_control_blocks_ends(image: KernelImage) -> None:
    item = image.registry.key(SESSION_MANAGER)
    above = image.registry.kcb(r"\REGISTRY\MACHINE")
    above["ParentKcb"] = image.registry.kcb(SESSION_MANAGER).address
    found = describe(image, item)
    assert isinstance(found.name, Unavailable) and "cycle" in words(found.name)


def test_a_key_control_block_that_is_missing(image: KernelImage) -> None:
    item = image.registry.key(SESSION_MANAGER)
    above = image.registry.kcb(r"\REGISTRY\MACHINE\SYSTEM")
    image.memory.drop(above.address, 0x138, "in the page file")
    found = describe(image, item)
    assert isinstance(found.name, Unavailable) and words(found.name.at(None)) == "in the page file"


@pytest.mark.parametrize("length", [0, 0xFFFE, 9])
def test_a_key_part_of_absurd_length(image: KernelImage, length: int) -> None:
    # An odd length can only be one of 8-bit characters.
    item = image.registry.key(SESSION_MANAGER, compressed=False)
    block = image.registry.kcb(SESSION_MANAGER)
    name = image.memory.view("_CM_NAME_CONTROL_BLOCK", block["NameBlock"])
    name["NameLength"] = length
    found = describe(image, item)
    assert isinstance(found.name, Unavailable) and "can't be" in words(found.name)


# -- processes and threads -------------------------------------------------------------------------


def test_a_process(image: KernelImage) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    found = describe(image, smss.object)
    assert found.name == "smss.exe Cid 0138"
    # 033: WinDbg prints no name line for a process.
    assert found.own_name is NO_VALUE
    assert found.details == {"image": "smss.exe", "pid": 0x138, "exited": False}


def test_an_exited_process_says_so(image: KernelImage) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    smss.exit()
    assert describe(image, smss.object).details["exited"] is True


def test_a_thread(image: KernelImage) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    thread = image.processes.add_thread(smss, 0x13C)
    found = describe(image, thread.object)
    assert found.name == "smss.exe Cid 0138.013c"
    assert found.own_name is NO_VALUE
    assert found.details == {"pid": 0x138, "tid": 0x13C, "image": "smss.exe", "exited": False}
    thread.view.put("Terminated", 1)
    assert describe(image, thread.object).details["exited"] is True


def test_a_thread_whose_ids_are_missing(image: KernelImage) -> None:
    thread = image.processes.add_thread(image.processes.add("smss.exe", 0x138), 0x13C)
    image.memory.drop(thread.view.at("Cid.UniqueThread"), 8, "in the page file")
    found = describe(image, thread.object)
    assert isinstance(found.name, Unavailable) and found.details["pid"] == 0x138


# -- sections and links ----------------------------------------------------------------------------


def test_a_section_of_a_file(image: KernelImage) -> None:
    file = image.files.open(r"\Windows\System32\ntdll.dll")
    found = describe(image, image.sections.add(file, name=r"\KnownDlls\ntdll.dll", size=0x1F8000))
    assert (found.name, found.own_name) == (r"\KnownDlls\ntdll.dll", "ntdll.dll")
    assert found.details["file"] == r"\Device\HarddiskVolume3\Windows\System32\ntdll.dll"
    assert found.details["backing"] == "file"
    assert found.details["size"] == 0x1F8000


def test_a_section_of_the_page_file(image: KernelImage) -> None:
    found = describe(image, image.sections.add())
    assert found.name is NO_VALUE
    assert found.details["backing"] == "page file" and "file" not in found.details


@pytest.mark.parametrize("as_image", [True, False])
def test_a_section_of_a_remote_file(image: KernelImage, as_image: bool) -> None:
    file = image.files.open(r"\server\share\x.dll", "Mup")
    found = describe(image, image.sections.add(file, remote=True, image=as_image))
    assert found.details["file"] == r"\Device\Mup\server\share\x.dll"
    # Its control area is on the other machine.
    whole = everything(image, image.sections.add(file, remote=True, image=as_image))
    assert not {"kind", "section_flags", "partition", "mapped_views"} & whole.keys()


def test_a_section_whose_control_area_leads_nowhere(image: KernelImage) -> None:
    item = image.sections.add()
    item.body("_SECTION")["u1.ControlArea"] = 0x41414140
    file = describe(image, item).details["file"]
    assert isinstance(file, Unavailable) and "control area" in words(file)
    item = image.sections.add(image.files.open(r"\x.dll"))
    area = image.memory.view("_CONTROL_AREA", item.body("_SECTION")["u1.ControlArea"])
    area["FilePointer.Value"] = 0x41414147
    file = describe(image, item).details["file"]
    assert isinstance(file, Unavailable)
    assert words(file) == "0x41414140: the file object is no address of the kernel"


def test_sections_of_windows_81_say_that_nobody_knows() -> None:
    image = KernelImage("win81_x64")
    found = describe(image, image.objects.make("Section", "Shared", size=0x40))
    assert found.own_name == "Shared"
    assert isinstance(found.details["file"], Unavailable)
    assert "_SECTION" in words(found.details["file"])


def test_a_symbolic_link(image: KernelImage) -> None:
    found = describe(
        image, image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
    )
    assert (found.name, found.own_name) == (r"\GLOBAL??\C:", "C:")
    assert found.details == {"flags": 0, "target": r"\Device\HarddiskVolume3"}


def test_a_drive_letter(image: KernelImage) -> None:
    link = image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
    image.memory.write(link.address + 0x18, struct.pack("<I", 3))  # DosDeviceDriveIndex
    assert describe(image, link).details["drive_letter_index"] == 3


def test_before_windows_10_a_link_has_no_flags() -> None:
    image = KernelImage("win7_sp1_x86")
    link = image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume2")
    assert describe(image, link).details == {"target": r"\Device\HarddiskVolume2"}


CALLBACK, CONTEXT = 0xFFFFF80412340000, 0xFFFFF80412346010


def hooked(image: KernelImage, flags: int) -> MockObject:
    """A link by hand: Callback at 8, CallbackContext at 10, Flags at 1c (64 bits, 15063 on)."""
    link = image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
    image.memory.write(link.address + 8, struct.pack("<QQ", CALLBACK, CONTEXT))
    image.memory.write(link.address + 0x1C, struct.pack("<I", flags))
    return link


@pytest.mark.parametrize("layout", ["win10_17763_x64", "win10_19041_x64", "win11_26100_arm64"])
def test_a_symbolic_link_with_a_callback(layout: str) -> None:
    image = KernelImage(layout)
    found = describe(image, hooked(image, 0x10 | 0x1))
    assert found.name == r"\GLOBAL??\C:"
    assert found.details == {"flags": 0x11, "callback": CALLBACK, "callback_context": CONTEXT}
    # The mocks write the same.
    link = image.objects.symbolic_link(r"\GLOBAL??\D:", r"\Device\HarddiskVolume4")
    image.objects.call_back(link, CALLBACK, CONTEXT)
    assert image.memory.peek(link.address + 8, 16) == struct.pack("<QQ", CALLBACK, CONTEXT)
    assert image.memory.peek(link.address + 0x1C, 4) == struct.pack("<I", 0x10)


def test_other_flags_of_a_link_are_no_callback(image: KernelImage) -> None:
    link = image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
    image.memory.write(link.address + 0x1C, struct.pack("<I", 0xFFFFFFEF))
    found = describe(image, link)
    assert found.details == {"flags": 0xFFFFFFEF, "target": r"\Device\HarddiskVolume3"}


def test_before_15063_a_link_has_no_callback() -> None:
    image = KernelImage("win10_14393_x64")
    link = image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
    image.memory.write(link.address + 0x1C, struct.pack("<I", 0x10))
    found = describe(image, link)
    assert found.details == {"flags": 0x10, "target": r"\Device\HarddiskVolume3"}


def test_flags_of_a_link_that_are_missing(image: KernelImage) -> None:
    link = hooked(image, 0x10)
    image.memory.drop(link.address + 0x1C, 4)
    reason = Unavailable(Reason.NOT_IN_THE_DUMP, link.address + 0x1C)
    assert describe(image, link).details == {"flags": reason, "target": reason}


# -- the rest --------------------------------------------------------------------------------------


def test_any_other_type_is_named_by_its_name_header(image: KernelImage) -> None:
    found = describe(image, image.objects.make("ALPC Port", r"\RPC Control\epmapper"))
    assert (found.name, found.own_name) == (r"\RPC Control\epmapper", "epmapper")
    assert found.directory == image.objects.directory(r"\RPC Control").address


def test_an_unreadable_directory_leaves_the_leaf(image: KernelImage) -> None:
    item = image.objects.make("Event", r"\a\b\Event1234")
    image.memory.drop(image.objects.directory(r"\a").header, 0x30)
    found = describe(image, item)
    assert isinstance(found.name, Unavailable)
    assert found.own_name == found.details["leaf_name"] == "Event1234"
