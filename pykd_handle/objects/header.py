"""What the header of an object tells, whatever its type: ``_OBJECT_HEADER``, the optional headers
in front of it, the security descriptor.

``Flags`` has names in the symbols from 8.1 on; its values were the same before, but for bit 4,
which up to Vista says that a creator's info lies in front. From Windows 7 on ``InfoMask`` says so.
``HandleCount`` becomes a link once an object waits for its deletion.
"""

from __future__ import annotations

from ..hints import Any, Dict, List, Optional, Tuple
from ..kernel import Kernel, KernelObject
from ..kernel.access_rights import TypeAccess, access_meaning, access_names
from ..kernel.security import Ace, Descriptor, read_descriptor
from ..layout import Fields, fast_reference, fields
from ..values import CorruptedError, Generations, Hex, Maybe, Reason, maybe
from .base import Facts, detail
from .bits import bit_names
from .client import process_at
from .file_name import FileNames
from .view import View

__all__ = ("Header",)

_FLAGS = {
    0x01: "new",
    0x02: "kernel object",
    0x04: "kernel-only access",
    0x08: "exclusive",
    0x10: "permanent",
    0x20: "default security quota",
    0x40: "single handle entry",
    0x80: "deleted inline",
}
_CREATOR_FLAG = 0x04
_POLICY = {1: "no-write-up", 2: "no-read-up", 4: "no-execute-up"}
_TRACES = {1: "references traced", 2: "traced for good"}
_SINGLE_ENTRY = 0x40
_MOST_HOLDERS = 1000
_DESCRIPTORS_KEPT = 4096

_CREATOR = fields("_OBJECT_HEADER_CREATOR_INFO", "CreatorUniqueProcess", "CreatorBackTraceIndex")
_HANDLES = fields(
    "_OBJECT_HEADER_HANDLE_INFO",
    "SingleEntry.Process",
    "SingleEntry.HandleCount",
    "HandleCountDataBase",
)
_DATABASE = fields("_OBJECT_HANDLE_COUNT_DATABASE", "CountEntries")
fields("_OBJECT_HANDLE_COUNT_DATABASE", "HandleCountEntries")
_HOLDER = fields("_OBJECT_HANDLE_COUNT_ENTRY", "Process", "HandleCount")
_QUOTA = fields(
    "_OBJECT_HEADER_QUOTA_INFO",
    "PagedPoolCharge",
    "NonPagedPoolCharge",
    "SecurityDescriptorCharge",
    "ExclusiveProcess",
)
_PROCESS = fields("_OBJECT_HEADER_PROCESS_INFO", "ExclusiveProcess")
_AUDIT = fields("_OBJECT_HEADER_AUDIT_INFO", "SecurityDescriptor")
# 10240 and 10586 keep there what from 14393 on lies in a footer behind the object.
_REVOCATION = fields("_OBJECT_HEADER_HANDLE_REVOCATION_INFO", "RevocationBlock")
_EXTENDED = fields("_OBJECT_HEADER_EXTENDED_INFO", "Footer")
_BLOCK = "HandleRevocationInfo.RevocationBlock"
_REVOCABLE = "HandleRevocationInfo.AllowHandleRevocation"
_CONTEXTS = ("ExtendedUserInfo.Context1", "ExtendedUserInfo.Context2")
_FOOTER = fields("_OBJECT_FOOTER", _BLOCK, _REVOCABLE, *_CONTEXTS)
# The bit of each in the info mask, and where the header keeps the distance up to Vista.
_PLACES = {
    _CREATOR.struct: (0x01, ""),
    _HANDLES.struct: (0x04, "HandleInfoOffset"),
    _QUOTA.struct: (0x08, "QuotaInfoOffset"),
    _PROCESS.struct: (0x10, ""),
    _AUDIT.struct: (0x20, ""),
    _REVOCATION.struct: (0x40, ""),
    _EXTENDED.struct: (0x40, ""),
}


class HeaderView(View):
    """A header, with the name of the object's type and what that says of access masks."""

    __slots__ = ("access", "type_name")

    type_name: str
    access: Optional[TypeAccess]


