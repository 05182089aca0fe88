"""Choosing symbols: the right file is found and taken, every wrong one is refused."""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path
from typing import Any, Optional, Tuple

import pytest

from pykd_handle.layout import Isf, PdbIdentity
from pykd_handle.render.words import words
from pykd_handle.targets.symbols import folder
from pykd_handle.targets.symbols.folder import search
from pykd_handle.targets.symbols.search import load_symbols
from pykd_handle.targets.symbols.verify import KernelFacts, Known, compare, verify
from pykd_handle.targets.symbols.wish import Wish
from pykd_handle.values import Sentence, SymbolsError

from ..dump import build
from .files import GUID, OFFSETS, OTHER, isf, write

KNOWN = tuple(
    Known(name, build.KERNEL + offset, "header" if at < 3 else "debugger data block")
    for at, (name, offset) in enumerate(OFFSETS.items())
)


def facts(
    guid: Optional[str] = GUID, base: Optional[int] = build.KERNEL, known: Tuple[Known, ...] = KNOWN
) -> KernelFacts:
    identity = PdbIdentity(guid, 1, "ntkrnlmp.pdb") if guid else None
    return KernelFacts(base, identity, "" if guid else "its record is not in the dump", known)


# -- is it of this kernel? ----------------------------------------------------------------------


def test_the_right_file() -> None:
    found = verify(Isf(isf(), "nt.json"), facts())
    assert found.base == build.KERNEL
    (note,) = map(words, found.notes)
    assert note == (
        f"symbols: nt.json (PDB {GUID}-1, as the dump's kernel says; 4 of 4 addresses agree with "
        "the dump)"
    )


def test_another_pdb() -> None:
    with pytest.raises(SymbolsError) as error:
        verify(Isf(isf(OTHER), "nt.json"), facts())
    assert words(error.value) == (
        f"nt.json is of another kernel: it was made from ntkrnlmp.pdb {OTHER}-1, the dump's kernel "
        f"has ntkrnlmp.pdb {GUID}-1"
    )


@pytest.mark.parametrize("guid", [GUID, None])
def test_one_address_that_differs_refuses_the_file(guid: Optional[str]) -> None:
    with pytest.raises(SymbolsError) as error:
        verify(Isf(isf(PspCidTable=0xCFC5D0), "nt.json"), facts(guid))
    assert words(error.value) == (
        "nt.json is of another kernel: 1 of 4 addresses differ, such as nt!PspCidTable: "
        "0xfffff800130fc5d0 by these symbols, 0xfffff800130fc5c8 by the dump's debugger data block"
    )


def test_without_identities_addresses_decide() -> None:
    found = verify(Isf(isf(guid=""), "nt.json"), facts())
    assert "does not say which PDB" in words(found.notes[0])
    found = verify(Isf(isf(), "nt.json"), facts(None))
    assert "its record is not in the dump" in words(found.notes[0])
    assert "4 of 4" in words(found.notes[0])


def test_too_little_to_check() -> None:
    with pytest.raises(SymbolsError, match="can't be checked"):
        verify(Isf(isf(), "nt.json"), facts(None, known=KNOWN[:1]))
    with pytest.raises(SymbolsError, match="can't be checked"):
        verify(Isf(build.isf({}), "nt.json"), facts())


def test_types_only_are_taken_where_the_pdb_is_the_kernels_own() -> None:
    found = verify(Isf(build.isf({}, GUID), "nt.json"), facts())
    assert "types only" in words(found.notes[0])
    with pytest.raises(SymbolsError, match="can't be checked"):
        verify(Isf(build.isf({}, GUID), "nt.json"), facts(None))


def test_another_age_needs_addresses() -> None:
    found = verify(Isf(isf(age=2), "nt.json"), facts())
    assert "of age 2, the kernel's PDB has 1" in words(found.notes[0])
    with pytest.raises(SymbolsError, match="its age 2 is not"):
        verify(Isf(isf(age=2), "nt.json"), facts(known=KNOWN[:1]))


