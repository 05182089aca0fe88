"""Where symbols come from, in order, and that a PDB serves as an ISF file does."""

from __future__ import annotations

import json
import lzma
import shutil
import struct
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.linked import linked_kernel
from mocks.pdb import make_pdb
from pykd_handle.layout import PdbIdentity
from pykd_handle.targets.symbols.store import store_path

from ..needs import real_file

WORDS = ("0", "7", "0")

pytestmark = pytest.mark.usefixtures("compiler")


class Case(NamedTuple):
    """A dump in a folder of its own, its PDB and its ISF file in others."""

    dump: Path
    pdb: Path
    isf: Path
    identity: PdbIdentity

    def in_store(self, store: Path) -> Path:
        path = store / store_path(self.identity)
        path.parent.mkdir(parents=True)
        shutil.copy(self.pdb, path)
        return path


def debug_directory(image: bytes) -> int:
    """Where that of a 64-bit image is, counted from its start in memory: the seventh entry of
    ``DataDirectory`` in ``IMAGE_OPTIONAL_HEADER64``."""
    (head,) = struct.unpack_from("<I", image, 0x3C)
    (place,) = struct.unpack_from("<I", image, head + 24 + 112 + 6 * 8)
    return int(place)


def make(folder: Path, build: str, names_its_pdb: bool = True) -> Case:
    image, module = linked_kernel(build)
    if not names_its_pdb:
        image.memory.drop_page(image.base + debug_directory(module.image))
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
    image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
    if image.build.has_struct("_DEVICE_OBJECT"):
        image.processor.current.handle(image.files.open("\\Windows\\notepad.exe"), access=0x120089)
    if image.build.has_struct("_CM_KEY_CONTROL_BLOCK"):
        image.processor.current.handle(image.registry.key("\\REGISTRY\\MACHINE\\SOFTWARE"))
    for name in ("dumps", "pdb", "isf"):
        (folder / name).mkdir()
    dump, isf = folder / "dumps" / "memory.dmp", folder / "isf" / "kernel.json"
    write_full_dump(image, dump)
    data = image.isf()
    guid = module.guid.hex.upper()
    data["metadata"]["windows"]["pdb"].update(GUID=guid, age=module.age, database=module.pdb_name)
    isf.write_text(json.dumps(data), "utf-8")
    module.write(folder / "pdb")
    identity = PdbIdentity(guid, module.age, module.pdb_name)
    return Case(dump, folder / "pdb" / module.pdb_name, isf, identity)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return make(tmp_path, "win10_19041_x64")


# -- a PDB is as good as an ISF file ------------------------------------------------------------

# Each form of entries and headers: XP, 7, 8, 8.1, 10, 57-bit addresses, ARM64.
FORMS = [
    "winxp_sp3_x86", "win7_sp1_x64", "win8_x64", "win81_x86", "win10_19041_x64",
    "win11_26100_la57_x64", "win11_26100_arm64",
]  # fmt: skip


@pytest.mark.parametrize("build", FORMS)
def test_the_same_listing(run, tmp_path: Path, build: str) -> None:
    case = make(tmp_path, build)
    for more in ((), ("--format", "jsonl")):
        isf = run("--dump", case.dump, "--symbols", case.isf, *WORDS, *more)
        pdb = run("--dump", case.dump, "--symbols", case.pdb, *WORDS, *more)
        assert (isf.code, pdb.code) == (0, 0), pdb.err
        assert "Ready" in pdb.out and pdb.out == isf.out
        assert pdb.err == isf.err.replace(str(case.isf), str(case.pdb))
    assert f"symbols: {case.pdb} (PDB {case.identity}, as the dump's kernel says; " in pdb.err


@pytest.mark.usefixtures("shared")
def test_the_same_listing_of_a_real_dump(run, tmp_path: Path) -> None:
    dump = real_file("triage_x64.dmp")
    isf = real_file("ntkrnlmp-5278AFF86C341677D7D7835C85B7B844-1.json.xz")
    data = json.loads(lzma.decompress(isf.read_bytes()))
    identity = data["metadata"]["windows"]["pdb"]
    symbols = {name: row["address"] for name, row in data["symbols"].items()}
    pdb = tmp_path / "ntkrnlmp.pdb"
    pdb.write_bytes(make_pdb(data, symbols, guid=UUID(identity["GUID"]), age=identity["age"]).pdb)
    wanted = run("--dump", dump, "--symbols", isf, *WORDS)
    said = run("--dump", dump, "--symbols", pdb, *WORDS)
    assert wanted.out and (said.code, said.out) == (wanted.code, wanted.out)
    assert said.err == wanted.err.replace(str(isf), str(pdb))


