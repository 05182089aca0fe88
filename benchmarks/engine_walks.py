"""The walks that `benchmarks.engine_reads` compares, in the debugger's Python: each writes the
handles of the current process, which is the last one of `benchmarks.leak`, at flags 3.
"""

from __future__ import annotations

import struct
from typing import Any, Callable, Dict, Iterator, Tuple

__all__ = ("SessionPages", "TypedVars")

_PAGE = 0x1000
Write = Callable[[str], Any]


class SessionPages:
    """The memory of `benchmarks.floor`: the pages that are asked for, read through pykd."""

    def __init__(self, pykd: Any) -> None:
        self.data = bytearray()
        self.head = int(pykd.getOffset("nt!PsActiveProcessHead"))
        self._pykd = pykd
        self._pages: Dict[int, int] = {}

    def at(self, address: int) -> int:
        """See `benchmarks.floor.Memory`."""
        page = address >> 12
        place = self._pages.get(page)
        if place is None:
            place = self._pages[page] = len(self.data)
            self.data += struct.pack("<512Q", *self._pykd.loadQWords(page << 12, 512))
        return place + (address & 0xFFF)


class TypedVars:
    """The walk of a script that knows pykd: a ``typedVar`` for each structure.

    Types are looked up once, entries come a page at a time (``typedVarArray``), a field is
    converted once, and names of types, devices and keys are kept. With ``once``, the text of each
    object is, too. ``values`` counts the fields that were read.
    """

    def __init__(self, pykd: Any, write: Write, once: bool) -> None:
        self._pykd = pykd
        self._write = write
        self._once = once
        self._nt = nt = pykd.module("nt")
        self.values = 0
        self._kinds: Dict[str, Any] = {}
        self._types: Dict[int, Tuple[int, str]] = {}
        self._devices: Dict[int, str] = {}
        self._keys: Dict[int, str] = {0: ""}
        self._cookie = pykd.ptrByte(nt.offset("ObHeaderCookie"))
        self._slots = nt.offset("ObTypeIndexTable")
        self._distances = pykd.loadBytes(nt.offset("ObpInfoMaskToOffset"), 256)
        self._body = self._kind("_OBJECT_HEADER").fieldOffset("Body")

    def _value(self, variable: Any) -> int:
        self.values += 1
        return int(variable)

    def _kind(self, name: str) -> Any:
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = self._nt.type(name)
        return kind

    def _typed(self, name: str, address: int) -> Any:
        return self._pykd.typedVar(self._kind(name), address)

    def _text(self, string: Any) -> str:
        return str(self._pykd.loadUnicodeString(string.getAddress()))

    def _name_info(self, header: int, mask: int) -> Any:
        return self._typed("_OBJECT_HEADER_NAME_INFO", header - self._distances[mask & 3])

    def _device(self, device: int) -> str:
        found = self._devices.get(device)
        if found is None:
            header = device - self._body
            mask = self._value(self._typed("_OBJECT_HEADER", header).InfoMask)
            found = self._devices[device] = self._text(self._name_info(header, mask).Name)
        return found

    def _path(self, block: int) -> str:
        found = self._keys.get(block)
        if found is None:
            control = self._typed("_CM_KEY_CONTROL_BLOCK", block)
            name = self._typed("_CM_NAME_CONTROL_BLOCK", self._value(control.NameBlock))
            data = self._pykd.loadBytes(name.Name.getAddress(), self._value(name.NameLength))
            above = self._path(self._value(control.ParentKcb))
            found = self._keys[block] = f"{above}\\{bytes(data).decode('latin-1')}"
        return found

    def _describe(self, header: int) -> str:
        """What stands behind the handle's own line."""
        value = self._value
        at = self._typed("_OBJECT_HEADER", header)
        number = value(at.TypeIndex) ^ header >> 8 & 0xFF ^ self._cookie
        kind = self._types.get(number)
        if kind is None:
            place = self._pykd.ptrQWord(self._slots + 8 * number)
            kind = self._types[number] = place, self._text(self._typed("_OBJECT_TYPE", place).Name)
        handles, pointers = value(at.HandleCount), value(at.PointerCount)
        body, where = header + self._body, "00000000"
        if kind[1] == "File":
            file = self._typed("_FILE_OBJECT", body)
            device = self._device(value(file.DeviceObject))
            name = f"{self._text(file.FileName)} {{{device}}}"
        elif kind[1] == "Key":
            name = self._path(value(self._typed("_CM_KEY_BODY", body).KeyControlBlock))
        else:
            info = self._name_info(header, value(at.InfoMask))
            where, name = f"{value(info.Directory):016x}", self._text(info.Name)
        return (
            f"\nObject: {body:016x}  Type: ({kind[0]:016x}) {kind[1]}\n"
            f"    ObjectHeader: {header:016x} (new version)\n"
            f"        HandleCount: {handles}  PointerCount: {pointers}\n"
            f"        Directory Object: {where}  Name: {name}\n\n"
        )

    def _leaves(self, code: int) -> Iterator[int]:
        if not code & 3:
            yield code
            return
        for below in self._pykd.loadQWords(code & ~3, 512):
            if below:
                yield from self._leaves(below | (code & 3) - 1)

    def walk(self) -> None:
        """Write the handles."""
        value = self._value
        process = self._typed("_EPROCESS", self._pykd.getImplicitProcess())
        table = self._typed("_HANDLE_TABLE", value(process.ObjectTable))
        entry, known = self._kind("_HANDLE_TABLE_ENTRY"), {}
        size = entry.size()
        handle = -4
        for leaf in self._leaves(value(table.TableCode)):
            place = leaf - size
            for item in self._pykd.typedVarArray(leaf, entry, _PAGE // size):
                handle += 4
                place += size
                bits = value(item.ObjectPointerBits) if place != leaf else 0
                if not bits:
                    continue
                header = bits << 4 | 0xFFFF000000000000
                text = known.get(header)
                if text is None:
                    text = self._describe(header)
                    if self._once:
                        known[header] = text
                self._write(
                    f"{handle:04x}: Object: {header + self._body:016x}  GrantedAccess: "
                    f"{value(item.GrantedAccessBits):08x} Entry: {place:016x}{text}"
                )