def test_without_a_base_the_addresses_tell_it() -> None:
    found = verify(Isf(isf(), "nt.json"), facts(None, base=None))
    assert found.base == build.KERNEL
    with pytest.raises(SymbolsError, match="no page begins at"):
        verify(Isf(isf(PsLoadedModuleList=0xC2A398), "nt.json"), facts(None, base=None))
    with pytest.raises(SymbolsError, match="differ"):
        verify(Isf(isf(PsLoadedModuleList=0xC2B390), "nt.json"), facts(None, base=None))
    # No kernel begins in the half of processes.
    low = KernelFacts(None, None, Sentence(""), (Known("A", 0x80001000, "x"),), pointer_size=4)
    assert compare({"A": 0x2000}, low).difference == "nt!A: no page begins at 0x7ffff000"
    assert compare({"A": 0x1000}, low).fits
    # The first address fixes the base and proves nothing by that.
    with pytest.raises(SymbolsError, match="can't be checked"):
        verify(Isf(isf(), "nt.json"), facts(None, base=None, known=KNOWN[:2]))


def test_neither_the_dump_nor_the_symbols_tell_the_base() -> None:
    alone = build.isf({"PspCidTable": OFFSETS["PspCidTable"]}, GUID)
    assert verify(Isf(alone, "nt.json"), facts(base=None)).base == build.KERNEL
    with pytest.raises(SymbolsError, match="neither the dump nor these symbols tell where"):
        verify(Isf(alone, "nt.json"), facts(base=None, known=KNOWN[:3]))


def test_symbols_of_a_32_bit_kernel() -> None:
    data = isf()
    data["base_types"]["pointer"] = {**data["base_types"]["pointer"], "size": 4}
    with pytest.raises(SymbolsError, match="32 bits"):
        verify(Isf(data, "nt.json"), facts())


# -- a file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nt.json", "nt.json.xz"])
def test_a_file(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, isf())
    assert (
        load_symbols(Wish(path), tmp_path / "none", facts()).file.symbol("PspCidTable") == 0xCFC5C8
    )


