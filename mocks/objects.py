"""Objects: the ``_OBJECT_HEADER``, the optional headers below it, the types in their table."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

from .core import Core
from .memory import PAGE
from .object_types import FIRST_INDEX, TYPE_NAMES, access_of
from .regions import Region, align
from .view import View

__all__ = ("MockObject", "Objects")

# Bits of InfoMask, nearest the header first: our name, then the structures it may have.
_HEADERS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("creator", ("_OBJECT_HEADER_CREATOR_INFO",)),
    ("name", ("_OBJECT_HEADER_NAME_INFO",)),
    ("handle", ("_OBJECT_HEADER_HANDLE_INFO",)),
    ("quota", ("_OBJECT_HEADER_QUOTA_INFO",)),
    ("process", ("_OBJECT_HEADER_PROCESS_INFO",)),
    ("audit", ("_OBJECT_HEADER_AUDIT_INFO",)),
    # 1507 and 1511 kept the revocation info itself there, later builds a pointer to a footer.
    ("extended", ("_OBJECT_HEADER_EXTENDED_INFO", "_OBJECT_HEADER_HANDLE_REVOCATION_INFO")),
    ("padding", ("_OBJECT_HEADER_PADDING_INFO",)),
)

_POISON = 0xBAD0B0B0  # what slot 1 of the type table holds on Windows 7


class MockObject:
    """An object: ``address`` is that of its body, ``header`` that of its header."""

    def __init__(
        self, core: Core, address: int, type_name: str, below: Dict[str, Tuple[str, int]]
    ) -> None:
        self.core = core
        self.address = address
        self.type_name = type_name
        self.name = ""
        self._below = below
        self._holders: Dict[int, int] = {}
        header = core.struct("_OBJECT_HEADER")
        self.header = address - header.offset("Body")
        self.view = core.view("_OBJECT_HEADER", self.header)

    def __repr__(self) -> str:
        return f"<{self.type_name} {self.name!r} at {self.address:#x}>"

    def body(self, struct: str) -> View:
        """The body seen as a structure."""
        return self.core.view(struct, self.address)

    def info(self, name: str) -> View:
        """An optional header: ``creator``, ``name``, ``handle``, ``quota``, ``process``, ...

        Raises KeyError where the object has none.
        """
        struct, address = self._below[name]
        return self.core.view(struct, address)

    def has_info(self, name: str) -> bool:
        """Whether the object has this optional header."""
        return name in self._below

    def add_counts(self, handles: int, references: int) -> None:
        """Count handles and references up or down."""
        self.view["HandleCount"] = self.view["HandleCount"] + handles
        self.view["PointerCount"] = self.view["PointerCount"] + references

    def count_holder(self, process: int, number: int) -> None:
        """Count the handles of one process, where the object has a ``handle`` header.

        One process stands in the header itself, more of them in a database.
        """
        if not self.has_info("handle"):
            return
        self._holders[process] = self._holders.get(process, 0) + number
        info = self.info("handle")
        single = len(self._holders) == 1
        self.view.put("SingleHandleEntry", int(single))
        if single:
            info["SingleEntry.Process"] = process
            info["SingleEntry.HandleCount"] = self._holders[process]
            return
        struct = self.core.struct("_OBJECT_HANDLE_COUNT_DATABASE")
        entry = self.core.struct("_OBJECT_HANDLE_COUNT_ENTRY")
        size = struct.offset("HandleCountEntries") + entry.size * len(self._holders)
        database = self.core.view(struct.name, self.core.allocate(size, tag=b"ObHd"))
        database["CountEntries"] = len(self._holders)
        for place, (holder, count) in enumerate(self._holders.items()):
            database[f"HandleCountEntries[{place}].Process"] = holder
            database[f"HandleCountEntries[{place}].HandleCount"] = count
        info["HandleCountDataBase"] = database.address

    @property
    def handle_count(self) -> int:
        """``HandleCount`` of the header."""
        return self.view["HandleCount"]

    @property
    def pointer_count(self) -> int:
        """``PointerCount`` of the header, as stored."""
        return self.view["PointerCount"]


class Objects(Core):
    """A kernel that can make objects; on top of `Core`."""

    def start_objects(self) -> None:
        """Write the tables that objects need, and make the object types."""
        self.types: Dict[str, MockObject] = {}
        self._indices: Dict[str, int] = {}
        self.all_objects: List[MockObject] = []
        self._write_masks()
        self.set_global("ObHeaderCookie", self.cookie, 1)
        if self.has_symbol("ObTypeIndexTable"):
            self.set_pointer(self.symbol("ObTypeIndexTable") + self.pointer_size, _POISON)
        for name in TYPE_NAMES:
            self.object_type(name)
        self.set_global("ObpTypeObjectType", self.types["Type"].address)
        for symbol, name in (
            ("PsProcessType", "Process"),
            ("PsThreadType", "Thread"),
            ("IoFileObjectType", "File"),
            ("CmKeyObjectType", "Key"),
            ("ExEventObjectType", "Event"),
            ("MmSectionObjectType", "Section"),
            ("SeTokenObjectType", "Token"),
        ):
            self.set_global(symbol, self.types[name].address)

    # -- optional headers -----------------------------------------------------------------------

    def _info_struct(self, name: str) -> str:
        """The structure of an optional header in this build; "" where it has none."""
        for known, structs in _HEADERS:
            if known == name:
                return next((s for s in structs if self.has_struct(s)), "")
        raise ValueError(f"no optional header {name!r}; there are {[n for n, _ in _HEADERS]}")

    def usual_headers(self, *names: str) -> Tuple[str, ...]:
        """Of these optional headers, those that the symbols of this build describe."""
        return tuple(name for name in names if self._info_struct(name))

    def _write_masks(self) -> None:
        """``ObpInfoMaskToOffset``: for each mask the distance of its highest bit's header."""
        sizes = []
        for name, _ in _HEADERS:
            struct = self._info_struct(name)
            sizes.append(self.struct(struct).size if struct else 0)
        self._mask_offsets = [
            sum(size for bit, size in enumerate(sizes) if mask >> bit & 1) for mask in range(256)
        ]
        if self.has_symbol("ObpInfoMaskToOffset"):
            self.memory.write(self.symbol("ObpInfoMaskToOffset"), bytes(self._mask_offsets))

    # -- objects --------------------------------------------------------------------------------

    def object(
        self,
        type_name: str,
        name: Optional[str] = None,
        body: bytes = b"",
        size: int = 0,
        headers: Optional[Sequence[str]] = None,
        handle_count: int = 0,
        pointer_count: int = 1,
        at: Optional[int] = None,
        type_at: Optional[int] = None,
        region: Optional[Region] = None,
        own_page: bool = False,
        name_at: Optional[int] = None,
        permanent: bool = False,
    ) -> MockObject:
        """An object of any type.

        ``body`` are its first bytes, ``size`` its size; ``headers`` the optional headers (quota
        where nothing is said; a ``name`` brings its own). ``at`` is the address of the body,
        ``type_at`` one to which the type moves, ``name_at`` that of the name's characters. An
        object of its ``own_page`` can be dropped without its neighbours.
        """
        if type_name not in self.types:
            self.object_type(type_name)
        if type_at is not None:
            self.place_type(type_name, type_at)
        wanted = set(self.usual_headers("quota") if headers is None else headers)
        if name is not None:
            wanted.add("name")
        order = [(bit, known) for bit, (known, _) in enumerate(_HEADERS) if known in wanted]
        if len(order) != len(wanted):
            raise ValueError(f"unknown optional headers among {sorted(wanted)}")
        found = self._place(
            type_name, order, max(size, len(body)), at, region or self._pool_of(type_name), own_page
        )
        found.name = name or ""
        self.memory.write(found.address, body)
        found.view["HandleCount"] = handle_count
        found.view["PointerCount"] = pointer_count
        found.view.put("PermanentObject", int(permanent))
        self._fill_infos(found, name, name_at)
        self.all_objects.append(found)
        kind = self.types[type_name].body("_OBJECT_TYPE")
        kind["TotalNumberOfObjects"] = kind["TotalNumberOfObjects"] + 1
        kind["HighWaterNumberOfObjects"] = kind["TotalNumberOfObjects"]
        return found

    def _pool_of(self, type_name: str) -> Region:
        return self.paged if access_of(type_name).paged else self.nonpaged

    def _place(
        self,
        type_name: str,
        order: Sequence[Tuple[int, str]],
        size: int,
        at: Optional[int],
        region: Region,
        own_page: bool,
    ) -> MockObject:
        """Find room for headers and body; fill in what says where they are."""
        header = self.struct("_OBJECT_HEADER")
        below, mask, names = 0, 0, {}
        for bit, known in order:
            struct = self._info_struct(known)
            if not struct:
                raise ValueError(f"objects of {self.layout_name} have no {known} header")
            below += self.struct(struct).size
            mask |= 1 << bit
            names[known] = (struct, below)
        start = align(below, 16)
        total = start + header.offset("Body") + max(size, header.size - header.offset("Body"))
        footer = total = align(total, 16)
        if "extended" in names and self.has_struct("_OBJECT_FOOTER"):
            total += self.struct("_OBJECT_FOOTER").size
        if at is not None:
            first = at - header.offset("Body") - start
            self.allocate(total, at=first)
        elif own_page:
            first = self.allocate(align(total, PAGE), region, alignment=PAGE)
        else:
            first = self.allocate(total, region, tag=type_name.encode()[:4])
        address = first + start
        infos = {known: (struct, address - far) for known, (struct, far) in names.items()}
        found = MockObject(self, address + header.offset("Body"), type_name, infos)
        found.view["Flags"] = 0x02  # kernel object
        self._mark_infos(found, mask)
        if "extended" in infos and footer != total:
            found.info("extended")["Footer"] = first + footer
        self._mark_type(found)
        return found

    def _mark_infos(self, found: MockObject, mask: int) -> None:
        """Say in the header which optional headers there are."""
        if found.view.has("InfoMask"):
            found.view["InfoMask"] = mask
            return
        # Up to Vista: distances in bytes, and a flag for the creator info just below the header.
        if found.has_info("creator"):
            found.view["Flags"] = found.view["Flags"] | 0x04
        for known, path in (
            ("name", "NameInfoOffset"),
            ("handle", "HandleInfoOffset"),
            ("quota", "QuotaInfoOffset"),
        ):
            if found.has_info(known):
                found.view[path] = found.header - found.info(known).address

    def _mark_type(self, found: MockObject) -> None:
        """Write the type into the header: a pointer, an index, or an encoded index."""
        view = found.view
        if not view.has("TypeIndex"):
            # The type of all types is its own type.
            view["Type"] = self.types.get(found.type_name, found).address
            return
        index = self._indices[found.type_name]
        if self.has_symbol("ObHeaderCookie"):
            index ^= found.header >> 8 & 0xFF ^ self.cookie
        view["TypeIndex"] = index

    def _fill_infos(self, found: MockObject, name: Optional[str], name_at: Optional[int]) -> None:
        if name is not None:
            info = found.info("name")
            self.set_text(info, "Name", name, buffer=name_at)
            info.put("ReferenceCount", 1)
            info.put("QueryReferences", 1)
        if found.has_info("creator"):
            info = found.info("creator")
            self.empty_list(info.at("TypeList"))
            info["CreatorUniqueProcess"] = 4
        if found.has_info("quota"):
            info = found.info("quota")
            info["PagedPoolCharge"] = 0
            info["NonPagedPoolCharge"] = 0x100
        if found.has_info("padding"):
            found.info("padding")["PaddingAmount"] = found.info("padding").struct.size

    # -- types ----------------------------------------------------------------------------------

    def object_type(self, name: str) -> MockObject:
        """The object type of this name; made where it is not there yet."""
        if name not in self.types:
            self._indices[name] = FIRST_INDEX + len(self._indices)
            if self._indices[name] > 0xFF:
                raise ValueError("a kernel has 254 object types at most")
            self._make_type(name, None)
        return self.types[name]

    def type_index(self, name: str) -> int:
        """The index of a type in ``ObTypeIndexTable``."""
        return self._indices[self.object_type(name).name]

    def place_type(self, name: str, at: int) -> MockObject:
        """Move a type to the address ``at`` of its ``_OBJECT_TYPE``."""
        if self.object_type(name).address != at:
            self._make_type(name, at)
        return self.types[name]

    def _make_type(self, name: str, at: Optional[int]) -> None:
        struct = self.struct("_OBJECT_TYPE")
        known = self.types.get(name)
        names = ("name", *self.usual_headers("creator"))
        order = [(bit, known) for bit, (known, _) in enumerate(_HEADERS) if known in names]
        found = self._place("Type", order, struct.size, at, self.nonpaged, False)
        found.name = name
        found.view["PointerCount"] = 2
        self._fill_infos(found, name, None)
        view = found.body("_OBJECT_TYPE")
        if known is not None:
            self.memory.write(found.address, self.memory.peek(known.address, struct.size))
            found.info("name")["Directory"] = known.info("name")["Directory"]
        self.types[name] = found
        self.empty_list(view.at("TypeList"))
        view["Name.Length"] = found.info("name")["Name.Length"]
        view["Name.MaximumLength"] = found.info("name")["Name.MaximumLength"]
        view["Name.Buffer"] = found.info("name")["Name.Buffer"]
        index = self._indices[name]
        view["Index"] = index
        view.put("Key", int.from_bytes(name.encode().ljust(4)[:4], "little"))
        access = access_of(name)
        view["TypeInfo.Length"] = self.struct("_OBJECT_TYPE_INITIALIZER").size
        view["TypeInfo.GenericMapping.GenericRead"] = access.read
        view["TypeInfo.GenericMapping.GenericWrite"] = access.write
        view["TypeInfo.GenericMapping.GenericExecute"] = access.execute
        view["TypeInfo.GenericMapping.GenericAll"] = access.all
        view["TypeInfo.ValidAccessMask"] = access.valid
        if self.has_symbol("ObTypeIndexTable"):
            self.set_pointer(
                self.symbol("ObTypeIndexTable") + index * self.pointer_size, found.address
            )
