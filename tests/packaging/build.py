"""Building the sdist and the wheel."""

from __future__ import annotations

import re
import shutil
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

from .pythons import call

__all__ = ["REPOSITORY", "Distributions", "build_distributions"]

REPOSITORY = Path(__file__).resolve().parents[2]
# A module that the package has no more, as an earlier build left it.
LEFT_BEHIND = ("build/lib/pykd_handle/gone.py", "pykd_handle.egg-info/SOURCES.txt")
# The tests, the mocks and the sample are large, and not of the package: a file of each will do.
_LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "build", "dist", "tests", "mocks", "samples"
)
_BUILD = "import sys; from {} import build_{} as build; print(build(sys.argv[1]))"


class Distributions(NamedTuple):
    """What is built: ``wheel`` from the sdist, ``from_clone`` from the tree itself."""

    sdist: Path
    wheel: Path
    from_clone: Path


def build_distributions(root: Path) -> Distributions:
    """Both ways of building this repository, in ``root``."""
    source = root / "clone"
    shutil.copytree(REPOSITORY, source, ignore=_LEFT_OUT)
    # What must stay out has to be there to be left out: other folders, and an earlier build's.
    for file in ("tests/test_something.py", "mocks/__init__.py", "samples/small.dmp", *LEFT_BEHIND):
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_text("")
    settings = (source / "pyproject.toml").read_text("utf-8")
    (backend,) = re.findall(r'^build-backend = "(.+)"$', settings, re.M)

    def build(what: str, tree: Path, folder: str) -> Path:
        out = root / folder
        out.mkdir(exist_ok=True)
        code = _BUILD.format(backend, what)
        return out / call([sys.executable, "-c", code, out], tree).splitlines()[-1]

    from_clone = build("wheel", source, "from-clone")
    sdist = build("sdist", source, "dist")
    with tarfile.open(sdist) as archive:
        archive.extractall(root / "unpacked")
    (unpacked,) = (root / "unpacked").iterdir()
    return Distributions(sdist, build("wheel", unpacked, "dist"), from_clone)
