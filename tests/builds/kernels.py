"""A synthetic kernel as both kinds of target: in memory, and through a dump file."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

import pytest

from mocks import KernelImage, MockTarget
from pykd_handle.targets import Target
from pykd_handle.targets.dump import open_dump

from .systems import write_dump

__all__ = ("Open", "opener")

Open = Callable[[KernelImage], "contextmanager[Target]"]


@pytest.fixture(params=["memory", "dump"])
def opener(request: pytest.FixtureRequest, tmp_path: Path):
    """``with opener(image) as target``: the image itself, and a dump of it."""

    @contextmanager
    def open_it(image: KernelImage) -> Iterator[Target]:
        if request.param == "memory":
            yield MockTarget(image)
            return
        target = open_dump(*write_dump(image, tmp_path))
        try:
            yield target
        finally:
            target.close()

    return open_it
