"""The command on the real pykd and the real engine: the same text as on every other road."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import pytest

from mocks import KernelImage
from mocks.sample import sample_image

from .commands import Said, on_dump_file, on_engine, on_stand_in
from .conftest import REPOSITORY
from .pairs import Pair, fill, make_pair
from .rig import Rig, to_windows_path
from .triage import triage_blocks

SCRIPT = REPOSITORY / "pykd_handle" / "handle.py"

# The sample: files, keys, sections, links, processes, threads; closed handles, an object and a
# page of a table that are not in the dump, a process that has exited.
COMMANDS = [
    "", "0 0", "0 1", "0 3", "0 7", "4", "24 3", "9c 7", "ffff", "14 13", "0 13", "0 11",
    "80000014", "0 17", "0 3 0", "0 1 0 Key", "0 3 0 File", "0 3 0 Process", "4 3 0",
    "0 3 1514", "0 3 0n5396", "0 3 138 Section", "0 3 3a0", "0 7 3a0", "0 3 e2c", "0 3 dead",
    "0 3 fffffa8004f48940", "0 3 fffffa8004f48941", "0 3 @$proc", "0 3 nt!PsInitialSystemProcess",
    "0 3 poi(nt!PsInitialSystemProcess)", "0 3 -1 Mutant", "0 3 -1 mutant", "0 3 -1 ALPC Port",
    "0 3 -1 NoSuchType", "0 23", "1514 23", "1518 23", "1514 27", "0 21", "9999 23",
    "0 3 --format table", "0 3 0 --format jsonl", "0 3 0 --format csv", "0 7 --format jsonl",
    "bogus!", "0 fffffffff", "0 3 0 Key --format", "--no-such-option", "-h", "--version",
]  # fmt: skip
# They need the debugger's evaluator, which a dump file has not.
_EXPRESSIONS = ("@", "nt!")


def words_of(command: str) -> List[str]:
    return command.split()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("sample"), lambda image: None, make=sample_image)


@pytest.fixture(scope="module")
def on_the_engine(rig: Rig, sample: Pair) -> Dict[str, Said]:
    said = on_engine(rig, sample.dump, [words_of(each) for each in COMMANDS], sample.symbols)
    return dict(zip(COMMANDS, said))


@pytest.mark.parametrize("command", COMMANDS)
def test_same_text_as_on_the_stand_in(
    on_the_engine: Dict[str, Said], sample: Pair, command: str
) -> None:
    assert on_the_engine[command] == on_stand_in(sample.image, [words_of(command)])[0]


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if not any(mark in each for mark in _EXPRESSIONS)]
)
def test_same_text_as_from_the_dump_file(
    on_the_engine: Dict[str, Said], sample: Pair, command: str
) -> None:
    engine, file = on_the_engine[command], on_dump_file(sample, [words_of(command)])[0]
    assert (engine.code, engine.out) == (file.code, file.out)
    # Beside the note that names the symbol file, the same remarks.
    assert [line for line in file.err.splitlines() if "symbols:" not in line] == (
        engine.err.splitlines()
    )


def test_what_the_text_says(on_the_engine: Dict[str, Said]) -> None:
    """Not only equal, but right: what the sample holds by construction."""
    key = on_the_engine["14 13"]
    assert key.code == 0
    assert "Kernel handle table" in key.out
    assert "0014: Object:" in key.out
    assert "GrantedAccess: 0002001f" in key.out
    assert "\\SESSION MANAGER\\EXECUTIVE" in key.out
    assert on_the_engine["0 3 138 Section"].out.count("0040: Object: ffffc") == 0
    assert "0040: Object: fffff8a000633f00" in on_the_engine["0 3 138 Section"].out
    whole = on_the_engine["0 3 0"].out
    assert whole.count("\nPROCESS ") == 11
    assert "not in the dump" in whole
    assert on_the_engine["0 3 dead"].code == 1
    assert on_the_engine["bogus!"].code == 2


def test_the_script_itself(rig: Rig, sample: Pair) -> None:
    """`handle.py` run as a script, byte for byte."""
    result = rig.python(
        SCRIPT, "14", "13", dump=sample.dump, symbols=sample.symbols, path=[REPOSITORY]
    )
    expected = on_stand_in(sample.image, [["14", "13"]])[0]
    assert (result.returncode, result.stdout, result.stderr) == expected


def test_the_package_as_a_module(rig: Rig, sample: Pair) -> None:
    code = (
        "import runpy, sys; sys.argv[1:] = ['0', '1'];"
        "runpy.run_module('pykd_handle', run_name='__main__', alter_sys=True)"
    )
    result = rig.python(code, dump=sample.dump, symbols=sample.symbols, path=[REPOSITORY])
    expected = on_stand_in(sample.image, [["0", "1"]])[0]
    assert (result.returncode, result.stdout, result.stderr) == expected


# --- damage --------------------------------------------------------------------------------------


def _spoil(image: KernelImage) -> None:
    fill(image)
    process = image.processor.current
    other = image.processes.add("other.exe", 0x5678)
    event, mutant = image.objects.event("\\Long"), image.objects.mutant("\\A\\B\\Deep")
    handles = [process.handle(each, 0x1F0003) for each in (event, mutant, image.objects.event())]
    image.spoil.name(event)
    image.spoil.directory("\\A", "\\A\\B")
    image.spoil.type(mutant)
    image.spoil.entry(process, handles[2])
    image.spoil.entry(process, process.handle(image.objects.event()), 0xFFFFAD0499999990)
    image.spoil.entry(
        process, process.handle(image.objects.event()), image.processor.current.address + 8
    )
    free = process.handle(image.objects.event())
    process.close(free)
    image.spoil.free_chain(process, free)
    image.spoil.process_list(other, process)
    image.memory.drop_page(process.table.leaves[1])


def test_damaged_kernel(rig: Rig, tmp_path: Path) -> None:
    pair = make_pair(tmp_path, _spoil)
    commands: Sequence[Sequence[str]] = [
        ["0", "3"], ["0", "7"], ["0", "3", "0"], ["0", "3", "5678"], ["0", "3", "abc0"],
        ["0", "7", "--format", "jsonl"], ["0", "23"],
    ]  # fmt: skip
    engine = on_engine(rig, pair.dump, commands, pair.symbols)
    assert engine == on_stand_in(pair.image, commands)
    files = on_dump_file(pair, commands)
    assert [each[:2] for each in engine] == [each[:2] for each in files]
    # No damage ends the list, and none is an internal error.
    assert engine[0].code == 0
    assert "not in the dump" in engine[0].out
    assert not any("internal error" in each.err for each in engine)


# --- the real triage dump ------------------------------------------------------------------------

_LEAF = 0xFFFFAD0EC10B1000  # the one page of the current process's handle table
CLOSING = "172 of the table's 256 slots could not be read: not in the dump"


def _slots(dump: Path) -> Tuple[List[int], List[int]]:
    """The handles in use and the free ones, out of the file's own blocks of memory."""
    used, free = [], []
    for slot in range(256):
        place = _LEAF + 16 * slot
        for block in triage_blocks(dump):
            if block.address <= place and place + 16 <= block.end:
                low = block.data[place - block.address :][:8]
                # ObjectPointerBits begin at bit 20 (19041).
                (used if int.from_bytes(low, "little") >> 20 else free).append(4 * slot)
    return used, free


