"""Building the sdist and the wheel."""

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

from .pythons import Environment

__all__ = ["REPOSITORY", "Distributions", "build_distributions"]

REPOSITORY = Path(__file__).resolve().parents[2]
# Nothing of an earlier build may get into this one.
_LEFT_OUT = shutil.ignore_patterns(
    ".*", "*.egg-info", "build", "dist", "__pycache__", "tests", "mocks", "samples"
)
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{}(sys.argv[1]))"


class Distributions(NamedTuple):
    """The two files."""

    sdist: Path
    wheel: Path


def build_distributions(root: Path) -> Distributions:
    """The sdist of this repository, and the wheel that is built from that sdist, in ``root``."""
    builder = Environment(Path(sys.executable), root / "builder")
    builder.pip("install", "setuptools>=68", "wheel")
    source = root / "source"
    shutil.copytree(REPOSITORY, source, ignore=_LEFT_OUT)
    # Folders that must stay out have to be there to be left out.
    for folder in ("tests", "mocks"):
        (source / folder).mkdir()
        shutil.copy2(REPOSITORY / folder / "__init__.py", source / folder)
    (source / "tests" / "test_something.py").write_text("")
    out = root / "dist"
    out.mkdir()
    sdist = out / _build(builder, "sdist", source, out)
    with tarfile.open(sdist) as archive:
        archive.extractall(root / "unpacked")
    (unpacked,) = (root / "unpacked").iterdir()
    return Distributions(sdist, out / _build(builder, "wheel", unpacked, out))


def _build(builder: Environment, what: str, source: Path, out: Path) -> str:
    code = f"import os; os.chdir({str(source)!r}); " + _BUILD.format(what)
    return builder.python("-c", code, out).splitlines()[-1]
