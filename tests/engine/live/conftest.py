"""A live machine, the dump of the same machine, and ways to run a script or a command on either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, List, Sequence

import pytest

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.kd import KdTarget
from mocks.linked import Linked, linked_kernel
from pykd_handle.cli import main

from ..conftest import REPOSITORY
from ..rig import Result, Rig

__all__ = ("Lab", "ask_dump", "make_lab")

_BEGIN = """
import io, json, sys
import pykd
from pykd_handle.cli import main


def run(words):
    "What a command prints, on both streams, and its exit code."
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        code = main(words.split())
        return [code, sys.stdout.getvalue(), sys.stderr.getvalue()]
    finally:
        sys.stdout, sys.stderr = kept


pykd.attachKernel(sys.argv[1])
answers = []
"""
_END = """
print(json.dumps(answers))
"""


class Lab:
    """One synthetic machine that the real engine attaches to."""

    def __init__(self, rig: Rig, linked: Linked, folder: Path) -> None:
        self.rig = rig
        self.image: KernelImage = linked.image
        self.folder = folder
        self.symbols = folder / "symbols"
        linked.pdb.write(self.symbols)

    def python(self, machine: KdTarget, code: str, timeout: float = 60, until: str = "") -> Result:
        """Run a script in the Windows Python, attached; ``run(words)`` is defined in it."""
        return self.rig.python(
            _BEGIN + code + _END,
            machine.connection,
            symbols=self.symbols,
            path=[REPOSITORY],
            timeout=timeout,
            until=until,
        )

    def answers(self, machine: KdTarget, code: str, timeout: float = 60) -> List[Any]:
        """What the script put into its list ``answers``."""
        found: List[Any] = json.loads(self.python(machine, code, timeout).ok().splitlines()[-1])
        return found

    def live(self, *commands: str, **options: Any) -> List[Any]:
        """Commands on the live machine, one after another: [exit code, output, errors] of each."""
        with KdTarget(self.image, **options) as machine:
            code = "".join(f"answers.append(run({words!r}))\n" for words in commands)
            return self.answers(machine, code)

    def host(self, machine: KdTarget, commands: Sequence[str], timeout: float = 60) -> str:
        """Commands in the debugger engine, attached, with pykd loaded: what they print."""
        result = self.host_result(machine, commands, timeout)
        assert result.returncode == 0, result
        return result.stdout

    def host_result(
        self, machine: KdTarget, commands: Sequence[str], timeout: float = 60, until: str = ""
    ) -> Result:
        """The same, with the standard error and the return code."""
        return self.rig.host_result(
            None,
            [f".load {self.rig.extension}", *commands],
            kernel=machine.connection,
            symbols=self.symbols,
            path=[REPOSITORY],
            timeout=timeout,
            until=until,
        )


def make_lab(rig: Rig, folder: Path, layout: str) -> Lab:
    """A machine of this layout, with System alone."""
    return Lab(rig, linked_kernel(layout), folder)


@pytest.fixture
def lab(rig: Rig, tmp_path: Path) -> Lab:
    """A machine with System and notepad.exe, which runs."""
    lab = make_lab(rig, tmp_path, "win10_19041_x64")
    lab.image.processor.current = lab.image.processes.add(
        "notepad.exe", 0x1514, peb=0x7F6639BF000, session=1
    )
    return lab


OnDump = Callable[..., List[Any]]


def ask_dump(lab: Lab, capsys: pytest.CaptureFixture[str], *commands: str) -> List[Any]:
    """The same commands on a dump of the machine as it is now, read without any debugger."""
    dump, symbols = lab.folder / "now.dmp", lab.folder / "now.json"
    write_full_dump(lab.image, dump)
    symbols.write_text(json.dumps(lab.image.isf()), encoding="utf-8")
    answers = []
    for words in commands:
        capsys.readouterr()
        code = main([*words.split(), "--dump", str(dump), "--symbols", str(symbols)])
        captured = capsys.readouterr()
        # Off the debugger it is told which symbols were taken.
        first, _, rest = captured.err.partition("\n")
        errors = rest if first.startswith("note: symbols: ") else captured.err
        answers.append([code, captured.out, errors])
    return answers


@pytest.fixture
def on_dump(lab: Lab, capsys: pytest.CaptureFixture[str]) -> OnDump:
    """`ask_dump` of the one machine."""
    return lambda *commands: ask_dump(lab, capsys, *commands)
