"""What kind of file this is, by its first bytes: so that the message for a wrong one helps."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from ...hints import Tuple
from ...input_file import open_input
from ...values import NamedTuple

__all__ = ("MINIDUMP", "Kind", "Sniffed", "is_minidump", "sniff_bytes")

MINIDUMP = b"MDMP"
"""How a user-mode minidump begins."""


class Kind(Enum):
    """The kinds of files that are told apart."""

    KERNEL64 = "64-bit kernel dump"
    KERNEL32 = "32-bit kernel dump"
    CORE = "ELF core"
    USER = "user-mode dump"
    OTHER = "not a dump"
    UNKNOWN = "of no known format"


class Sniffed(NamedTuple):
    """A kind, and a phrase that says to a user what the file is."""

    kind: Kind
    text: str


_VMWARE = "a VMware snapshot: give the .vmem beside it, or convert it with vmss2core -W8"
# (offset, bytes, what it is). The dump signatures are those of ntiodump.h and minidumpapiset.h.
_SIGNATURES: Tuple[Tuple[int, bytes, Kind, str], ...] = (
    (0, b"PAGEDU64", Kind.KERNEL64, "a 64-bit kernel dump"),
    (0, b"PAGEDUMP", Kind.KERNEL32, "a 32-bit kernel dump"),
    (0, MINIDUMP, Kind.USER, "a user-mode minidump"),
    (0, b"USERDUMP", Kind.USER, "a 32-bit user-mode dump of the old format"),
    (0, b"USERDU64", Kind.USER, "a 64-bit user-mode dump of the old format"),
    (0, b"PAGE", Kind.OTHER, "a kernel dump with a damaged signature"),
    (0, b"PK\x03\x04", Kind.OTHER, "a .zip archive: unpack it first"),
    (0, b"MSCF", Kind.OTHER, "a .cab archive: unpack it first"),
    (0, b"7z\xbc\xaf\x27\x1c", Kind.OTHER, "a .7z archive: unpack it first"),
    (0, b"Rar!\x1a\x07", Kind.OTHER, "a .rar archive: unpack it first"),
    (0, b"\x1f\x8b", Kind.OTHER, "compressed by gzip: unpack it first; a snapshot is for diff"),
    (0, b"\xfd7zXZ\x00", Kind.OTHER, "compressed by xz: unpack it first"),
    (0, b"BZh", Kind.OTHER, "compressed by bzip2: unpack it first"),
    (0, b"\x28\xb5\x2f\xfd", Kind.OTHER, "compressed by zstd: unpack it first"),
    (257, b"ustar", Kind.OTHER, "a .tar archive: unpack it first"),
    # ELFCLASS64, little-endian, ET_CORE.
    (0, b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x04\0", Kind.CORE, "an ELF core"),
    (0, b"\x7fELF", Kind.OTHER, "an ELF file that is no core of a 64-bit machine"),
    # What dump-guest-memory of QEMU makes with -z, -l and -s.
    (0, b"makedumpfile\0", Kind.OTHER, "a compressed kdump: make it without -z, -l or -s"),
    (0, b"KDUMP   ", Kind.OTHER, "a compressed kdump: make it without -z, -l or -s"),
    (0, b"QEVM", Kind.OTHER, "a saved state of QEMU: make a core with dump-guest-memory"),
    (0, b"LibvirtQemud", Kind.OTHER, "a saved state of libvirt: use virsh dump --memory-only"),
    (0, b"\xd2\xbe\xd2\xbe", Kind.OTHER, _VMWARE),
    (0, b"\xd3\xbe\xd2\xbe", Kind.OTHER, _VMWARE),
    (0, b"\xd0\xbe\xd2\xbe", Kind.OTHER, _VMWARE),
    (0, b"EMiL", Kind.OTHER, "a LiME memory image, not a Windows dump"),
    *(
        (0, magic, Kind.OTHER, "a hibernation file, not a crash dump")
        for magic in (b"hibr", b"HIBR", b"rstr", b"RSTR", b"wake", b"WAKE")
    ),
    # A saved state of Hyper-V (.vmrs): HyperVStorage, whose first figure is 0x01282014.
    (0, b"\x14\x20\x28\x01", Kind.OTHER, "a saved state of Hyper-V (.vmrs), not a crash dump"),
    (0, b"\x7fVirtualBox SavedState", Kind.OTHER, "a saved state of VirtualBox, not a crash dump"),
    (0, b"EVF\x09\x0d\x0a\xff\x00", Kind.OTHER, "an EnCase image (.E01): export what is in it"),
    (0, b"EVF2\x0d\x0a\x81\x00", Kind.OTHER, "an EnCase image (.Ex01): export what is in it"),
    (0, b"vhdxfile", Kind.OTHER, "a virtual disk (.vhdx), not a dump"),
    (0, b"conectix", Kind.OTHER, "a virtual disk (.vhd), not a dump"),
    (0, b"KDMV", Kind.OTHER, "a virtual disk (.vmdk), not a dump"),
    (0, b"QFI\xfb", Kind.OTHER, "a virtual disk (.qcow2), not a dump"),
    (0, b"Microsoft C/C++", Kind.OTHER, "a PDB file, not a dump"),
    (0, b"MZ", Kind.OTHER, "a Windows program, not a dump"),
    (0, b"{", Kind.OTHER, "a text file (JSON?), not a dump"),
)


def is_minidump(path: Path) -> bool:
    """Whether a file begins like a user-mode minidump. A file that can't be read does not."""
    try:
        with open_input(path) as file:
            return file.read(len(MINIDUMP)) == MINIDUMP
    except OSError:
        return False


def sniff_bytes(head: bytes) -> Sniffed:
    """What a file with these first bytes is (some 300 of them are enough)."""
    for offset, magic, kind, text in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return Sniffed(kind, text)
    if len(head) < 8:
        return Sniffed(Kind.OTHER, "too short for a dump")
    if not any(head):
        return Sniffed(Kind.UNKNOWN, "not a dump: it begins with zeros")
    return Sniffed(Kind.UNKNOWN, "not a dump: its first bytes are no signature of one")
