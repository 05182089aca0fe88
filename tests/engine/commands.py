"""The same command on every road: the real engine, the stand-in for pykd, the dump reader."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence
from unittest.mock import patch

from mocks import KernelImage
from mocks.pykd import StandIn
from pykd_handle import cli

from .conftest import REPOSITORY
from .pairs import Pair
from .rig import Rig

__all__ = ("Said", "on_dump_file", "on_engine", "on_stand_in")

# Runs in the rig: all commands of a list, one after another, in one session.
_SEVERAL = """
import contextlib, io, json, sys
from pykd_handle.cli import main
said = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    said.append([code, out.getvalue(), err.getvalue()])
sys.stdout.write("\\n" + json.dumps(said))
"""


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def on_engine(
    rig: Rig,
    dump: Path,
    commands: Sequence[Sequence[str]],
    symbols: Optional[Path] = None,
    timeout: float = 120,
) -> List[Said]:
    """Every command in one session of the real pykd on the real engine."""
    text = rig.python(
        _SEVERAL,
        json.dumps([list(words) for words in commands]),
        dump=dump,
        symbols=symbols,
        path=[REPOSITORY],
        timeout=timeout,
    ).ok()
    return [Said(*each) for each in json.loads(text.splitlines()[-1])]


def on_stand_in(
    image: KernelImage, commands: Sequence[Sequence[str]], wide: bool = False
) -> List[Said]:
    """Every command on the stand-in for pykd; ``wide`` for streams that take every letter."""
    standin = StandIn(image, extension=False)
    return [_run(words, {"pykd": standin.module}, wide) for words in commands]


def on_dump_file(pair: Pair, commands: Sequence[Sequence[str]]) -> List[Said]:
    """Every command with ``--dump`` and the symbol file."""
    road = ["--dump", str(pair.dump), "--symbols", str(pair.isf)]
    return [_run([*words, *road], {"pykd": None}) for words in commands]


class _Wide(io.StringIO):
    """A stream that takes every letter, and says so."""

    encoding = "utf-8"  # type: ignore[assignment]


def _run(words: Sequence[str], modules: Dict[str, Any], wide: bool = False) -> Said:
    out, err = _Wide() if wide else io.StringIO(), io.StringIO()
    with patch.dict(sys.modules, modules), patch.multiple(sys, stdout=out, stderr=err):
        code = cli.main(list(words))
    return Said(code, out.getvalue(), err.getvalue())
