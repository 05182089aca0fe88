"""volatility3 over the dump of `benchmarks.leak`, where somebody has installed it.

It wants all types of a kernel: those of a whole ISF of Windows 10 19041 (the real dumps' folder has
one, see ``tests/needs.py``), with the symbols and identity of the synthetic kernel put over them.
"""

from __future__ import annotations

import json
import lzma
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

from benchmarks.leak import FEW, LEAKING, SMALL, Leak
from benchmarks.measured import measure

__all__ = ("Volatility", "command_words", "write_symbols")

_SYSTEM = 4


def command_words(symbols: Path, dump: Path, plugin: str) -> List[str]:
    """What the command is asked with for the rows of a plugin as JSON lines; ``symbols`` is a
    folder, in which it keeps its cache, too."""
    words = ["-q", "--offline", "--cache-path", str(symbols), "-r", "jsonl"]
    return [*words, "-s", str(symbols), "-f", str(dump), plugin]


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
        words = command_words(self._folder, self._leak.dump, "windows.handles")
        return measure([self._command, *words, "--pid", str(pid)]).seconds

    def seconds(self, handles: int, whole: bool) -> Optional[float]:
        """CPU seconds for so many handles: measured, or by what it takes for a small process."""
        if self.missing:
            return None
        start = self._seconds(_SYSTEM)
        start = min(start, self._seconds(_SYSTEM))  # the first run fills its cache
        if whole:
            return self._seconds(LEAKING)
        return start + (self._seconds(SMALL) - start) / FEW * handles


def write_symbols(symbols: Path, folder: Path) -> None:
    """Write the ISF of a synthetic kernel, made whole, where volatility3 looks for it below a
    folder; nothing where there is no whole ISF."""
    from tests.needs import whole_isf  # which needs pytest

    whole = whole_isf()
    if whole is None:
        return
    with lzma.open(whole) as file:
        found = json.load(file)
    ours = json.loads(symbols.read_text(encoding="utf-8"))
    for part in ("base_types", "enums", "user_types"):
        found[part] = {**ours.get(part, {}), **found[part]}
    found["symbols"].update(ours["symbols"])
    pdb = found["metadata"]["windows"]["pdb"] = ours["metadata"]["windows"]["pdb"]
    place = folder / "windows" / pdb["database"]
    place.mkdir(parents=True)
    name = f"{pdb['GUID']}-{pdb['age']}.json"
    (place / name).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    write_symbols(Path(sys.argv[1]), Path(sys.argv[2]))
