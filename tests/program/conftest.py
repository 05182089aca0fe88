"""Running the whole program: words in, exit code and both streams out."""

from typing import Callable, NamedTuple

import pytest

from pykd_handle.cli import main


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
