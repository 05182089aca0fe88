"""The least that Python needs for a listing: ``python -m benchmarks.floor DUMP SYMBOLS FORM``.

One loop for the benchmark's own dump (`benchmarks.leak`), with nothing of the package: pages looked
up in the mapped file (or read through the debugger, `benchmarks.engine_walks`), names of its three
types of objects, texts of an object made once, no faults and no other form of anything. It writes
the same bytes as the package (``1`` and ``3``: the classic text with these flags, ``jsonl``), and
is what the package's time is measured against.
"""

from __future__ import annotations

import json
import mmap
import struct
import sys
from typing import Any, Callable, Dict, Iterator, List, Protocol, Tuple

__all__ = ("Dump", "Memory", "main", "write_listing")

_PAGE = 0x1000
_FRAME = 0x000FFFFFFFFFF000
_RIGHTS = {
    "Event": ["QueryState", "ModifyState"],
    "File": ["Read/List", "Write/Add"],
    "Key": ["QueryValue", "SetValue"],
}
_EVERY_RIGHT = ["Delete", "ReadControl", "WriteDac", "WriteOwner", "Synch"]
_MASK = 0x1F0003  # of every handle of the dump


class Memory(Protocol):
    """Where the bytes are: in ``data``; ``head`` is the address of the list of processes."""

    data: Any
    head: int

    def at(self, address: int) -> int:
        """Where in ``data`` the byte at a virtual address of the kernel stands."""


