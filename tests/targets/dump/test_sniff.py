"""What a file is, by its first bytes."""

from pathlib import Path

import pytest

from pykd_handle.render.words import words
from pykd_handle.targets.dump import open_dump
from pykd_handle.targets.dump.sniff import Kind, sniff_bytes
from pykd_handle.values import TargetError

from ..dump import build


@pytest.mark.parametrize(
    ("head", "kind", "phrase"),
    [
        (b"PAGEDU64", Kind.KERNEL64, "64-bit kernel"),
        (b"PAGEDUMP", Kind.KERNEL32, "32-bit kernel"),
        (b"MDMP\x93\xa7", Kind.USER, "user-mode minidump"),
        (b"PK\x03\x04" + bytes(30), Kind.OTHER, "unpack"),
        (b"MSCF" + bytes(30), Kind.OTHER, "unpack"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), Kind.OTHER, "unpack"),
        (b"\x7fELF" + bytes(30), Kind.OTHER, "ELF"),
        # The first bytes of what QEMU 7.2 writes: without, and with -z.
        (bytes.fromhex("7f454c460201010000000000000000000400"), Kind.CORE, "ELF core"),
        (bytes.fromhex("6d616b6564756d7066696c6500000000"), Kind.OTHER, "without -z"),
        (bytes.fromhex("7f454c460201010000000000000000000200"), Kind.OTHER, "no core"),
        # QEMU_VM_FILE_MAGIC of migration/savevm.c, and what `virsh save` begins with.
        ((0x5145564D).to_bytes(4, "big") + bytes(30), Kind.OTHER, "dump-guest-memory"),
        (b"LibvirtQemudSave\2\0\0\0", Kind.OTHER, "virsh dump --memory-only"),
        (bytes(257) + b"ustar", Kind.OTHER, "unpack"),
        (b"RSTR" + bytes(30), Kind.OTHER, "hibernation file"),
        (b"wake" + bytes(30), Kind.OTHER, "hibernation file"),
        # The signature is the figure 0x01282014, little endian (dissect.hypervisor).
        ((0x01282014).to_bytes(4, "little") + bytes(30), Kind.OTHER, "Hyper-V (.vmrs)"),
        (bytes.fromhex("45 56 46 09 0d 0a ff 00 01 01"), Kind.OTHER, "EnCase image (.E01)"),
        (bytes.fromhex("45 56 46 32 0d 0a 81 00 02 01"), Kind.OTHER, "EnCase image (.Ex01)"),
        (b"\x7fVirtualBox SavedState V2.0\n", Kind.OTHER, "VirtualBox"),
        (b"vhdxfile" + bytes(30), Kind.OTHER, "virtual disk (.vhdx)"),
        (bytes(300), Kind.UNKNOWN, "zeros"),
        (b"PAGE" + b"\xff" * 30, Kind.OTHER, "damaged"),
        (b"hello, this is a text", Kind.UNKNOWN, "not a dump"),
        (b"abc", Kind.OTHER, "too short"),
    ],
)
def test_first_bytes(head: bytes, kind: Kind, phrase: str) -> None:
    found = sniff_bytes(head)
    assert found.kind is kind
    assert phrase in found.text


@pytest.mark.parametrize(
    ("data", "phrase"),
    [
        (b"PK\x03\x04" + bytes(300), ".zip archive"),
        (b"", "empty"),
        (b"PAGEDUMP" + bytes(0x1000), "unknown type 0"),
        (b"PAGEDUMP" + bytes(0x100), "cut short"),
        (b"PAGEDUMP" + b"PAGE" * 0x400, "unknown type 1162297680"),
        # The size of a raw image does not make one of these.
        (b"\x14\x20\x28\x01" + bytes((1 << 20) - 4), "Hyper-V (.vmrs), not a crash dump"),
        (b"EVF\t\r\n\xff\0" + bytes((1 << 20) - 8), "EnCase image (.E01): export"),
        (b"MDMP" + bytes(0x1000), "user-mode minidump, not a kernel dump"),
        (build.header(4, machine=0x200), "64-bit kernel dumps of Itanium machines are not"),
        (build.header(4, machine=0x1234), "64-bit kernel dumps of machine 0x1234 are not"),
        (build.header(4, machine=0x14C), "of machine 0x14c are not"),
        (build.header(1), "names no physical memory"),
        (build.header(3), "type 3"),
        (build.header(77), "unknown type 77"),
    ],
)
def test_files_that_are_refused_say_why(tmp_path: Path, data: bytes, phrase: str) -> None:
    path = build.write(tmp_path / "file.dmp", data)
    with pytest.raises(TargetError) as error:
        open_dump(path)
    assert phrase in words(error.value)
    assert str(path) in words(error.value)
    assert "\n" not in words(error.value)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No such file"):
        open_dump(tmp_path / "nothing.dmp")
    with pytest.raises(TargetError, match="a folder"):
        open_dump(tmp_path)
