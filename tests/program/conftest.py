"""Running the whole program: words in, exit code and both streams out."""

from pathlib import Path
from typing import Callable, NamedTuple

import pytest

from pykd_handle.cli import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys) -> Callable[..., Run]:
    """``run("--dump", path, "0", "7")``: no exception but a defect's may come out of it."""

    def call(*words: object) -> Run:
        code = main([str(word) for word in words])
        streams = capsys.readouterr()
        return Run(code, streams.out, streams.err)

    return call


def real(name: str) -> Path:
    """A real file, which is not the project's to give away; skips where it is absent."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"no {name} in ../shared/data")
    return path