class Dump:
    """The dump, mapped."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:  # noqa: PTH123
            data = self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        (self.head,) = struct.unpack_from("<Q", data, 0x28)
        (self.root,) = struct.unpack_from("<Q", data, 0x10)
        count, _ = struct.unpack_from("<IxxxxQ", data, 0x88)
        self.frames: Dict[int, int] = {}
        place = 0x2000
        for number in range(count):
            first, pages = struct.unpack_from("<QQ", data, 0x98 + 16 * number)
            for frame in range(first, first + pages):
                self.frames[frame] = place
                place += _PAGE
        self.pages: Dict[int, int] = {}
        self.tables: Dict[int, Tuple[int, ...]] = {}

    def at(self, address: int) -> int:
        """See `Memory`."""
        page = address >> 12
        place = self.pages.get(page)
        if place is None:
            table = self.tables.get(page >> 9)
            if table is None:
                physical = self.root & _FRAME
                for shift in (39, 30, 21):
                    entry = self.frames[physical >> 12] + (address >> shift & 511) * 8
                    physical = int.from_bytes(self.data[entry : entry + 8], "little") & _FRAME
                table = struct.unpack_from("<512Q", self.data, self.frames[physical >> 12])
                self.tables[page >> 9] = table
            place = self.pages[page] = self.frames[(table[page & 511] & _FRAME) >> 12]
        return place + (address & 0xFFF)


def write_listing(
    memory: Memory, symbols: Dict[str, Any], form: str, write: Callable[[str], Any]
) -> None:
    """List the handles of the last process."""
    data, at, types = memory.data, memory.at, symbols["user_types"]
    word = struct.Struct("<Q").unpack_from

    def offset(name: str, *fields: str) -> int:
        total = 0
        for field in fields:
            found = types[name]["fields"][field]
            total += found["offset"]
            name = found["type"].get("name", "")
        return total

    def pointer(address: int) -> int:
        found: int = word(data, at(address))[0]
        return found

    def number(address: int, size: int) -> int:
        place = at(address)
        return int.from_bytes(data[place : place + size], "little")

    def read(address: int, size: int) -> bytes:
        place, here = at(address), _PAGE - (address & 0xFFF)
        if size <= here:
            return data[place : place + size]
        return data[place : place + here] + read(address + here, size - here)

    def text(address: int) -> str:
        """That of a ``_UNICODE_STRING``."""
        return read(pointer(address + 8), number(address, 2)).decode("utf-16-le")

    active, body = offset("_EPROCESS", "ActiveProcessLinks"), offset("_OBJECT_HEADER", "Body")
    head = memory.head
    base = head - symbols["symbols"]["PsActiveProcessHead"]["address"]
    process = pointer(head + 8) - active

    def symbol(name: str) -> int:
        return base + symbols["symbols"][name]["address"]

    def of_process(*fields: str) -> int:
        return process + offset("_EPROCESS", *fields)

    table = pointer(of_process("ObjectTable"))
    pid = pointer(of_process("UniqueProcessId"))
    audit = pointer(of_process("SeAuditProcessCreationInfo", "ImageFileName"))
    image = text(audit).rsplit("\\", 1)[1]
    count = number(table + offset("_HANDLE_TABLE", "FreeLists")
                   + offset("_HANDLE_TABLE_FREE_LIST", "HandleCount"), 4)  # fmt: skip
    limit = number(table + offset("_HANDLE_TABLE", "NextHandleNeedingPool"), 4)
    if form != "jsonl":
        session = pointer(of_process("Session"))
        write(
            f"\nPROCESS {process:016x}\n"
            f"    SessionId: {number(session + offset('_MM_SESSION_SPACE', 'SessionId'), 4)}  "
            f"Cid: {pid:04x}    Peb: {pointer(of_process('Peb')):08x}  "
            f"ParentCid: {pointer(of_process('InheritedFromUniqueProcessId')):04x}\n"
            f"    DirBase: {pointer(of_process('Pcb', 'DirectoryTableBase')):08x}  "
            f"ObjectTable: {table:016x}  HandleCount: {count:3d}.\n"
            f"    Image: {image}\n\n"
            f"Handle table at {table:016x} with {count} entries in use\n\n"
        )

    # -- objects ----------------------------------------------------------------------------------

    cookie = number(symbol("ObHeaderCookie"), 1)
    slots = symbol("ObTypeIndexTable")
    at_mask, at_type = offset("_OBJECT_HEADER", "InfoMask"), offset("_OBJECT_HEADER", "TypeIndex")
    at_name = offset("_OBJECT_TYPE", "Name")
    at_handles = offset("_OBJECT_HEADER", "HandleCount")
    header_words = struct.Struct(f"<q{at_handles - 8}xq{at_type - at_handles - 8}xBxB").unpack_from
    assert at_mask == at_type + 2
    distances = [number(symbol("ObpInfoMaskToOffset") + mask, 1) for mask in range(256)]
    in_name = offset("_OBJECT_HEADER_NAME_INFO", "Name")
    root = pointer(symbol("ObpRootDirectoryObject"))
    at_device, at_path = offset("_FILE_OBJECT", "DeviceObject"), offset("_FILE_OBJECT", "FileName")
    at_block = offset("_CM_KEY_BODY", "KeyControlBlock")
    at_parent = offset("_CM_KEY_CONTROL_BLOCK", "ParentKcb")
    at_part = offset("_CM_KEY_CONTROL_BLOCK", "NameBlock")
    at_length = offset("_CM_NAME_CONTROL_BLOCK", "NameLength")
    at_text = offset("_CM_NAME_CONTROL_BLOCK", "Name")
    types_met: Dict[int, Tuple[int, str]] = {}
    directories: Dict[int, str] = {root: ""}
    devices: Dict[int, Tuple[str, str]] = {}
    keys: Dict[int, str] = {0: ""}

    def name_of(header: int) -> Tuple[str, int]:
        """The own name of an object, and its directory."""
        info = header - distances[number(header + at_mask, 1) & 3]
        return text(info + in_name), pointer(info)

    def path_of(directory: int) -> str:
        found = directories.get(directory)
        if found is None:
            name, above = name_of(directory - body)
            found = directories[directory] = path_of(above) + "\\" + name
        return found

    def key_path(block: int) -> str:
        found = keys.get(block)
        if found is None:
            part = pointer(block + at_part)
            name = read(part + at_text, number(part + at_length, 2)).decode("latin-1")
            found = keys[block] = key_path(pointer(block + at_parent)) + "\\" + name
        return found

    def describe(header: int) -> Tuple[str, int, int, int, str, str, int, Dict[str, str]]:
        """Type, its address, counts, full and own name, directory, details of an object."""
        if header & 0xFFF > _PAGE - body:
            pointers, handles, index, mask = header_words(read(header, body), 0)
        else:
            pointers, handles, index, mask = header_words(data, at(header))
        index ^= (header >> 8 & 0xFF) ^ cookie
        kind = types_met.get(index)
        if kind is None:
            where = pointer(slots + 8 * index)
            kind = types_met[index] = where, text(where + at_name)
        place, name = kind
        if name == "File":
            device = pointer(header + body + at_device)
            if device not in devices:
                leaf, above = name_of(device - body)
                devices[device] = path_of(above) + "\\" + leaf, leaf
            full, leaf = devices[device]
            path = text(header + body + at_path)
            details = {"device": full, "device_object": f"0x{device:x}"}
            return name, place, handles, pointers, full + path, f"{path} {{{leaf}}}", 0, details
        if name == "Key":
            block = pointer(header + body + at_block)
            path = key_path(block)
            details = {"key_control_block": f"0x{block:x}"}
            return name, place, handles, pointers, path, path, 0, details
        info = header - distances[mask & 3]
        own, directory = text(info + in_name), pointer(info)
        return name, place, handles, pointers, path_of(directory) + "\\" + own, own, directory, {}

    def classic(header: int) -> Tuple[str, str]:
        name, place, handles, pointers, _, own, directory, _ = describe(header)
        where = f"{directory:016x}" if directory else "00000000"
        return (
            f": Object: {header + body:016x}  GrantedAccess: {_MASK:08x} Entry: ",
            (
                f"\nObject: {header + body:016x}  Type: ({place:016x}) {name}\n"
                f"    ObjectHeader: {header:016x} (new version)\n"
                f"        HandleCount: {handles}  PointerCount: {pointers}\n"
                f"        Directory Object: {where}  Name: {own}\n\n"
            ),
        )

    def line(header: int) -> Tuple[str, str]:
        name, place, handles, pointers, full, _, _, details = describe(header)
        rest = {
            "free": False, "next_free": None, "object": f"0x{header + body:x}",
            "object_header": f"0x{header:x}", "type": name, "type_address": f"0x{place:x}",
            "granted_access": f"0x{_MASK:x}", "access": _EVERY_RIGHT + _RIGHTS[name],
            "attributes": [], "handle_count": handles, "pointer_count": pointers,
            "name": full, "details": details, "error": None, "unavailable": {},
        }  # fmt: skip
        return '", "entry": "0x', '", ' + json.dumps(rest)[1:] + "\n"

    # -- the table --------------------------------------------------------------------------------

    def leaves(code: int) -> Iterator[int]:
        if not code & 3:
            yield code
            return
        place = at(code & ~3)
        for (below,) in struct.iter_unpack("<Q", data[place : place + _PAGE]):
            if not below:
                break
            yield from leaves(below | (code & 3) - 1)

    shared = {"pid": pid, "process": image, "eprocess": f"0x{process:x}"}
    start = json.dumps(shared)[:-1] + ', "handle": "0x'
    texts: Dict[int, Tuple[str, str]] = {}
    make = line if form == "jsonl" else classic
    entries = struct.Struct("<QQ")
    handle = 0
    for leaf in leaves(pointer(table + offset("_HANDLE_TABLE", "TableCode"))):
        if handle >= limit:
            break
        place = at(leaf)
        lines: List[str] = []
        address = leaf
        handle -= 4
        address -= 16
        for low, high in entries.iter_unpack(data[place : place + _PAGE]):
            handle += 4
            address += 16
            if low and address != leaf:
                header = low >> 20 << 4 | 0xFFFF000000000000
                if form == "1":
                    lines.append(
                        f"{handle:04x}: Object: {header + body:016x}"
                        f"  GrantedAccess: {high & 0x1FFFFFF:08x}\n\n"
                    )
                    continue
                known = texts.get(header)
                if known is None:
                    known = texts[header] = make(header)
                if form == "3":
                    lines.append(f"{handle:04x}{known[0]}{address:016x}{known[1]}")
                else:
                    lines.append(f"{start}{handle:x}{known[0]}{address:x}{known[1]}")
        handle += 4
        write("".join(lines))


def main() -> int:
    """Write the listing; returns the exit code."""
    dump, symbols, form = sys.argv[1:]
    with open(symbols, encoding="utf-8") as file:  # noqa: PTH123
        write_listing(Dump(dump), json.load(file), form, sys.stdout.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
