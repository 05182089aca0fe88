"""The whole program on synthetic dumps: whole, damaged, and files that are none."""

import json
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Dict, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump

BASE = ("--dump",)


class Case:
    """A dump and its symbols in a folder of their own."""

    def __init__(self, folder: Path, image: KernelImage, kind: str = "full") -> None:
        self.image = image
        self.dump = folder / "memory.dmp"
        self.symbols = folder / "memory.json"
        write = {"full": write_full_dump, "bitmap": write_bitmap_dump}[kind]
        write(image, self.dump)
        self.symbols.write_text(json.dumps(image.isf()), "utf-8")

    @classmethod
    def small(cls, folder: Path) -> "Case":
        """A dump of `small_system`, written once for all tests; nobody spoils its image."""
        case = cls.__new__(cls)
        case.image, contents = _small_files()
        case.dump, case.symbols = folder / "memory.dmp", folder / "memory.json"
        for path in (case.dump, case.symbols):
            path.write_bytes(contents[path.name])
        return case


@lru_cache(maxsize=None)
def _small_files() -> Tuple[KernelImage, Dict[str, bytes]]:
    image = small_system()
    with TemporaryDirectory() as folder:
        case = Case(Path(folder), image)
        return image, {path.name: path.read_bytes() for path in (case.dump, case.symbols)}


def small_system() -> KernelImage:
    image = KernelImage()
    process = image.processes.add("notepad.exe", 0x1514, session=1)
    image.processor.current = process
    process.handle(image.objects.make("Event", r"\BaseNamedObjects\Ready"), access=0x1F0003)
    process.handle(image.files.open(r"\Windows\win.ini"), access=0x120089)
    process.handles(600, image.objects.event())
    return image


@pytest.mark.parametrize("kind", ["full", "bitmap"])
def test_a_listing_from_each_kind_of_dump(run, tmp_path: Path, kind: str) -> None:
    case = Case(tmp_path, small_system(), kind)
    result = run("--dump", case.dump, "--format", "jsonl")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 0
    assert len(rows) == 602
    assert rows[0]["name"] == r"\BaseNamedObjects\Ready"
    assert rows[1]["name"] == r"\Device\HarddiskVolume3\Windows\win.ini"
    assert all(row["type"] for row in rows)


@pytest.mark.parametrize("layout", ["win81_x64", "win10_1507_x64", "win10_17763_x64",
                                    "win11_22621_x64", "win11_26100_x64"])  # fmt: skip
def test_without_symbols_the_same_handles(run, tmp_path: Path, layout: str) -> None:
    image = KernelImage(layout, cookie=0x3C)
    process = image.processes.add("a notepad with a long name.exe", 0x1514, session=1)
    image.tokens.set_primary(process, image.tokens.add(session=1))
    image.processor.current = process
    for _ in range(3):
        process.handle(image.objects.make("Event", r"\BaseNamedObjects\Ready"))
        process.handle(image.files.open(r"\Windows\win.ini"))
        process.handle(image.registry.key(r"\REGISTRY\MACHINE\SYSTEM"))
    image.processes.system.handle(image.processes.system.object, value=4)
    case = Case(tmp_path, image)
    with_symbols = run("--dump", case.dump, "0", "3", "0")
    case.symbols.unlink()
    without = run("--dump", case.dump, "0", "3", "0")
    assert without.out == with_symbols.out
    assert "\n    Image: a notepad with a long name.exe\n" in without.out
    assert "\n    SessionId: 1  Cid: 1514 " in without.out
    assert "GrantedAccess" in without.out and without.code == 0
    assert "no symbols of this kernel" in without.err


def test_a_missing_page_of_the_table(run, tmp_path: Path) -> None:
    image = small_system()
    leaf = image.processor.current.table.leaves[1]
    image.memory.drop_page(leaf)
    case = Case(tmp_path, image)
    result = run("--dump", case.dump, "0", "1")
    assert result.code == 0
    assert f"0400: <Unavailable: the leaf page 0x{leaf:x}: " in result.out
    assert result.out.count("GrantedAccess") == 602 - 255


@pytest.mark.parametrize("keep", [0x10, 0x1000, 0x2000, 0x5000, 0.5, 0.9])
def test_a_dump_that_is_cut_short(run, tmp_path: Path, keep: float) -> None:
    case = Case.small(tmp_path)
    data = case.dump.read_bytes()
    case.dump.write_bytes(data[: int(keep if keep > 1 else keep * len(data))])
    result = run("--dump", case.dump, "--symbols", case.symbols)
    assert "Traceback" not in result.err and "internal error" not in result.err
    if result.code:
        # Nothing usable: the last line says what is wrong, and why.
        last = result.err.strip().splitlines()[-1]
        assert last.startswith("pykd-handle: ")
        assert "short" in last or "cut" in last
    else:
        assert "cut short" in result.err


