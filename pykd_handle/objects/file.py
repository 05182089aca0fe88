"""File objects: ``_FILE_OBJECT``, the same from XP on but for its last fields.

The name is the one that the file was opened by: a file that was renamed since keeps the old one
here. ``FsContext`` begins with an ``_FSRTL_ADVANCED_FCB_HEADER`` for files of a file system alone,
so its size is shown where the volume is mounted and the header can be one. Flags are ``FO_*`` of
``wdm.h``.
"""

from __future__ import annotations

from ..hints import Optional, Sequence, Tuple
from ..kernel import Kernel
from ..kernel.object_header import ObjectHeader
from ..kernel.strings import text_at_once, wide_text
from ..layout import fields
from ..values import NO_VALUE, CorruptedError, Details, Hex, Maybe, Reason
from .base import AtOnce, Description, Facts, Names, detail
from .bits import bit_names
from .device import DEVICE_TYPES, attached_drivers, driver_name
from .drives import Drives
from .file_name import FileName, FileNames
from .lists import entries_at
from .view import View, in_a_page

__all__ = ("File",)

_ACCESS = ("ReadAccess", "WriteAccess", "DeleteAccess")
_SHARED = ("SharedRead", "SharedWrite", "SharedDelete")
_FILE = 5  # IO_TYPE_FILE
_SYNCHRONOUS = 0x2
_KINDS = {0x80: "pipe", 0x200: "mailslot", 0x400000: "volume", 0x800: "device"}
_FLAGS = {
    0x1: "open",
    0x2: "synchronous",
    0x4: "alertable",
    0x8: "no buffering",
    0x10: "write through",
    0x20: "sequential",
    0x40: "cached",
    0x80: "named pipe",
    0x100: "stream",
    0x200: "mailslot",
    0x400: "audit on close",
    0x800: "direct device",
    0x1000: "modified",
    0x2000: "size changed",
    0x4000: "cleanup complete",
    0x8000: "temporary",
    0x10000: "delete on close",
    0x20000: "case sensitive",
    0x40000: "handle created",
    0x80000: "fast read",
    0x100000: "random access",
    0x200000: "open cancelled",
    0x400000: "volume open",
    0x800000: "bypass I/O",
    0x1000000: "remote origin",
    0x2000000: "skip completion port",
    0x4000000: "skip set event",
    0x8000000: "skip set fast I/O",
    0x10000000: "indirect wait object",
    0x20000000: "section minstore",
}
_OLD_FLAGS = {**_FLAGS, 0x2000000: "disallow exclusive"}  # up to 2003
_VPB_FLAGS = {
    0x1: "mounted",
    0x2: "locked",
    0x4: "persistent",
    0x8: "remove pending",
    0x10: "raw mount",
    0x20: "direct writes allowed",
}
_VPB = 10  # IO_TYPE_VPB
_LABEL = 64  # bytes, of 32 characters
_CLOSED = 0x4000
_ID_SIZES = (8, 16)

_DEVICE = fields("_DEVICE_OBJECT", "Type", "DriverObject", "AttachedDevice", "DeviceType")
_VOLUME = fields("_VPB", "Type", "Flags", "VolumeLabelLength", "SerialNumber")
fields("_VPB", "VolumeLabel")
_PORT = fields("_IO_COMPLETION_CONTEXT", "Port", "Key")
_SECTIONS = fields("_SECTION_OBJECT_POINTERS", "DataSectionObject", "ImageSectionObject")
_NODE = fields(
    "_FSRTL_ADVANCED_FCB_HEADER",
    "NodeTypeCode",
    "NodeByteSize",
    "AllocationSize.QuadPart",
    "FileSize.QuadPart",
    "ValidDataLength.QuadPart",
)