def test_a_damaged_file(tmp_path: Path) -> None:
    path = write(tmp_path / "nt.json.xz", isf())
    whole = path.read_bytes()
    for raw in (whole[: len(whole) // 2], b"", whole[:20] + b"\xff" * 20 + whole[40:]):
        path.write_bytes(raw)
        with pytest.raises(SymbolsError, match=r"nt\.json\.xz"):
            load_symbols(Wish(path), tmp_path, facts())
    path = build.write(tmp_path / "nt.json", b'{"base_types": [')
    with pytest.raises(SymbolsError, match=r"nt\.json"):
        load_symbols(Wish(path), tmp_path, facts())


def test_what_is_in_a_file_decides(tmp_path: Path) -> None:
    path = build.write(tmp_path / "nt.json", b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0")
    with pytest.raises(SymbolsError, match=r"nt\.json is damaged: it is cut short"):
        load_symbols(Wish(path), tmp_path, facts())
    for packed in (b"MSCF\0\0\0\0", b"SZDD\x88\xf0\x27\x33Ab"):
        path = build.write(tmp_path / "nt.pd_", packed)
        with pytest.raises(SymbolsError, match=r"unpack it \(.*\) and give .*nt\.pdb to --symbols"):
            load_symbols(Wish(path), tmp_path, facts())
    path = build.write(tmp_path / "file.ptr", b"PATH:\\\\server\\share\\nt.pdb")
    with pytest.raises(SymbolsError, match=r"leads to \\\\server\\share\\nt\.pdb .*: get that"):
        load_symbols(Wish(path), tmp_path, facts())


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(SymbolsError, match="no such file or folder"):
        load_symbols(Wish(tmp_path / "x.json"), tmp_path, facts())


def test_a_name_that_no_place_can_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Path.is_dir` raises for it, as where the user may not look: in another one's home, say."""
    long = str(tmp_path / ("x" * 300))
    with pytest.raises(SymbolsError, match=r"can't be read|no such"):
        load_symbols(Wish(Path(long)), tmp_path, facts())
    with pytest.raises(SymbolsError, match="no valid file name"):  # of who uses it as a library
        load_symbols(Wish(Path("a\0b")), tmp_path, facts())
    path = write(tmp_path / "kernel.json", isf())
    monkeypatch.setenv("_NT_SYMBOL_PATH", f"{long};srv*{long}*https://127.0.0.1:9")
    monkeypatch.setenv("PYKD_HANDLE_CACHE", long)
    assert load_symbols(Wish(None, keep=True), tmp_path, facts()).file.source == str(path)


# -- a folder -----------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_nowhere_hide_no_file(tmp_path: Path) -> None:
    for number in range(8):
        link = tmp_path / f"{number}.json"
        link.symlink_to(link)
    with pytest.raises(SymbolsError, match="8 files there are damaged or can't be read"):
        load_symbols(Wish(tmp_path), tmp_path, facts())
    path = write(tmp_path / "right.json", isf())
    assert load_symbols(Wish(tmp_path), tmp_path, facts()).file.source == str(path)


def test_a_folder_that_is_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs").mkdir()
    scandir = os.scandir

    def closed(folder: Path) -> Any:
        if folder.name == "theirs":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", closed)
    write(tmp_path / "right.json", isf(OTHER))
    with pytest.raises(SymbolsError, match=re.escape(f"({tmp_path / 'theirs'}: Permission")):
        load_symbols(Wish(tmp_path), tmp_path, facts())
    path = write(tmp_path / "right.json", isf())
    assert load_symbols(Wish(tmp_path), tmp_path, facts()).file.source == str(path)


def test_where_a_search_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In folders of other files, further down, after so many files."""
    assert search(tmp_path / "none", PdbIdentity(GUID, 1), (), True, {}) == ((), "", False)
    entered = []
    scandir = os.scandir

    def watched(folder: Path) -> Any:
        entered.append(folder.name)
        return scandir(folder)

    others = ["hal.dll", "csrss.exe", "disk.sys", "tcpip.pdb", "x.ocx", "x.cpl", "x.mui", "x.dbg"]
    kernels = ["ntkrnlmp.pdb", "ntkrnlpa.exe", "ntoskrnl.exe"]
    for name in (*others, *kernels):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(os, "scandir", watched)
    write(tmp_path / "1/2/3/4/5/right.json", isf())
    assert search(tmp_path, PdbIdentity(GUID, 1), (), True, {}) == ((), "", False)
    assert sorted(entered) == sorted([tmp_path.name, *kernels, "1", "2", "3", "4"])
    right = write(tmp_path / "c.json", isf())
    for name in ("a.json", "b.json"):
        write(tmp_path / name, isf(OTHER))
    monkeypatch.setattr(folder, "_MOST_LOOKED_INTO", 2)
    files, remark, _ = search(tmp_path, PdbIdentity(GUID, 1), (), True, {})
    assert (files, remark) == ((), " (more files there than were looked at)")
    monkeypatch.setattr(folder, "_MOST_LOOKED_INTO", 3)
    files, remark, _ = search(tmp_path, PdbIdentity(GUID, 1), (), True, {})
    assert ([one.path for one in files], remark) == ([right], "")


@pytest.mark.parametrize(
    "place",
    [
        f"ntkrnlmp-{GUID}-1.json.xz",
        f"ntkrnlmp.pdb-{GUID.lower()}-1.json",
        f"{GUID}-1.json.xz",
        f"ntkrnlmp.pdb/{GUID}-1.json.xz",
        f"symbols/windows/ntkrnlmp.pdb/{GUID}-1.json.xz",
        "whatever.json",
        "deep/er/and/deeper/whatever.json.xz",
    ],
)
def test_the_names_that_are_found(tmp_path: Path, place: str) -> None:
    write(tmp_path / f"ntkrnlmp-{OTHER}-1.json.xz", isf(OTHER, PspCidTable=1))
    write(tmp_path / f"ntkrnlmp.pdb/{GUID}-2.json", isf(GUID, 2, PspCidTable=1))
    write(tmp_path / "other.json", isf(OTHER, PspCidTable=1))
    build.write(tmp_path / "junk.json", b"\xff\xfe{{{")
    path = write(tmp_path / place, isf())
    found = load_symbols(Wish(tmp_path), tmp_path / "none", facts())
    assert found.file.source == str(path)


def test_a_name_that_lies(tmp_path: Path) -> None:
    write(tmp_path / f"{GUID}-1.json", isf(OTHER))
    with pytest.raises(SymbolsError, match="is of another kernel"):
        load_symbols(Wish(tmp_path), tmp_path, facts())


def test_ages_in_both_notations(tmp_path: Path) -> None:
    path = write(tmp_path / f"{GUID}-1A.json", isf(GUID, 26))
    write(tmp_path / f"{GUID}-27.json", isf(GUID, 27))
    assert [one.path for one in search(tmp_path, PdbIdentity(GUID, 26), (), True, {}).files] == [
        path
    ]
    path = write(tmp_path / f"{GUID}-26.json", isf(GUID, 26))
    assert path in [one.path for one in search(tmp_path, PdbIdentity(GUID, 26), (), True, {}).files]


def test_a_damaged_file_of_a_folder_that_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused as a file is: something else than what was meant is not taken in its place."""
    write(tmp_path / "b" / "kernel.json", isf())
    (tmp_path / "a").mkdir()
    build.write(tmp_path / f"a/{GUID}-1.json.xz", b"damaged")
    with pytest.raises(SymbolsError, match=r"not a valid \.xz file"):
        load_symbols(Wish(tmp_path / "a"), tmp_path / "b", facts())
    # What is told of others comes behind what is told of the one that is given.
    write(tmp_path / "c/other.json", isf(OTHER))
    monkeypatch.setenv("_NT_SYMBOL_PATH", str(tmp_path / "a"))
    first, second, _ = load_symbols(Wish(tmp_path / "c"), tmp_path / "b", facts()).notes
    assert words(first).endswith(f" in {tmp_path / 'c'}") and "not a valid .xz" in words(second)


def test_the_same_pdb_twice_is_no_question(tmp_path: Path) -> None:
    build.write(tmp_path / f"a-{GUID}-1.json.xz", b"damaged")
    path = write(tmp_path / f"b-{GUID}-1.json.xz", isf())
    assert load_symbols(Wish(tmp_path), tmp_path, facts()).file.source == str(path)


def test_a_file_without_identity_is_found_by_addresses(tmp_path: Path) -> None:
    write(tmp_path / "wrong.json", isf(guid="", PspCidTable=1))
    path = write(tmp_path / "right.json", isf(guid=""))
    assert load_symbols(Wish(tmp_path), tmp_path, facts()).file.source == str(path)


def test_nothing_found_says_what_is_wanted(tmp_path: Path) -> None:
    write(tmp_path / "other.json", isf(OTHER))
    with pytest.raises(SymbolsError) as error:
        load_symbols(Wish(tmp_path), tmp_path, facts())
    line = words(error.value)
    assert f"no symbols for this kernel (ntkrnlmp.pdb, {GUID}-1) in {tmp_path}" in line
    address = f"https://msdl.microsoft.com/download/symbols/ntkrnlmp.pdb/{GUID}1/ntkrnlmp.pdb"
    assert line.endswith(f"; fetch {address} and give it to --symbols")
    assert "\n" not in line
    with pytest.raises(SymbolsError, match="beside the dump"):
        load_symbols(Wish(None), tmp_path, facts())


def test_damaged_files_in_a_folder_are_told(tmp_path: Path) -> None:
    build.write(tmp_path / "nt.json.xz", b"\xfd7zXZ\0damaged")
    with pytest.raises(SymbolsError, match="1 files there are damaged"):
        load_symbols(Wish(tmp_path), tmp_path, facts())


def test_without_identity_a_folder_is_searched_by_addresses(tmp_path: Path) -> None:
    write(tmp_path / f"ntkrnlmp-{OTHER}-1.json.xz", isf(OTHER, PspCidTable=0x10))
    write(tmp_path / f"tcpip.pdb/{OTHER}-1.json.xz", isf(OTHER))  # not of a kernel
    path = write(tmp_path / f"ntkrnlmp.pdb/{GUID}-1.json.xz", isf())
    found = load_symbols(Wish(tmp_path), tmp_path, facts(None))
    assert found.file.source == str(path)


def test_two_that_fit_the_addresses(tmp_path: Path) -> None:
    write(tmp_path / f"ntkrnlmp-{GUID}-1.json", isf())
    write(tmp_path / f"ntoskrnl-{OTHER}-1.json", isf(OTHER))
    with pytest.raises(SymbolsError, match=r"several different .*: give --symbols FILE"):
        load_symbols(Wish(tmp_path), tmp_path, facts(None))


def test_beside_the_dump_but_not_in_folders_there(tmp_path: Path) -> None:
    write(tmp_path / f"deeper/{GUID}-1.json", isf())
    with pytest.raises(SymbolsError, match="beside the dump"):
        load_symbols(Wish(None), tmp_path, facts())
    path = write(tmp_path / "kernel.json", isf())
    assert load_symbols(Wish(None), tmp_path, facts()).file.source == str(path)