def test_without_symbols_a_dump_that_is_cut_short_says_so_first(run, tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "samples" / "windows10_x64.dmp"
    cut = tmp_path / "cut.dmp"
    cut.write_bytes(sample.read_bytes()[:250_000])
    result = run("--dump", cut, "14")
    # (250,000 - 0x2000) // 0x1000 pages are left behind the header.
    assert result.code == 1 and result.err.startswith(
        "pykd-handle: the dump file is cut short: it holds 59 of the 124 pages that its header "
        "names; no symbols that fit"
    )


def test_a_file_of_another_kernel_that_claims_to_be_of_ours(run, tmp_path: Path) -> None:
    """A file with our PDB's identity forged into it: the addresses still tell."""
    case = Case.small(tmp_path)
    other = tmp_path / "other.json"
    isf = case.image.isf()
    isf["symbols"]["PspCidTable"]["address"] += 0x40
    other.write_text(json.dumps(isf), "utf-8")
    result = run("--dump", case.dump, "--symbols", other)
    assert result.code == 1 and "addresses differ, such as nt!" in result.err


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.dmp", b"", "empty"),
        ("a.dmp", b"PK\x03\x04" + bytes(100), "zip"),
        ("a.dmp", b"hello world\n" * 1000, "not a"),
        ("a.dmp", b"PAGEDU64", "short"),
    ],
)
def test_a_file_that_is_no_dump(run, tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    result = run("--dump", path)
    assert (result.code, result.out) == (1, "")
    assert words in result.err and result.err.count("\n") == 1


def test_a_file_that_is_not_there(run, tmp_path: Path) -> None:
    result = run("--dump", tmp_path / "none.dmp")
    assert result.code == 1 and result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["zz"], "Handle 'zz' is no number"),
        (["modlues"], "binary 0y; did you mean the command modules?\n"),
        (["0", "3", "0x"], "Process '0x' is no number"),
        (["--format", "xml"], "--format"),
        (["--frobnicate"], "--frobnicate"),
        (["--dump"], "--dump"),
    ],
)
def test_wrong_usage_is_one_line_and_2(run, tmp_path: Path, words, complaint: str) -> None:
    case = Case(tmp_path, KernelImage())
    result = run("--dump", case.dump, *words)
    assert (result.code, result.out) == (2, "")
    assert complaint in result.err and result.err.count("\n") == 1


def test_without_a_target(run) -> None:
    result = run("14", "13")
    assert result.code == 2 and "--dump" in result.err


@pytest.mark.parametrize("word", ["-0x1", "-1", "ffffffff"])
def test_a_minus_is_a_sign_where_a_number_stands(run, tmp_path: Path, word: str) -> None:
    case = Case.small(tmp_path)
    assert run("--dump", case.dump, word, "1").out == run("--dump", case.dump, "0", "1").out
    result = run("0", "1", word, "--dump", case.dump)
    assert result.out.count("GrantedAccess") == 602
    result = run("-c", "--dump", case.dump)
    assert "fffffff4: <Unavailable: no handle 0xfffffff4" in result.out and result.code == 1
    result = run("-2", "--dump", case.dump)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "NtCurrentThread" in result.err
    assert "unrecognized arguments: -dump" in run("-dump", case.dump).err


@pytest.mark.parametrize("option", ["--dump", "--symbols", "--output"])
@pytest.mark.parametrize("glued", [True, False])
def test_an_empty_path_is_one_line_and_2(run, tmp_path: Path, option: str, glued: bool) -> None:
    case = Case(tmp_path, KernelImage())
    words = [f"{option}="] if glued else [option, ""]
    result = run(*([] if option == "--dump" else ["--dump", case.dump]), *words, "14")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"pykd-handle: {option} is empty: name ")
    assert result.err.count("\n") == 1


def test_a_dump_without_its_option(run, tmp_path: Path) -> None:
    case = Case(tmp_path, KernelImage())
    plain = tmp_path / "memory"
    case.dump.rename(plain)
    for words in (["sample.dmp"], ["C:\\dumps\\MEMORY.DMP", "14"], [plain], ["14", "13", plain]):
        result = run(*words)
        path = next(str(word) for word in words if "1" not in str(word)[:2])
        assert (result.code, result.out) == (2, "")
        assert result.err == f"pykd-handle: {path} is a file, not a number: give --dump {path}\n"


def test_a_number_is_a_number_whatever_files_there_are(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "14").write_text("")
    (tmp_path / "notepad.exe").write_text("")
    monkeypatch.chdir(tmp_path)
    assert "no target" in run("14").err
    assert "no target" in run("0", "3", "notepad.exe").err  # an image, which has a file here


def test_help_and_version(run) -> None:
    for word in ("-?", "-h", "--help"):
        result = run(word)
        assert result.code == 0 and "Handle [Flags [Process [TypeName]]]" in result.out
    assert run("--version").out.startswith("pykd-handle ")


def test_options_may_stand_anywhere(run, tmp_path: Path) -> None:
    case = Case.small(tmp_path)
    result = run("0", "--format", "csv", "3", "--dump", case.dump, "-1", "ALPC", "Port")
    assert result.code == 0
    assert result.out.splitlines()[0].startswith("pid,process,eprocess,handle,")


def test_output_goes_to_a_file(run, tmp_path: Path) -> None:
    case = Case.small(tmp_path)
    screen = run("--dump", case.dump)
    path = tmp_path / "handles.txt"
    result = run("--dump", case.dump, "--output", path)
    assert result.out == ""
    assert path.read_text("utf-8") == screen.out
    result = run("--dump", case.dump, "--output", tmp_path / "no" / "such" / "folder")
    assert result.code == 1 and "--output" in result.err


def test_names_in_any_script_and_hostile_ones(run, tmp_path: Path) -> None:
    image = small_system()
    image.processor.current.handle(
        image.files.open("\\\u041f\u0440\u0438\u0432\u0435\u0442\x1b[2J.txt")
    )
    case = Case(tmp_path, image)
    result = run("--dump", case.dump, "--format", "table", "0", "3", "-1", "File")
    assert "\\\u041f\u0440\u0438\u0432\u0435\u0442<U+001B>[2J.txt" in result.out
    assert "\x1b" not in result.out
