"""Object types: each an ``_OBJECT_TYPE``, all of them in ``ObTypeIndexTable``."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Optional

from .globals import Globals
from .headers import Headers
from .object import MockObject
from .object_types import FIRST_INDEX, TYPE_NAMES, access_of
from .pool import Pool
from .regions import Region
from .written import whole

__all__ = ("Types",)

whole("_OBJECT_TYPE", "_OBJECT_TYPE_INITIALIZER")

_POISON = 0xBAD0B0B0  # what slot 1 of the type table holds on Windows 7
_GLOBALS = (
    ("ObpTypeObjectType", "Type"),
    ("PsProcessType", "Process"),
    ("PsThreadType", "Thread"),
    ("IoFileObjectType", "File"),
    ("CmKeyObjectType", "Key"),
    ("ExEventObjectType", "Event"),
    ("MmSectionObjectType", "Section"),
    ("SeTokenObjectType", "Token"),
)


class Types(Mapping[str, MockObject]):
    """The object types by name. ``cookie`` is the byte that encodes type indices."""

    def __init__(self, pool: Pool, kernel: Globals, headers: Headers, cookie: int) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._globals = kernel
        self._headers = headers
        self._cookie = cookie
        self._types: Dict[str, MockObject] = {}
        self._indices: Dict[str, int] = {}
        kernel.set("ObHeaderCookie", cookie, 1)
        if kernel.has("ObTypeIndexTable"):
            self._memory.set_pointer(self._slot(1), _POISON)
        for name in TYPE_NAMES:
            self.add(name)
        for symbol, name in _GLOBALS:
            kernel.set(symbol, self[name].address)

    def __getitem__(self, name: str) -> MockObject:
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def _slot(self, index: int) -> int:
        width = self._memory.build.pointer_size
        return self._globals.address("ObTypeIndexTable") + index * width

    def add(self, name: str) -> MockObject:
        """The object type of this name; made where it is not there yet."""
        if name not in self._types:
            self._indices[name] = FIRST_INDEX + len(self._indices)
            if self._indices[name] > 0xFF:
                raise ValueError("a kernel has 254 object types at most")
            self._make(name, None)
        return self._types[name]

    def index(self, name: str) -> int:
        """The index of a type in ``ObTypeIndexTable``. Raises KeyError."""
        return self._indices[name]

    def pool_of(self, name: str) -> Region:
        """Where objects of this type lie."""
        return self._pool.paged if access_of(name).paged else self._pool.nonpaged

    def place(self, name: str, at: int) -> MockObject:
        """Move a type to the address ``at``; its directory entry follows."""
        known = self.add(name)
        if known.address == at:
            return known
        found = self._make(name, at)
        if known.directory_entry:
            found.directory_entry = known.directory_entry
            entry = self._memory.view("_OBJECT_DIRECTORY_ENTRY", known.directory_entry)
            entry["Object"] = at
        return found

    def encoded(self, found: MockObject, index: int) -> int:
        """``TypeIndex`` of an object's header, for the type of this index."""
        if self._globals.has("ObHeaderCookie"):
            return index ^ found.header >> 8 & 0xFF ^ self._cookie
        return index

    def mark(self, found: MockObject) -> None:
        """Write its type into an object's header: a pointer, an index, or an encoded index."""
        if found.view.has("TypeIndex"):
            found.view["TypeIndex"] = self.encoded(found, self._indices[found.type_name])
        else:
            # The type of all types is its own type.
            found.view["Type"] = self.get(found.type_name, found).address

    def _make(self, name: str, at: Optional[int]) -> MockObject:
        struct = self._memory.build.struct("_OBJECT_TYPE")
        known = self._types.get(name)
        optional = ("name", *self._headers.usual("creator"))
        found = self._headers.make("Type", optional, struct.size, self._pool.nonpaged, at)
        self.mark(found)
        found.view["PointerCount"] = 2
        self._headers.fill(found, name)
        view = found.body("_OBJECT_TYPE")
        if known is not None:
            self._memory.write(found.address, self._memory.peek(known.address, struct.size))
            found.info("name")["Directory"] = known.info("name")["Directory"]
        self._types[name] = found
        self._memory.empty_list(view.at("TypeList"))
        for field in ("Length", "MaximumLength", "Buffer"):
            view[f"Name.{field}"] = found.info("name")[f"Name.{field}"]
        index = self._indices[name]
        view["Index"] = index
        view.put("Key", int.from_bytes(name.encode().ljust(4)[:4], "little"))
        access = access_of(name)
        view["TypeInfo.Length"] = self._memory.build.struct("_OBJECT_TYPE_INITIALIZER").size
        view["TypeInfo.GenericMapping.GenericRead"] = access.read
        view["TypeInfo.GenericMapping.GenericWrite"] = access.write
        view["TypeInfo.GenericMapping.GenericExecute"] = access.execute
        view["TypeInfo.GenericMapping.GenericAll"] = access.all
        view["TypeInfo.ValidAccessMask"] = access.valid
        if self._globals.has("ObTypeIndexTable"):
            self._memory.set_pointer(self._slot(index), found.address)
        return found
