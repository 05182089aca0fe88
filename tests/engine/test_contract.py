"""The stand-in for pykd answers as the real module does, behaviour by behaviour.

The same questions (`tests/engine/probes.py`) go to both: to the real module on the real engine
over the dump of an image, with the image's PDB, and to the stand-in over the image itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from mocks import KernelImage, builds
from mocks.pdb_source import enum_tag
from mocks.pykd import StandIn
from mocks.pykd.api import PATH

from .conftest import REPOSITORY
from .pairs import Pair, make_pair
from .probes import PROBES, answer, answers, sweep
from .rig import Rig

# One of 64 and one of 32 bits.
LAYOUTS = ["win10_19041_x64", "win10_19041_x86"]


@pytest.fixture(scope="module", params=LAYOUTS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("contract"), _fill, request.param)


def _fill(image: KernelImage) -> None:
    notepad = image.processes.add("notepad.exe", 0x1234, session=1)
    notepad.handle(image.objects.event(r"\BaseNamedObjects\Ready"), 0x1F0003)
    image.processor.current = notepad
    # A page of text with a hole behind it.
    page = image.pool.allocate(0x2000, alignment=0x1000)
    image.memory.write(page, bytes(range(256)) * 16)
    image.memory.write(page + 0x100, b"caf\xe9\0")
    text = "Gr\u00fc\u00dfe".encode("utf-16-le")
    image.memory.write(page + 0x200, text + b"\0\0")
    image.memory.view("_UNICODE_STRING", page + 0x300)["Length"] = len(text)
    image.memory.view("_UNICODE_STRING", page + 0x300)["MaximumLength"] = len(text) + 2
    image.memory.set_pointer(
        image.memory.view("_UNICODE_STRING", page + 0x300).at("Buffer"), page + 0x200
    )
    image.memory.drop_page(page + 0x1000)
    image.globals.set("PsThreadType", page)  # so that `places` finds the page again


def places(image: KernelImage) -> Dict[str, int]:
    page = image.globals.get("PsThreadType")
    return {
        "NOWHERE": 0xFFFFAD0499999000 if image.build.pointer_size == 8 else 0xFFFFFFFFA9999000,
        "LAST": page + 0xFF0,
        "TEXT": page + 0x100,
        "WIDE": page + 0x300,
        "BUFFER": image.memory.view("_UNICODE_STRING", page + 0x300).at("Buffer"),
        "ENTRY": image.processor.current.entry(4).address,
    }


def structures(image: KernelImage) -> List[str]:
    data = builds.load_raw(image.build.name)["user_types"]
    return sorted(name for name, entry in data.items() if name[:2] != "__" and entry["size"])


@pytest.fixture(scope="module")
def real(rig: Rig, pair: Pair) -> Dict[str, Any]:
    question = json.dumps({"places": places(pair.image), "types": structures(pair.image)})
    script = REPOSITORY / "tests" / "engine" / "probes.py"
    said = rig.python(script, question, dump=pair.dump, symbols=pair.symbols).ok()
    result: Dict[str, Any] = json.loads(said.splitlines()[-1])
    return result


@pytest.fixture(scope="module")
def mine(pair: Pair) -> Dict[str, Any]:
    # In a Python of its own, as in the rig, pykd is no extension of a debugger.
    pykd = StandIn(pair.image, extension=False).module
    return {
        "answers": answers(pykd, places(pair.image)),
        "fields": sweep(pykd, structures(pair.image)),
    }


@pytest.mark.parametrize("group", sorted(PROBES))
def test_same_answers(group: str, real: Dict[str, Any], mine: Dict[str, Any]) -> None:
    differing = {
        probe: {"pykd": real["answers"][probe], "stand-in": mine["answers"][probe]}
        for probe in PROBES[group]
        if real["answers"][probe] != mine["answers"][probe]
    }
    assert differing == {}


def test_same_fields(real: Dict[str, Any], mine: Dict[str, Any]) -> None:
    assert len(mine["fields"]) > 80
    for name, (_, size, rows) in mine["fields"].items():
        for row in list(rows):
            if "::" in row[2]:
                row[2] = enum_tag(row[2])  # the PDB that is made has it outside of its structure
            if row[1] + row[3] > size:
                # An open-ended array: the PDB that is made ends it at its structure's end.
                rows.remove(row)
                theirs = real["fields"][name][2]
                theirs.remove(next(each for each in theirs if each[0] == row[0]))
    differing = {
        f"{name}.{mine_row[0]}": {"pykd": row, "stand-in": mine_row}
        for name, (_, _, rows) in real["fields"].items()
        for row, mine_row in zip(rows, mine["fields"][name][2])
        if row != mine_row
    }
    assert differing == {}
    assert mine["fields"] == real["fields"]


def test_the_list_is_what_the_module_says(rig: Rig) -> None:
    script = REPOSITORY / "tests" / "engine" / "pykd_api.py"
    assert rig.python(script).ok() == PATH.read_text(encoding="utf-8")


def test_without_a_session(rig: Rig) -> None:
    probes = [
        "pykd.isKernelDebugging()", "pykd.isDumpAnalyzing()", "pykd.is64bitSystem()",
        "pykd.getImplicitProcess()", "pykd.module('nt')", "pykd.expr('1')", "pykd.ptrPtr(0)",
        "pykd.getCPUType()", "pykd.dbgCommand('? 1')", "pykd.loadQWords(0, 1)",
    ]  # fmt: skip
    code = f"""
import json, pykd
from tests.engine.probes import answer
print(json.dumps([answer(probe, {{"pykd": pykd}}) for probe in {probes!r}]))
"""
    theirs = json.loads(rig.python(code, path=[REPOSITORY]).ok())
    pykd = StandIn(KernelImage(), started=False).module
    assert [answer(probe, {"pykd": pykd}) for probe in probes] == theirs


def test_without_symbols(rig: Rig, pair: Pair, tmp_path: Path) -> None:
    probes = [
        "nt.name()", "nt.offset('PsInitialSystemProcess')", "nt.type('_HANDLE_TABLE')",
        "pykd.typeInfo('nt!_HANDLE_TABLE')", "pykd.getOffset('nt!PsInitialSystemProcess')",
        "pykd.expr('nt!PsInitialSystemProcess')", "pykd.findSymbol(nt.begin() + 0x1000)",
        "pykd.expr('@$proc')", "pykd.getImplicitProcess()", "nt.begin()", "nt.enumTypes()",
        "pykd.expr('nt')",
    ]  # fmt: skip
    code = f"""
import json, pykd
from tests.engine.probes import answer
scope = {{"pykd": pykd, "nt": pykd.module("nt")}}
print("\\n" + json.dumps([answer(probe, scope) for probe in {probes!r}]))
"""
    said = rig.python(code, dump=pair.dump, path=[REPOSITORY]).ok()
    pykd = StandIn(pair.image, symbols=False).module
    scope = {"pykd": pykd, "nt": pykd.module("nt")}
    own = [answer(probe, scope) for probe in probes]
    assert list(zip(probes, own)) == list(zip(probes, json.loads(said.splitlines()[-1])))
