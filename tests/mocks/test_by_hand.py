"""Windows 10 19041 by its own offsets, written out here, from the globals to a handle's name.

Nothing of the layout files or of the package is used to find anything.
"""

from __future__ import annotations

from typing import Dict, List

import pytest

from mocks import KernelImage

from .reading import follow, u8, u16, u32, u64, unicode

# _EPROCESS
LINKS, PID, PARENT, TABLE, IMAGE_NAME, PEB, SESSION = (
    0x448,
    0x440,
    0x540,
    0x570,
    0x5A8,
    0x550,
    0x558,
)
DIRECTORY_BASE, THREADS, AUDIT_NAME = 0x28, 0x5E0, 0x5C0
# _HANDLE_TABLE
TABLE_CODE, TABLE_LIST, TABLE_PID, FIRST_FREE, LAST_FREE, COUNT = 0x8, 0x18, 0x28, 0x48, 0x50, 0x58


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def header_behind(image: KernelImage, entry: int) -> int:
    """EVOLUTION's rule for 8.1 and later: (int64 >> 20) << 4."""
    return signed(u64(image, entry), 64) >> 20 << 4 & 0xFFFFFFFFFFFFFFFF


def type_name(image: KernelImage, header: int) -> str:
    cookie = u8(image, image.globals.address("ObHeaderCookie"))
    index = u8(image, header + 0x18) ^ (header >> 8 & 0xFF) ^ cookie
    return unicode(image, u64(image, image.globals.address("ObTypeIndexTable") + 8 * index) + 0x10)


def optional(image: KernelImage, header: int, bit: int) -> int:
    """The address of an optional header, 0 where the mask says that there is none."""
    mask = u8(image, header + 0x1A)
    if not mask & bit:
        return 0
    return header - u8(
        image, image.globals.address("ObpInfoMaskToOffset") + (mask & (bit | bit - 1))
    )


@pytest.fixture
def processes(image: KernelImage) -> Dict[int, int]:
    parent = image.processes.add("explorer.exe", 0xBF4, session=1, peb=0x7FF700001000)
    image.processes.add("a name that is far too long.exe", 0x1514, parent, dirbase=0x287A4002)
    return {
        u32(image, place - LINKS + PID): place - LINKS
        for place in follow(image, image.globals.address("PsActiveProcessHead"))
    }


def test_processes(image: KernelImage, processes: Dict[int, int]) -> None:
    assert list(processes) == [4, 0xBF4, 0x1514]
    assert u64(image, image.globals.address("PsInitialSystemProcess")) == processes[4]
    one, two = processes[0xBF4], processes[0x1514]
    assert image.memory.peek(one + IMAGE_NAME, 15) == b"explorer.exe\0\0\0"
    assert image.memory.peek(two + IMAGE_NAME, 15) == b"a name that is\0"
    assert u64(image, one + PARENT) == 4 and u64(image, two + PARENT) == 0xBF4
    assert u64(image, one + PEB) == 0x7FF700001000
    assert u64(image, two + DIRECTORY_BASE) == 0x287A4002
    assert u32(image, u64(image, one + SESSION) + 8) == 1
    assert u64(image, processes[4] + SESSION) == 0
    audit = unicode(image, u64(image, one + AUDIT_NAME))
    assert audit == "\\Device\\HarddiskVolume3\\Windows\\System32\\explorer.exe"
    assert u8(image, one) == 3  # ProcessObject


def test_tables_of_all_processes_are_in_the_list(
    image: KernelImage, processes: Dict[int, int]
) -> None:
    tables = [
        place - TABLE_LIST for place in follow(image, image.globals.address("HandleTableListHead"))
    ]
    assert tables == [u64(image, process + TABLE) for process in processes.values()]
    assert [u32(image, table + TABLE_PID) for table in tables] == list(processes)
    assert u64(image, image.globals.address("ObpKernelHandleTable")) == tables[0]
    assert u64(image, image.globals.address("PspCidTable")) not in tables


