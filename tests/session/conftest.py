"""A debugger's session made of a synthetic kernel: the stand-in for pykd, put in its place."""

from __future__ import annotations

import sys
from typing import Any, Callable, Iterator

import pytest

from mocks import KernelImage
from mocks.pykd import StandIn

Install = Callable[..., StandIn]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """``install(image, dump=False, ...)``: what ``import pykd`` finds from now on."""

    def put(image: KernelImage, **options: Any) -> StandIn:
        standin = StandIn(image, **options)
        monkeypatch.setitem(sys.modules, "pykd", standin.module)
        return standin

    return put


@pytest.fixture(autouse=True)
def no_real_pykd(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where a test installs nothing, there is no pykd, whatever this Python has."""
    if "pykd" not in sys.modules:
        monkeypatch.setitem(sys.modules, "pykd", None)  # type: ignore[arg-type]
    yield
