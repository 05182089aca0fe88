"""``python -m tests.engine.rig``: build the rig, say where it is, run something in it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import List, Optional

from .build import build_rig
from .clean import clean_rigs
from .errors import RigError
from .rig import Rig

__all__ = ["main"]


def main(arguments: Optional[List[str]] = None) -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.rig", description=__doc__)
    parser.add_argument(
        "--into", type=Path, metavar="DIR", help="the rig's folder (default: $PYKD_HANDLE_RIG)"
    )
    steps = parser.add_subparsers(dest="step", required=True)
    build = steps.add_parser("build", help="build the rig unless it is there")
    build.add_argument("--into", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    steps.add_parser("where", help="print the folder of the rig")
    steps.add_parser("clean", help="remove rigs that other sources made")
    run = steps.add_parser("python", help="run a script in the Windows Python")
    run.add_argument("--dump", type=Path)
    run.add_argument("-y", dest="symbols", metavar="FOLDER", type=Path)
    run.add_argument("script", type=Path)
    run.add_argument("args", nargs=argparse.REMAINDER)
    host = steps.add_parser("host", help="run commands in the debugger engine")
    host.add_argument("-y", dest="symbols", metavar="FOLDER", type=Path)
    host.add_argument("dump", type=Path)
    host.add_argument("commands", nargs="+")
    options = parser.parse_args(arguments)
    if options.into:
        os.environ["PYKD_HANDLE_RIG"] = str(options.into.absolute())
    try:
        return _run(options)
    except RigError as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    if options.step == "build":
        rig = build_rig(say=lambda step: print(f"rig: {step}", file=sys.stderr, flush=True))
        print(rig.folder)
        return 0
    rig = Rig.find()
    if options.step == "where":
        print(rig.folder)
    elif options.step == "clean":
        for folder in clean_rigs(rig):
            print("removed", folder)
    elif options.step == "python":
        result = rig.python(
            options.script,
            *options.args,
            dump=options.dump,
            symbols=options.symbols,
            path=[Path.cwd()],
        )
        sys.stdout.write(result.stdout)
        sys.stderr.write(result.stderr)
        return result.returncode
    else:
        print(rig.host(options.dump, options.commands, symbols=options.symbols), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
