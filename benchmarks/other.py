"""volatility3 over the dump of `benchmarks.leak`, where somebody has installed it.

It wants all types of a kernel: those of a whole ISF of Windows 10 19041 (the real dumps' folder has
one, see ``tests/needs.py``), with the types, symbols and identity of the synthetic kernel put over
them.
"""

from __future__ import annotations

import json
import lzma
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

from benchmarks.leak import FEW, LEAKING, SMALL, Leak
from benchmarks.measured import measure

__all__ = ("Volatility",)

_SYSTEM = 4


class Volatility:
    """The command ``vol``. ``missing`` says what it lacks, "" where it can run."""

    def __init__(self, leak: Leak, folder: Path) -> None:
        self._command = shutil.which("vol") or ""
        self._leak = leak
        self._folder = folder / "isf"
        self.missing = ""
        if not self._command:
            self.missing = "volatility3 is not installed (pip install volatility3)"
        else:
            self._write_symbols()

    def _write_symbols(self) -> None:
        """In a process of its own, as `make_leak` does."""
        words = [str(self._leak.symbols), str(self._folder)]
        subprocess.run([sys.executable, "-m", "benchmarks.other", *words], check=True)
        if not self._folder.is_dir():
            self.missing = "volatility3 needs a whole ISF of 19041: PYKD_HANDLE_SHARED names none"

    def _seconds(self, pid: int) -> float:
        """What it takes to list the handles of a process."""
        words = ["-q", "--offline", "--cache-path", str(self._folder), "-r", "jsonl"]
        words += ["-s", str(self._folder), "-f", str(self._leak.dump)]
        return measure([self._command, *words, "windows.handles", "--pid", str(pid)]).seconds

    def seconds(self, handles: int, whole: bool) -> Optional[float]:
        """CPU seconds for so many handles: measured, or by what it takes for a small process."""
        if self.missing:
            return None
        start = self._seconds(_SYSTEM)
        start = min(start, self._seconds(_SYSTEM))  # the first run fills its cache
        if whole:
            return self._seconds(LEAKING)
        return start + (self._seconds(SMALL) - start) / FEW * handles


def _write(symbols: Path, folder: Path) -> None:
    from tests.needs import SHARED  # which needs pytest

    whole = next(iter((SHARED / "data").glob("ntkrnlmp-*.json.xz")), None)
    if whole is None:
        return
    with lzma.open(whole) as file:
        found = json.load(file)
    ours = json.loads(symbols.read_text(encoding="utf-8"))
    for part in ("base_types", "enums", "user_types", "symbols"):
        found[part].update(ours.get(part, {}))
    pdb = found["metadata"]["windows"]["pdb"] = ours["metadata"]["windows"]["pdb"]
    place = folder / "windows" / pdb["database"]
    place.mkdir(parents=True)
    name = f"{pdb['GUID']}-{pdb['age']}.json"
    (place / name).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]), Path(sys.argv[2]))