class File(Facts):
    """Describes File objects."""

    types = ("File",)
    struct, fields = FileNames.FIELDS
    more_fields = (
        "Type",
        "Size",
        "Vpb",
        "FsContext",
        "SectionObjectPointer",
        "DeletePending",
        *_ACCESS,
        *_SHARED,
        "Flags",
        "CurrentByteOffset.QuadPart",
        "Waiters",
        "Busy",
        "CompletionContext",
        "IrpList.Flink",
    )

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self.drives = Drives(kernel)

    def names(self, header: ObjectHeader, file: View) -> Names:
        """The path in the file object, with the device's name in front of it; no device of a file
        without a path, which is the device itself."""
        name = file.once(self._name)
        device = name.device_leaf if name.path else NO_VALUE
        return Names(name.full, name.path, 0, device)

    def at_once(self) -> Optional[AtOnce]:
        """Files with a path from the root of a device that has a name."""
        take = in_a_page(self.kernel.target, FileNames.FIELDS)
        if take is None:
            return None
        files, labels, new = self.files, self.labels, tuple.__new__  # half the time of the class

        def describe(
            page: bytes, body: int, name: Optional[Sequence[int]]
        ) -> Optional[Description]:
            fields = take(page, body)
            if name is not None or not fields:
                return None
            device, length, room, buffer = fields
            path = text_at_once(files.target, length, room, buffer)
            full, leaf = files.device(device)
            if not (path and path[0] == "\\" and full and leaf):
                return None
            details = Details({"device": full, "device_object": Hex(device)}, labels)
            return new(Description, (full + path, path, 0, leaf, details))

        return describe

    @detail("Device", more=False)
    def device(self, file: View) -> Maybe[str]:
        return file.once(self._name).device_name

    @detail("Device Object", more=False)
    def device_object(self, file: View) -> Optional[Hex]:
        device = file.once(self._name).device_object
        return Hex(device) if isinstance(device, int) else None

    @detail("Path", more=False)
    def path(self, file: View) -> Optional[str]:
        """So much of the name as there is where the device's is missing."""
        name = file.once(self._name)
        return name.path if name.path and not name.full else None

    @detail("Relative", more=False)
    def relative(self, file: View) -> Optional[bool]:
        return file.once(self._name).relative or None

    # -- everything -------------------------------------------------------------------------------

    def check(self, file: View) -> None:
        """A file object says so in front."""
        file.one_of("Type", {_FILE: True})

    @detail("Kind")
    def kind(self, file: View) -> str:
        flags = file["Flags"]
        for bit, word in _KINDS.items():
            if flags & bit:
                return word
        device = file.once(self._device)
        name = file.cell(self.device)
        if name == "\\Device\\Afd":
            return "socket"
        kind = device["DeviceType"]
        return DEVICE_TYPES.get(kind, f"0x{kind:x}")

    @detail("Drive")
    def dos_name(self, file: View) -> Optional[str]:
        """Its path behind the letter of its drive."""
        name = file.once(self._name)
        if not name.path or name.relative or not name.device_name:
            return None
        drive = self.drives.of(name.device_name)
        return None if drive is None else drive + name.path

    @detail("File Id")
    def file_id(self, file: View) -> Optional[Hex]:
        """What a file was opened by in place of a name: 8 bytes, or 16."""
        path = file.once(self._name).path
        if not path or path.isprintable():
            return None
        data = path.encode("utf-16-le", "surrogatepass")
        return Hex(int.from_bytes(data, "little")) if len(data) in _ID_SIZES else None

    @detail("Driver")
    def driver(self, file: View) -> str:
        return driver_name(self.kernel, file.once(self._device).pointer("DriverObject"))

    @detail("Filtered by")
    def filters(self, file: View) -> Optional[Tuple[str, ...]]:
        return attached_drivers(self.kernel, file.once(self._device)["AttachedDevice"]) or None

    @detail("Access and Sharing")
    def sharing(self, file: View) -> str:
        """What it was opened for, and what others may open it for meanwhile."""

        def letters(paths: Tuple[str, ...]) -> str:
            return "".join(letter if file[path] else "-" for path, letter in zip(paths, "rwd"))

        return f"{letters(_ACCESS)}/{letters(_SHARED)}"

    @detail("Open Flags")
    def open_flags(self, file: View) -> Tuple[str, ...]:
        # The list of requests came with Vista, as the other meaning of that bit did.
        return bit_names(file["Flags"], _FLAGS if file.has("IrpList.Flink") else _OLD_FLAGS)

    @detail("Closed by All Handles")
    def closed(self, file: View) -> Optional[bool]:
        """With a handle to it that is a contradiction."""
        return True if file["Flags"] & _CLOSED else None

    @detail("Delete Pending")
    def delete_pending(self, file: View) -> Optional[bool]:
        return True if file["DeletePending"] else None

    @detail("Position")
    def position(self, file: View) -> Optional[int]:
        if not file["Flags"] & _SYNCHRONOUS:
            return None  # not kept then
        return file["CurrentByteOffset.QuadPart"]

    @detail("Busy")
    def busy(self, file: View) -> Optional[bool]:
        return True if file["Busy"] else None

    @detail("Threads that Wait for the File")
    def file_waiters(self, file: View) -> Optional[int]:
        return file["Waiters"] or None

    @detail("File Size")
    def file_size(self, file: View) -> Optional[int]:
        node = file.once(self._node)
        return None if node is None else node["FileSize.QuadPart"]

    @detail("Allocated")
    def allocated(self, file: View) -> Optional[int]:
        node = file.once(self._node)
        return None if node is None else node["AllocationSize.QuadPart"]

    @detail("Mapped as")
    def mapped(self, file: View) -> Optional[Tuple[str, ...]]:
        place = file.optional_pointer("SectionObjectPointer")
        if place is None:
            return None
        view = View(file.target, _SECTIONS, place)
        ways = {"data": view["DataSectionObject"], "image": view["ImageSectionObject"]}
        return tuple(way for way, area in ways.items() if area)

    @detail("Completion Port")
    def completion_port(self, file: View) -> Optional[Hex]:
        context = file.once(self._completion)
        return None if context is None else Hex(context.pointer("Port"))

    @detail("Completion Key")
    def completion_key(self, file: View) -> Optional[Hex]:
        context = file.once(self._completion)
        return None if context is None else Hex(context["Key"])

    @detail("Requests Pending")
    def requests(self, file: View) -> Optional[int]:
        if not file.has("IrpList.Flink") or not file["IrpList.Flink"]:
            return None  # came with Vista, and is a list from the first request on
        return len(entries_at(file, "IrpList.Flink", "requests"))

    @detail("Volume Label")
    def volume_label(self, file: View) -> Optional[str]:
        volume = file.once(self._volume)
        if volume is None:
            return None
        length = volume["VolumeLabelLength"]
        if length > _LABEL or length % 2:
            raise CorruptedError(volume.address, Reason.PART_OF_NO_SIZE, "a label", length)
        place = volume.address + volume.struct.offset("VolumeLabel")
        return wide_text(file.target.read(place, length)) if length else None

    @detail("Volume Serial")
    def volume_serial(self, file: View) -> Optional[Hex]:
        volume = file.once(self._volume)
        return None if volume is None else Hex(volume["SerialNumber"])

    @detail("Volume Flags")
    def volume_flags(self, file: View) -> Optional[Tuple[str, ...]]:
        volume = file.once(self._volume)
        return None if volume is None else bit_names(volume["Flags"], _VPB_FLAGS)

    def _device(self, file: View) -> View:
        view = View(file.target, _DEVICE, file.pointer("DeviceObject", "the device object"))
        view.one_of("Type", {3: True})
        return view

    def _volume(self, file: View) -> Optional[View]:
        place = file.optional_pointer("Vpb")
        if place is None:
            return None
        volume = View(file.target, _VOLUME, place)
        volume.one_of("Type", {_VPB: True})
        return volume

    def _completion(self, file: View) -> Optional[View]:
        place = file.optional_pointer("CompletionContext")
        return None if place is None else View(file.target, _PORT, place)

    def _node(self, file: View) -> Optional[View]:
        """What its file system keeps of the file, where one has it."""
        if file["Flags"] & sum(_KINDS) or file.once(self._volume) is None:
            return None
        place = file.optional_pointer("FsContext")
        if place is None or file.target.find_struct(_NODE.struct) is None:
            return None
        node = View(file.target, _NODE, place)
        sizes = [node[f"{name}.QuadPart"] for name in ("ValidDataLength", "FileSize")]
        allocated = node["AllocationSize.QuadPart"]
        if (
            not node["NodeTypeCode"]
            or node["NodeByteSize"] <= 0
            or min(allocated, *sizes) < 0
            or sizes[0] > allocated
        ):
            raise CorruptedError(place, Reason.NOTHING_SUCH_HERE, "file of a file system")
        return node

    def _name(self, file: View) -> FileName:
        return self.files.of(file)
