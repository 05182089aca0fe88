"""Object headers: ``_OBJECT_HEADER``, and the optional headers below it."""

from __future__ import annotations

from typing import Iterable, Optional, Tuple

from .globals import Globals
from .memory import PAGE
from .object import MockObject
from .pool import Pool
from .regions import Region, align
from .written import whole

__all__ = ("Headers",)

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
whole(*(struct for _, structs in _HEADERS for struct in structs))


class Headers:
    """Makes objects of headers and an empty body; of which type they are, `Types` writes."""

    def __init__(self, pool: Pool, kernel: Globals) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        if kernel.has("ObpInfoMaskToOffset"):
            self._memory.write(kernel.address("ObpInfoMaskToOffset"), self._offsets())

    def _offsets(self) -> bytes:
        """For each mask the distance of its highest bit's header."""
        structs = [self._struct(name) for name, _ in _HEADERS]
        sizes = [self._build.struct(struct).size if struct else 0 for struct in structs]
        return bytes(
            sum(size for bit, size in enumerate(sizes) if mask >> bit & 1) for mask in range(256)
        )

    def _struct(self, name: str) -> str:
        """The structure of an optional header in this build; "" where it has none."""
        for known, structs in _HEADERS:
            if known == name:
                return next((s for s in structs if self._build.has_struct(s)), "")
        raise ValueError(f"no optional header {name!r}; there are {[n for n, _ in _HEADERS]}")

    def usual(self, *names: str) -> Tuple[str, ...]:
        """Of these optional headers, those that the symbols of this build describe."""
        return tuple(name for name in names if self._struct(name))

    def make(
        self,
        type_name: str,
        optional: Iterable[str],
        size: int,
        region: Region,
        at: Optional[int] = None,
        own_page: bool = False,
    ) -> MockObject:
        """Room for a body of ``size`` bytes with its header and ``optional`` ones, which say what
        there is.

        ``at`` is the address of the body, wherever that is; else it lies in ``region``, and may
        have its ``own_page``.
        """
        header = self._build.struct("_OBJECT_HEADER")
        wanted = set(optional)
        below, mask, far = 0, 0, {}
        for bit, (known, _) in enumerate(_HEADERS):
            if known not in wanted:
                continue
            wanted.remove(known)
            struct = self._struct(known)
            if not struct:
                raise ValueError(f"objects of {self._build.name} have no {known} header")
            below += self._build.struct(struct).size
            mask |= 1 << bit
            far[known] = (struct, below)
        if wanted:
            raise ValueError(f"unknown optional headers {sorted(wanted)}")
        start = align(below, 16)
        body = header.offset("Body")
        total = footer = align(start + body + max(size, header.size - body), 16)
        if "extended" in far and self._build.has_struct("_OBJECT_FOOTER"):
            total += self._build.struct("_OBJECT_FOOTER").size
        if at is not None:
            first = self._pool.allocate(total, at=at - body - start)
        elif own_page:
            first = self._pool.allocate(align(total, PAGE), region, alignment=PAGE)
        else:
            first = self._pool.allocate(total, region, tag=type_name.encode()[:4])
        infos = {known: (struct, first + start - off) for known, (struct, off) in far.items()}
        found = MockObject(self._pool, first + start + body, type_name, infos)
        found.view["Flags"] = 0x02  # kernel object
        self._mark(found, mask)
        if footer != total:
            found.info("extended")["Footer"] = first + footer
        return found

    def _mark(self, found: MockObject, mask: int) -> None:
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

    def fill(self, found: MockObject, name: Optional[str], name_at: Optional[int] = None) -> None:
        """Fill the optional headers; the name's characters lie at ``name_at`` if that is said."""
        found.name = name or ""
        if name is not None:
            info = found.info("name")
            self._pool.set_text(info, "Name", name, buffer=name_at)
            info.put("ReferenceCount", 1)
            info.put("QueryReferences", 1)
        if found.has_info("creator"):
            info = found.info("creator")
            self._memory.empty_list(info.at("TypeList"))
            info["CreatorUniqueProcess"] = 4
        if found.has_info("quota"):
            info = found.info("quota")
            info["PagedPoolCharge"] = 0
            info["NonPagedPoolCharge"] = 0x100
        if found.has_info("padding"):
            found.info("padding")["PaddingAmount"] = found.info("padding").struct.size