def test_an_entry(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    event = image.objects.event()
    handle = process.handle(event, 0x1F0003, protect=True, audit=True, refcnt=0x1234)
    table = u64(image, process.address + TABLE)
    assert u64(image, table + TABLE_CODE) & 7 == 0
    entry = u64(image, table + TABLE_CODE) + 16 * (handle // 4)
    low = u64(image, entry)
    assert low & 1 == 1, "the lock bit of an entry at rest"
    assert low >> 1 & 0xFFFF == 0x1234
    assert low >> 17 & 7 == 1 | 4
    assert header_behind(image, entry) == event.header
    assert u32(image, entry + 8) == 0x1F0003
    assert u32(image, entry + 12) == 0


def test_free_entries(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    handles = [process.handle(image.objects.event()) for _ in range(4)]
    process.close(handles[1])
    table = u64(image, process.address + TABLE)
    page = u64(image, table + TABLE_CODE)
    assert u32(image, table) == 0x400  # NextHandleNeedingPool
    assert u32(image, table + COUNT) == 3
    assert u64(image, page) == 0 and u64(image, page + 8) == 0  # the reserved entry of handle 0
    chain: List[int] = []
    place = u64(image, table + FIRST_FREE)
    while place:
        assert u64(image, place) == 0
        chain.append((place - page) // 16 * 4)
        place = u64(image, place + 8)
    assert chain == [8, *range(0x14, 0x400, 4)]
    assert u64(image, table + LAST_FREE) == page + 255 * 16


def test_object_header_name_and_type(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    event = image.objects.event("\\BaseNamedObjects\\Ready")
    process.handle(event)
    process.handle(event, refcnt=0)
    header = event.header
    assert event.address == header + 0x30
    assert u64(image, header) == 1 + 0x8000 + 1  # PointerCount
    assert u64(image, header + 8) == 2
    assert type_name(image, header) == "Event"
    name = optional(image, header, 0x02)
    assert unicode(image, name + 8) == "Ready"
    directory = u64(image, name) - 0x30
    assert type_name(image, directory) == "Directory"
    above = optional(image, directory, 0x02)
    assert unicode(image, above + 8) == "BaseNamedObjects"
    root = u64(image, above)
    assert root == u64(image, image.globals.address("ObpRootDirectoryObject"))
    assert optional(image, header, 0x01) == 0
    assert optional(image, header, 0x08) == header - 0x40  # 0x20 name, 0x20 quota


def test_optional_headers_lie_as_the_mask_says(image: KernelImage) -> None:
    found = image.objects.make(
        "Event",
        "x",
        size=0x18,
        headers=("creator", "handle", "quota", "process", "audit", "extended"),
    )
    sizes = {0x01: 0x20, 0x02: 0x20, 0x04: 0x10, 0x08: 0x20, 0x10: 0x10, 0x20: 0x10, 0x40: 0x10}
    distance = 0
    for bit, size in sizes.items():
        distance += size
        assert optional(image, found.header, bit) == found.header - distance
    assert unicode(image, found.header - 0x40 + 8) == "x"
    footer = u64(image, found.header - distance)
    assert found.header + 0x48 <= footer


def test_file(image: KernelImage) -> None:
    base = image.files.open("\\Users\\user\\notes.txt")
    found = image.files.open("stream", related=base)
    assert u16(image, found.address) == 5 and u16(image, found.address + 2) == 0xD8
    assert unicode(image, base.address + 0x58) == "\\Users\\user\\notes.txt"
    assert u64(image, found.address + 0x40) == base.address
    device = u64(image, found.address + 8)
    assert u16(image, device) == 3
    assert type_name(image, device - 0x30) == "Device"
    assert unicode(image, optional(image, device - 0x30, 2) + 8) == "HarddiskVolume3"
    vpb = u64(image, found.address + 0x10)
    assert u64(image, vpb + 0x10) == device
    system = u64(image, vpb + 8)
    assert optional(image, system - 0x30, 2) == 0, "the file system's device has no name"
    assert unicode(image, u64(image, system + 8) + 0x38) == "\\Driver\\Ntfs"


def key_path(image: KernelImage, key: int) -> List[str]:
    """The parts of a key's path from its key control blocks, hive entries in parentheses."""
    parts: List[str] = []
    block = u64(image, key + 8)
    while block:
        name = u64(image, block + 0x50)
        data = image.memory.peek(name + 0x1A, u16(image, name + 0x18))
        text = data.decode("latin-1" if u32(image, name) & 1 else "utf-16-le")
        flags = u32(image, block + 0xB8) >> 16
        parts.insert(0, f"({text})" if flags & 4 else text)
        block = u64(image, block + 0x48)
    return parts


def test_keys(image: KernelImage) -> None:
    plain = image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM\\Setup")
    assert key_path(image, plain.address) == ["REGISTRY", "MACHINE", "SYSTEM", "Setup"]
    hive = image.registry.key("\\REGISTRY\\MACHINE\\SOFTWARE\\\u0416", hive_entry=True)
    parts = key_path(image, hive.address)
    assert parts == ["REGISTRY", "MACHINE", "SOFTWARE", "(ROOT)", "\u0416"]
    again = image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM", full_name=True)
    block = u64(image, again.address + 8)
    assert block == u64(image, u64(image, plain.address + 8) + 0x48), "one block for one key"
    assert unicode(image, u64(image, block + 0x128)) == "\\REGISTRY\\MACHINE\\SYSTEM"


def test_sections(image: KernelImage) -> None:
    file = image.files.open("\\Windows\\System32\\ntdll.dll")
    mapped = image.sections.add(file, image=True)
    area = u64(image, mapped.address + 0x28)
    assert area & 3 == 0
    assert u64(image, area + 0x40) & ~0xF == file.address
    assert u64(image, area + 0x40) & 0xF == 0xF
    assert u32(image, area + 0x38) >> 5 & 7 == 0b101  # Image, File
    assert u64(image, u64(image, area)) == area  # segment -> control area
    memory = u64(image, image.sections.add(size=0x5000).address + 0x28)
    assert u64(image, memory + 0x40) == 0 and u32(image, memory + 0x38) >> 5 & 7 == 0
    remote = u64(image, image.sections.add(file, remote=True).address + 0x28)
    assert remote == file.address | 2


def test_symbolic_link_and_token(image: KernelImage) -> None:
    link = image.objects.symbolic_link("\\GLOBAL??\\C:", "\\Device\\HarddiskVolume3")
    assert unicode(image, link.address + 8) == "\\Device\\HarddiskVolume3"
    token = image.tokens.add(user=(5, (32, 544)), session=1, impersonation=2, luid=0x1_0000_03E7)
    assert u64(image, token.address + 0x18) == 0x1_0000_03E7
    assert u32(image, token.address + 0xC0) == 2 and u32(image, token.address + 0xC4) == 2
    sid = u64(image, u64(image, token.address + 0x98))
    assert image.memory.peek(sid, 16) == bytes.fromhex("01020000000000052000000020020000")
    process = image.processes.add("a.exe", 0x100)
    image.tokens.set_primary(process, token)
    assert u64(image, process.address + 0x4B8) & ~0xF == token.address


def test_threads(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    thread = image.processes.add_thread(process, 0x104, name="worker")
    second = image.processes.add_thread(process)
    assert second.tid % 0x400 and second.tid != 0x104
    heads = [place - 0x4E8 for place in follow(image, process.address + THREADS)]
    assert heads == [thread.address, second.address]
    assert u64(image, thread.address + 0x478) == 0x100
    assert u64(image, thread.address + 0x480) == 0x104
    assert unicode(image, u64(image, thread.address + 0x610)) == "worker"
    assert u64(image, thread.address + 0x98 + 0x20) == process.address  # ApcState.Process


def test_id_table_points_at_bodies(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x138)
    thread = image.processes.add_thread(process, 0x9F4)
    table = u64(image, image.globals.address("PspCidTable"))
    code = u64(image, table + TABLE_CODE)
    assert code & 3 == 1, "ids beyond 0x400 need a second page"
    for number, body in ((0x138, process.address), (0x9F4, thread.address)):
        page = u64(image, (code & ~3) + 8 * (number // 0x400))
        assert header_behind(image, page + 16 * (number % 0x400 // 4)) == body


def test_exited_process_stays_in_the_list(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x138)
    table = process.table.address
    process.exit(0xC0000005 - (1 << 32))
    links = [place - LINKS for place in follow(image, image.globals.address("PsActiveProcessHead"))]
    assert process.address in links
    assert u64(image, process.address + TABLE) == 0
    assert u64(image, process.address + 0x840) != 0  # ExitTime
    assert u32(image, process.address + 0x7D4) == 0xC0000005
    tables = [
        place - TABLE_LIST for place in follow(image, image.globals.address("HandleTableListHead"))
    ]
    assert table not in tables


def test_holders_of_an_object(image: KernelImage) -> None:
    one, two = image.processes.add("a.exe", 0x100), image.processes.add("b.exe", 0x200)
    file = image.files.open("\\x")
    one.handle(file)
    one.handle(file)
    info = file.header - 0x10
    assert u8(image, file.header + 0x1B) & 0x40  # the count stands in the header itself
    assert u64(image, info) == one.address and u32(image, info + 8) & 0xFFFFFF == 2
    two.handle(file)
    assert not u8(image, file.header + 0x1B) & 0x40
    database = u64(image, info)
    assert u32(image, database) == 2
    rows = [(u64(image, at), u32(image, at + 8)) for at in (database + 8, database + 0x18)]
    assert rows == [(one.address, 2), (two.address, 1)]


def test_dispatcher_objects(image: KernelImage) -> None:
    owner = image.processes.add_thread(image.processes.system)
    event = image.objects.event(manual=False, signaled=True)
    assert u8(image, event.address) == 1 and u32(image, event.address + 4) == 1
    assert u8(image, image.objects.event(manual=True).address) == 0
    mutant = image.objects.mutant(owner=owner, abandoned=True)
    assert u8(image, mutant.address) == 2 and u32(image, mutant.address + 4) == 0
    assert u64(image, mutant.address + 0x28) == owner.address
    assert u8(image, mutant.address + 0x30) & 1
    semaphore = image.objects.semaphore(count=3, limit=10)
    assert u8(image, semaphore.address) == 5
    assert (u32(image, semaphore.address + 4), u32(image, semaphore.address + 0x18)) == (3, 10)
    timer = image.objects.timer(manual=True, due=5, period=1000)
    assert u8(image, timer.address) == 8
    assert u64(image, timer.address + 0x18) == 5 and u32(image, timer.address + 0x3C) == 1000