class Header(Facts):
    """Describes the headers of objects of any type: its views are those of ``_OBJECT_HEADER``."""

    struct = "_OBJECT_HEADER"
    more_fields = (
        "PointerCount",
        "HandleCount",
        "NextToFree",
        "HandleInfoOffset",
        "QuotaInfoOffset",
        "InfoMask",
        "TraceFlags",
        "Flags",
        "SecurityDescriptor",
    )

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self._descriptors: Generations[int, Descriptor] = Generations(_DESCRIPTORS_KEPT)

    def of(self, item: KernelObject, access: Maybe[TypeAccess]) -> Dict[str, Any]:
        """The details of the header of an object; ``access`` is what its type says of masks."""
        address = item.header.address
        far = self._farthest(item.header.info_mask)
        size = self.kernel.target.struct(self.struct).size
        # What lies in front comes with it: one read.
        span = self.kernel.target.read_partial(address - far, far + size)
        view = HeaderView(self.kernel.target, self.whole_shape, address, span)
        view.type_name = item.type_name or ""
        view.access = access or None
        return self.details_of(view)

    @detail("Header Flags")
    def header_flags(self, header: View) -> Tuple[str, ...]:
        names = dict(_FLAGS)
        if not header.has("InfoMask"):
            names[_CREATOR_FLAG] = "creator info"
        return bit_names(header["Flags"], names)

    @detail("Traced")
    def trace_flags(self, header: View) -> Optional[Tuple[str, ...]]:
        flags = header["TraceFlags"] if header.has("TraceFlags") else 0
        return bit_names(flags, _TRACES) if flags else None

    @detail("Being Deleted")
    def deleting(self, header: View) -> Optional[bool]:
        if header["PointerCount"] == 0:
            return True
        return True if header.target.is_kernel_address(header["NextToFree"]) else None

    @detail("Created by Process Id", hexadecimal=True)
    def creator_pid(self, header: View) -> Optional[int]:
        info = self._info(header, _CREATOR)
        return None if info is None else info["CreatorUniqueProcess"] or None

    @detail("Stack Trace Index of Creation")
    def creator_trace(self, header: View) -> Optional[int]:
        info = self._info(header, _CREATOR)
        return None if info is None else info["CreatorBackTraceIndex"] or None

    @detail("Process of That Id Now")
    def creator(self, header: View) -> Optional[Maybe[str]]:
        """Ids come again: that need not be the process which made the object."""
        pid = header.once(self.creator_pid)
        if pid is None or header.target.round_trips:
            return None  # to look through all processes of a live machine costs too much
        found = self.kernel.finder.by_pid(pid).found
        return None if found is None else self.kernel.image_name(found.process)

    @detail("Held by")
    def holders(self, header: View) -> Optional[Tuple[str, ...]]:
        info = self._info(header, _HANDLES)
        if info is None:
            return None
        if header["Flags"] & _SINGLE_ENTRY:
            return tuple(self._holder(info, "SingleEntry."))
        place = info.optional_pointer("HandleCountDataBase")
        if place is None:
            return ()
        database = View(header.target, _DATABASE, place)
        count = database["CountEntries"]
        if count > _MOST_HOLDERS:
            raise CorruptedError(place, Reason.COUNT_OF_NO_MEANING, "CountEntries", count)
        first = place + database.struct.offset("HandleCountEntries")
        size = header.target.struct(_HOLDER.struct).size
        found: List[str] = []
        for number in range(count):
            found += self._holder(View(header.target, _HOLDER, first + number * size))
        return tuple(found)

    def _holder(self, entry: View, path: str = "") -> List[str]:
        process = entry.optional_pointer(f"{path}Process")
        if process is None:
            return []  # an empty slot
        return [f"{process_at(self.kernel, process)}: {entry[f'{path}HandleCount']}"]

    @detail("Paged Pool Charge")
    def paged_charge(self, header: View) -> Optional[int]:
        info = self._info(header, _QUOTA)
        return None if info is None else info["PagedPoolCharge"]

    @detail("Nonpaged Pool Charge")
    def nonpaged_charge(self, header: View) -> Optional[int]:
        info = self._info(header, _QUOTA)
        return None if info is None else info["NonPagedPoolCharge"]

    @detail("Security Charge")
    def security_charge(self, header: View) -> Optional[int]:
        info = self._info(header, _QUOTA)
        return None if info is None else info["SecurityDescriptorCharge"]

    @detail("Exclusive to")
    def exclusive_process(self, header: View) -> Optional[str]:
        newer = header.has("InfoMask")
        info = self._info(header, _PROCESS if newer else _QUOTA)
        process = None if info is None else info.optional_pointer("ExclusiveProcess")
        return None if process is None else process_at(self.kernel, process)

    @detail("Footer")
    def footer(self, header: View) -> Optional[Hex]:
        footer = header.once(self._footer)
        return None if footer is None else Hex(footer.address)

    @detail("Revocation Block")
    def revocation_block(self, header: View) -> Optional[Hex]:
        """The block that its handles are revoked by: it is in a list of that block's then."""
        footer = header.once(self._footer)
        if footer is not None:
            return Hex(footer[_BLOCK]) if footer[_BLOCK] else None
        if header.target.find_struct(_REVOCATION.struct) is None:
            return None
        info = self._info(header, _REVOCATION)
        return Hex(info["RevocationBlock"]) if info and info["RevocationBlock"] else None

    @detail("Handles May Be Revoked")
    def revocable(self, header: View) -> Optional[bool]:
        footer = header.once(self._footer)
        return True if footer is not None and footer[_REVOCABLE] else None

    @detail("Contexts of Its Maker")
    def user_contexts(self, header: View) -> Optional[Tuple[str, ...]]:
        footer = header.once(self._footer)
        contexts = () if footer is None else tuple(footer[path] for path in _CONTEXTS)
        return tuple(f"0x{context:x}" for context in contexts) if any(contexts) else None

    def _footer(self, header: View) -> Optional[View]:
        if header.target.find_struct(_EXTENDED.struct) is None:
            return None
        info = self._info(header, _EXTENDED)
        place = None if info is None else info.optional_pointer("Footer")
        return None if place is None else View(header.target, _FOOTER, place)

    def _info(self, header: View, shape: Fields) -> Optional[View]:
        """An optional header, None where the object has none of the kind."""
        bit, offset = _PLACES[shape.struct]
        if header.has("InfoMask"):
            distance = self.kernel.headers.optional.distance(header["InfoMask"], bit)
        elif offset:
            distance = header[offset]
        elif bit == _PLACES[_CREATOR.struct][0] and header["Flags"] & _CREATOR_FLAG:
            distance = header.target.struct(shape.struct).size
        else:
            distance = 0
        if not distance:
            return None
        return View(header.target, shape, header.address - distance, header.span)

    def _farthest(self, info_mask: Maybe[int]) -> int:
        """How far in front of a header its optional headers begin, at most."""
        target, optional = self.kernel.target, self.kernel.headers.optional
        if isinstance(info_mask, int):
            distances = [maybe(optional.distance, info_mask, bit) for bit, _ in _PLACES.values()]
            return max((each or 0 for each in distances), default=0)
        structs = map(target.find_struct, (*_PLACES, "_OBJECT_HEADER_NAME_INFO"))
        return sum(struct.size for struct in structs if struct is not None)

    # -- security ---------------------------------------------------------------------------------

    @detail("Security Descriptor")
    def security_descriptor(self, header: View) -> Optional[Hex]:
        value = header["SecurityDescriptor"]
        return Hex(fast_reference(value, header.target.pointer_size)) if value else None

    @detail("Owner")
    def owner(self, header: View) -> Optional[str]:
        found = header.once(self._descriptor)
        return None if found is None or found.owner is None else found.owner.words

    @detail("Integrity Label")
    def integrity_label(self, header: View) -> Optional[str]:
        found = header.once(self._descriptor)
        if found is None or found.label is None:
            return None
        level, policy = found.label
        return " ".join((level, *bit_names(policy, _POLICY)))

    @detail("SDDL")
    def sddl(self, header: View) -> Optional[str]:
        found = header.once(self._descriptor)
        return None if found is None else found.sddl

    @detail("Access")
    def dacl(self, header: HeaderView) -> Optional[Tuple[str, ...]]:
        found = header.once(self._descriptor)
        if found is None:
            return None
        if found.dacl is None:
            return ("everyone: everything (NULL DACL)",)
        if not found.dacl.aces:
            return ("nobody: nothing (empty DACL)",)
        return tuple(_in_words(ace, header.type_name, header.access) for ace in found.dacl.aces)

    @detail("Audits")
    def audits(self, header: HeaderView) -> Optional[Tuple[str, ...]]:
        """What is audited by a descriptor of its own for that (Windows 8 and later)."""
        info = self._info(header, _AUDIT)
        place = None if info is None else info.optional_pointer("SecurityDescriptor")
        if place is None:
            return None
        found = read_descriptor(header.target, fast_reference(place, header.target.pointer_size))
        aces = () if found.sacl is None else found.sacl.aces
        return tuple(_in_words(ace, header.type_name, header.access) for ace in aces)

    def _descriptor(self, header: View) -> Optional[Descriptor]:
        address = header.once(self.security_descriptor)
        if address is None:
            return None
        found = self._descriptors.get(address)
        if found is None:  # many objects share theirs
            found = self._descriptors[address] = read_descriptor(header.target, address)
        return found


def _in_words(ace: Ace, type_name: str, access: Optional[TypeAccess]) -> str:
    meaning = access_meaning(type_name, ace.mask, access)
    rights = meaning.together or access_names(type_name, ace.mask)
    who = ace.sid.words if ace.sid is not None else "?"
    return f"{ace.verb} {who}: {' '.join(rights)}"
