"""What symbols cost: ``python -m benchmarks.symbols`` (needs clang and lld).

Makes a PDB as large as a kernel's (12 MB of types and public symbols), says how long it takes to
open it and to look up all that the package reads, and how long a program of one handle takes, and
how much memory, with each source of symbols: median of ten runs, each a process of its own.
"""

from __future__ import annotations

import json
import lzma
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.pdb import ModulePdb, make_pdb

__all__ = ("as_large_as_a_kernels", "main")

_RUNS = 10
_STRUCTS, _SYMBOLS = 15_000, 40_000  # a kernel's has fewer structures, and much else
_ISF_STRUCTS = 1_600  # as many as in that of a kernel
_WORDS = ("4", "3")

_OPEN = """
import time
from pathlib import Path
import pykd_handle.kernel, pykd_handle.objects
from pykd_handle.layout import declared, open_symbol_file
from pykd_handle.values import PykdHandleError
start = time.perf_counter()
file = open_symbol_file(Path({path!r}))
for name, paths in declared().items():
    for path in paths:
        try:
            file.struct(name).field(path)
        except PykdHandleError:
            pass
for name in {symbols!r}:
    file.symbol(name)
print(time.perf_counter() - start)
"""

_RUN = """
import json, os, subprocess, sys, time
start = time.perf_counter()
nothing = subprocess.DEVNULL
child = subprocess.Popen(sys.argv[1:], stdout=nothing, stderr=nothing)
_, status, usage = os.wait4(child.pid, 0)
took = time.perf_counter() - start
print(json.dumps([took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, status]))
"""


def as_large_as_a_kernels(draft: KernelImage) -> Tuple[Dict[str, Any], ModulePdb]:
    """The layout and symbols of a synthetic kernel among many others, and the PDB of them."""
    data = draft.isf()
    structs: Dict[str, Any] = dict(data["user_types"])
    own = [name for name in structs if name.isidentifier() and structs[name]["size"] < 0x400]
    for number in range(_STRUCTS):
        structs[f"_FILLER_OF_A_KERNEL_{number}"] = structs[own[number % len(own)]]
    symbols = {name: int(row["address"]) for name, row in data["symbols"].items()}
    for number in range(_SYMBOLS):
        symbols[f"FillerOfAKernelByNumber{number}"] = 0x2000 + 16 * number
    data["user_types"] = structs
    data["symbols"] = {name: {"address": place} for name, place in symbols.items()}
    module = make_pdb(data, symbols, base=draft.base)
    data["metadata"]["windows"]["pdb"].update(
        GUID=module.guid.hex.upper(), age=module.age, database=module.pdb_name
    )
    return data, module


def measure(words: List[object], environ: Mapping[str, str]) -> List[float]:
    """Medians of a program of these words: seconds, those of a processor, and memory in KB. One run
    more goes before, which keeps what is to be kept."""
    # A process is as large as the one that it was forked from, until then: a small one forks.
    command = [sys.executable, "-c", _RUN, sys.executable, "-m", "pykd_handle", *map(str, words)]
    runs = [
        json.loads(subprocess.run(command, capture_output=True, check=True, env=environ).stdout)
        for _ in range(_RUNS + 1)
    ]
    assert not any(run[3] for run in runs), words
    return [statistics.median(figures) for figures in list(zip(*runs[1:]))[:3]]


def opened(path: Path, symbols: List[str]) -> float:
    """The median of the seconds until all that the package reads was looked up."""
    code = _OPEN.format(path=str(path), symbols=symbols)
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(_RUNS)]
    return statistics.median(float(run.stdout) for run in runs)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draft = KernelImage()
        used = list(draft.isf()["symbols"])
        data, module = as_large_as_a_kernels(draft)
        symbols = {name: int(row["address"]) for name, row in data["symbols"].items()}
        image = KernelImage(base=module.base, kernel_image=module.image, symbols=symbols)
        image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
        image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"), value=4)
        dump = folder / "dump" / "memory.dmp"
        dump.parent.mkdir()
        write_full_dump(image, dump)
        module.write(folder)
        pdb, isf, packed = folder / module.pdb_name, folder / "nt.json", folder / "nt.json.xz"
        for number in range(_ISF_STRUCTS, _STRUCTS):
            del data["user_types"][f"_FILLER_OF_A_KERNEL_{number}"]
        isf.write_text(json.dumps(data), "utf-8")
        packed.write_bytes(lzma.compress(isf.read_bytes()))
        print(f"PDB of {pdb.stat().st_size / 1e6:.1f} MB, ISF of {isf.stat().st_size / 1e6:.1f} MB")
        print(f"all structures and symbols: PDB {opened(pdb, used):.3f} s")
        # With its bytecode, as an installed package has it.
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        none = {**environ, "PYKD_HANDLE_CACHE": ""}
        kept = {**environ, "PYKD_HANDLE_CACHE": str(folder / "cache")}
        rows = [
            ("PDB", ["--symbols", pdb], none),
            ("ISF", ["--symbols", isf], none),
            ("ISF, packed", ["--symbols", packed], none),
            ("PDB, kept", ["--symbols", pdb], kept),
            ("ISF, kept", ["--symbols", isf], kept),
            ("ISF, packed, kept", ["--symbols", packed], kept),
            ("shipped layout", [], none),
            ("nothing opened", ["--version"], none),
        ]
        print("| symbols | one handle, s | CPU s | MB |\n| --- | --- | --- | --- |")
        for what, words, environ in rows:
            asked = words if what == "nothing opened" else ["--dump", dump, *words, *_WORDS]
            figures = measure(asked, environ)
            print("| {} | {:.3f} | {:.3f} | {:.0f} |".format(what, *figures[:2], figures[2] / 1000))


if __name__ == "__main__":
    main()
