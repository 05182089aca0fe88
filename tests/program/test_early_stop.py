"""Ctrl+C before anything has begun: while the program's own modules are being imported.

No clock decides: a finder in front of Python's own raises at the import of one module, as an
interrupt at that moment would.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

ROOT = Path(__file__).resolve().parents[2]
FINDER = """
import os, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            raise {exception}
sys.meta_path.insert(0, Interrupt())
"""
# As the command that pip makes does it, with what pyproject.toml names.
(_, SCRIPT), = [
    line.split(" = ")
    for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    if line.startswith("pykd-handle = ")
]  # fmt: skip
COMMAND = "import sys; from {} import {} as main; sys.exit(main())".format(
    *SCRIPT.strip('"').split(":")
)


def stop_at(
    folder: Path, module: str, words: List[str], exception: str = "KeyboardInterrupt"
) -> subprocess.CompletedProcess[str]:
    (folder / "sitecustomize.py").write_text(FINDER.format(exception=exception), "utf-8")
    paths = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": paths, "INTERRUPT_AT": module},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "module",
    ["pykd_handle.cli", "argparse", "pykd_handle.values", "pykd_handle.kernel.handle_table",
     "pykd_handle.targets.dump", "pykd_handle.model.nouns", "pykd_handle.render.windbg"],
)  # fmt: skip
@pytest.mark.parametrize("words", [["-m", "pykd_handle"], ["-c", COMMAND]], ids=["-m", "script"])
def test_it_is_one_line(tmp_path: Path, module: str, words: List[str]) -> None:
    dump = str(ROOT / "samples" / "windows10_x64.dmp")
    done = stop_at(tmp_path, module, [*words, "--dump", dump, "4"])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pykd-handle: stopped at the beginning\n"


def test_so_it_is_for_the_script_in_the_debugger(tmp_path: Path) -> None:
    script = str(ROOT / "pykd_handle" / "handle.py")
    done = stop_at(tmp_path, "pykd_handle.model.opening", [script, "4"], "SystemExit('CTRL+BREAK')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pykd-handle: stopped at the beginning\n"


def test_the_interrupt_is_what_stops_it(tmp_path: Path) -> None:
    done = stop_at(tmp_path, "no.such.module", ["-m", "pykd_handle", "--version"])
    assert (done.returncode, done.stderr) == (0, "")