def _check_triage(said: Sequence[Said], dump: Path) -> None:
    used, free = _slots(dump)
    assert (len(used), len(free)) == (56, 28)
    for each in said:
        assert each.code == 0
        assert re.findall(r"^([0-9a-f]{4}): Object: ", each.out, re.M) == [f"{h:04x}" for h in used]
        assert CLOSING in each.out.splitlines()
    found = re.findall(r"^([0-9a-f]{4}): free handle, ", said[-1].out, re.M)
    assert found == [f"{handle:04x}" for handle in free]


def test_real_triage_dump_with_isf(rig: Rig, real_triage_dump: Path, real_triage_isf: Path) -> None:
    road = ["--symbols", to_windows_path(real_triage_isf)]
    said = on_engine(rig, real_triage_dump, [["0", "7", *road]])
    _check_triage(said, real_triage_dump)


def test_real_triage_dump_with_pdb(
    rig: Rig, real_triage_dump: Path, real_triage_symbols: Path, real_triage_isf: Path
) -> None:
    commands = [["0", "3"], ["0", "7"], ["0", "3", "--format", "jsonl"]]
    said = on_engine(rig, real_triage_dump, commands, real_triage_symbols)
    _check_triage(said[:2], real_triage_dump)
    files = on_dump_file(Pair(KernelImage(), real_triage_dump, Path(), real_triage_isf), commands)
    assert [each[:2] for each in said] == [each[:2] for each in files]


def test_real_triage_dump_without_symbols(rig: Rig, real_triage_dump: Path) -> None:
    """The layout that ships proves right on the session's memory, as on the file's."""
    said = on_engine(rig, real_triage_dump, [["0", "7"]])
    _check_triage(said, real_triage_dump)
    assert "its layout is win10_19041_x64" in said[0].err


def test_where_the_symbols_are(
    rig: Rig, real_triage_dump: Path, real_triage_symbols: Path, real_triage_isf: Path
) -> None:
    """What the engine has loaded, each folder of its ``.sympath``, and what a file is worth."""
    isf, folder = to_windows_path(real_triage_isf), to_windows_path(real_triage_symbols)
    words = ["symbols", "--format", "jsonl"]
    commands = [words, ["--symbols", isf, *words], ["--symbols", folder, "0", "3"]]
    *said, listing = on_engine(rig, real_triage_dump, commands, real_triage_symbols)
    said += on_engine(rig, real_triage_dump, [words, ["--symbols", folder, *words]])
    rows = [[json.loads(line) for line in each.out.splitlines()] for each in said]
    seen = [
        [(row["origin"], row["used"], row["remark"]) for row in each if row["remark"]]
        for each in rows
    ]
    # Which PDB it is, this dump does not tell: a file has to prove itself on the memory.
    assert {row["guid"] for each in rows for row in each} == {None}
    proof, loaded = "3 addresses agree with this kernel", "the debugger has them loaded"
    missing, nothing = "no types: .symfix; .reload /f nt", "nothing of this kernel"
    assert seen == [
        [("debugger", True, loaded), (".sympath", False, proof)],
        [("--symbols", True, proof), ("debugger", False, loaded), (".sympath", False, proof)],
        [("debugger", False, missing), (".sympath", False, nothing)],
        [("--symbols", True, proof), ("debugger", False, missing), (".sympath", False, nothing)],
    ]
    assert [each.code for each in said] == [0, 0, 1, 0]
    assert listing.code == 0 and "note: symbols: " in listing.err and proof in listing.err
