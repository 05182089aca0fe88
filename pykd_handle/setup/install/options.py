"""The options of ``python -m pykd_handle.install``; those of ``install.ps1`` lead to them."""

from __future__ import annotations

import argparse
import struct
from dataclasses import dataclass
from pathlib import Path

from ...hints import NoReturn, Optional, Sequence
from ...values import UsageError

__all__ = ("Options", "parse_options")

_BITS = {"x64": 64, "x86": 32}


@dataclass(frozen=True)
class Options:
    """``bits``: the debugger's bitness. ``source``: its clone or wheel."""

    bits: int = 64
    python: Optional[Path] = None
    extension_path: Optional[Path] = None
    bootstrapper: Optional[Path] = None
    pykd_wheel: Optional[Path] = None
    source: Optional[Path] = None
    what_if: bool = False
    uninstall: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def parse_options(words: Sequence[str]) -> Options:
    """The options that these words stand for. Raises `UsageError`."""
    parser = _Parser(
        prog="python -m pykd_handle.install",
        description="Set WinDbg up for pykd_handle: Python packages, bootstrapper, scripts, PATH.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--architecture",
        choices=sorted(_BITS),
        default="x64" if struct.calcsize("P") == 8 else "x86",
        help="of the debugger (default: that of this Python)",
    )
    parser.add_argument("--python", type=Path, metavar="EXE", help="the Python to use")
    parser.add_argument(
        "--extension-path", type=Path, metavar="FOLDER", help="the folder for pykd.dll"
    )
    parser.add_argument(
        "--bootstrapper", type=Path, metavar="FILE", help="a pykd.dll of pykd-ext to put there"
    )
    parser.add_argument(
        "--pykd-wheel",
        type=Path,
        metavar="FILE",
        help="a wheel of pykd, for a Python that PyPI has none for (3.10 and later)",
    )
    parser.add_argument(
        "--source",
        type=Path,
        metavar="PATH",
        help="the clone or wheel to install this package from",
    )
    parser.add_argument("--what-if", action="store_true", help="only say what would be done")
    parser.add_argument("--uninstall", action="store_true", help="remove it again")
    given = parser.parse_args(list(words))
    return Options(
        bits=_BITS[given.architecture],
        python=given.python,
        extension_path=given.extension_path,
        bootstrapper=given.bootstrapper,
        pykd_wheel=given.pykd_wheel,
        source=given.source,
        what_if=given.what_if,
        uninstall=given.uninstall,
    )