# -- the order ----------------------------------------------------------------------------------


def source(run, case: Case, *words: object) -> str:
    """The line about the symbols."""
    result = run("--dump", case.dump, *words, "0", "1")
    assert result.code == 0, result.err
    (line,) = [line for line in result.err.splitlines() if "symbols" in line]
    return line


def test_every_place_in_its_turn(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place that is added beats those before: the list below goes upwards."""
    assert "its layout is win10_19041_x64, which ships" in source(run, case)
    cache = tmp_path / "cache"
    monkeypatch.setenv("PYKD_HANDLE_CACHE", str(cache))
    kept = case.in_store(cache / "symbols")
    assert f"symbols: {kept} (" in source(run, case) and "from the cache" in source(run, case)
    beside = shutil.copy(case.isf, case.dump.parent)
    assert f"symbols: {beside} (" in source(run, case)
    other = case.in_store(tmp_path / "alt")
    monkeypatch.setenv("_NT_ALT_SYMBOL_PATH", f"srv*{tmp_path / 'alt'}*https://127.0.0.1:9/x")
    assert f"symbols: {other} (" in source(run, case)
    assert source(run, case).endswith(", from _NT_ALT_SYMBOL_PATH")
    second = case.in_store(tmp_path / "second")
    monkeypatch.setenv("_NT_SYMBOL_PATH", f"{tmp_path / 'none'};srv*{tmp_path / 'second'}")
    assert f"symbols: {second} (" in source(run, case)
    first = case.in_store(tmp_path / "first")
    monkeypatch.setenv("_NT_SYMBOL_PATH", f"cache*{tmp_path / 'first'};srv*{tmp_path / 'second'}")
    assert source(run, case).endswith(", from _NT_SYMBOL_PATH")
    assert f"symbols: {first} (" in source(run, case)
    # What is given beats it all: a file, a folder, a store.
    for given, found in (
        (case.pdb, case.pdb),
        (case.isf.parent, case.isf),
        (case.pdb.parent, case.pdb),
        (tmp_path / "alt", other),
    ):
        assert f"symbols: {found} (" in source(run, case, "--symbols", given)


def test_a_folder_without_a_fit_falls_through(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    other = KernelImage("win10_17763_x64").isf()
    (empty / "other.json.xz").write_bytes(lzma.compress(json.dumps(other).encode()))
    monkeypatch.setenv("_NT_SYMBOL_PATH", str(case.pdb.parent))
    result = run("--dump", case.dump, "--symbols", empty, "0", "1")
    lines = result.err.splitlines()
    assert result.code == 0
    name = case.identity.name
    assert f"note: no symbols for this kernel ({name}, {case.identity}) in {empty}" in lines
    assert any(f"symbols: {case.pdb} (" in line for line in lines)


def test_a_damaged_file_on_the_way_is_told(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = case.in_store(tmp_path / "store")
    store.write_bytes(case.pdb.read_bytes()[:9000])
    monkeypatch.setenv("_NT_SYMBOL_PATH", str(tmp_path / "store"))
    shutil.copy(case.isf, case.dump.parent)
    result = run("--dump", case.dump, "0", "1")
    assert result.code == 0
    assert f"note: {store} is damaged: " in result.err
    assert "note: symbols: " in result.err and "dumps" in result.err


def test_what_a_store_has_in_place_of_the_file(run, case: Case, tmp_path: Path) -> None:
    store = tmp_path / "store"
    path = case.in_store(store)
    path.rename(path.with_suffix(".pd_"))
    result = run("--dump", case.dump, "--symbols", store, "0", "1")
    assert result.code == 0 and "ships with this package" in result.err
    # What to do with it is the next step, and the only one: nothing is to be fetched.
    said = f"({path.with_suffix('.pd_')} is compressed: unpack it ("
    assert result.err.count(said) == 1 and "fetch" not in result.err
    # Without the folders of a store, too, if it is called as the kernel's PDB.
    (tmp_path / "flat").mkdir()
    flat = path.with_suffix(".pd_").rename(tmp_path / "flat" / f"{path.stem}.PD_")
    (tmp_path / "flat" / "hal.pd_").write_bytes(b"MSCF")
    result = run("--dump", case.dump, "--symbols", tmp_path / "flat", "0", "1")
    assert f"({flat} is compressed: unpack it (" in result.err and "fetch" not in result.err
    # That of another kernel, as its folder in a store says, is none to unpack.
    (tmp_path / "flat" / f"{'0' * 32}1").mkdir()
    flat.rename(tmp_path / "flat" / f"{'0' * 32}1" / flat.name)
    result = run("--dump", case.dump, "--symbols", tmp_path / "flat", "0", "1")
    assert "compressed" not in result.err and "; fetch " in result.err


def test_nothing_anywhere(run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "store").mkdir()
    monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{tmp_path / 'store'}")
    result = run("--dump", case.dump, "0", "1")
    address = f"https://msdl.microsoft.com/download/symbols/{store_path(case.identity)}"
    name = case.identity.name
    assert (
        f"note: no symbols for this kernel ({name}, {case.identity}) on _NT_SYMBOL_PATH, "
        f"beside the dump; fetch {address} and give it to --symbols" in result.err.splitlines()
    )
    # A path that leads nowhere is one that somebody means to have set up.
    for nowhere in (tmp_path / "nonsense", "C:\\Symbols", "***"):
        monkeypatch.setenv("_NT_SYMBOL_PATH", str(nowhere))
        place = "on _NT_SYMBOL_PATH (no folder of it is there), beside the dump; fetch "
        assert place in run("--dump", case.dump, "0", "1").err
    # Whoever sets up nothing is told of the layout that serves, and no more.
    monkeypatch.delenv("_NT_SYMBOL_PATH")
    assert "fetch" not in run("--dump", case.dump, "0", "1").err


def test_a_pdb_of_another_kernel_is_refused(run, case: Case, tmp_path: Path) -> None:
    other = tmp_path / "other.pdb"
    other.write_bytes(linked_kernel("win7_sp1_x64").pdb.pdb)
    result = run("--dump", case.dump, "--symbols", other)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert f"{other} is of another kernel: it was made from other.pdb " in result.err
    assert "; without --symbols it is read with a layout that ships" in result.err


def test_without_identity_the_addresses_choose(run, tmp_path: Path) -> None:
    """The page with the debug record is not in the dump."""
    case = make(tmp_path, "win10_19041_x64")
    store = tmp_path / "store"
    right = case.in_store(store)
    wrong = store / f"ntkrnlmp.pdb/{'0' * 32}1/ntkrnlmp.pdb"
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(linked_kernel("win7_sp1_x64").pdb.pdb)
    (store / "tcpip.pdb" / f"{'1' * 32}1").mkdir(parents=True)
    shutil.copy(case.pdb, store / "tcpip.pdb" / f"{'1' * 32}1" / "tcpip.pdb")
    data = case.dump.read_bytes()
    assert data.count(b"RSDS") == 1
    case.dump.write_bytes(data.replace(b"RSDS", b"XXXX"))
    result = run("--dump", case.dump, "--symbols", store, "0", "1")
    assert result.code == 0
    assert f"symbols: {right} (" in result.err and "addresses agree" in result.err


def test_what_is_kept_gives_the_same_listing(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("PYKD_HANDLE_CACHE", str(cache))
    asked = ("--dump", case.dump, "--symbols", case.isf)
    wanted = run(*asked, "--no-cache", *WORDS)
    assert wanted.code == 0 and not cache.exists()
    one = run(*asked, "4", "1")
    (part,) = (cache / "parts").iterdir()
    first = part.stat().st_size
    # More is asked for, then the same, then with nothing of it used.
    for _ in range(2):
        said = run(*asked, *WORDS)
        assert (said.code, said.out, said.err) == (0, wanted.out, wanted.err)
    assert first < part.stat().st_size < case.isf.stat().st_size / 2
    part.write_bytes(b"{")
    assert run(*asked, "--no-cache", *WORDS).out == wanted.out and part.read_bytes() == b"{"
    assert run(*asked, "4", "1").out == one.out
    # The file of another kernel is refused, kept or not.
    data = json.loads(case.isf.read_text("utf-8"))
    data["symbols"]["PspCidTable"]["address"] += 0x40
    case.isf.write_text(json.dumps(data), "utf-8")
    for _ in range(2):
        assert "is of another kernel" in run(*asked).err
