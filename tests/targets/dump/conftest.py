"""What tests of dump files share."""

from __future__ import annotations

from functools import lru_cache

import pytest

from pykd_handle.layout import Isf


@pytest.fixture
def symbols_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A symbol file is read once in a test: for tests that open one dump after another and leave
    the symbols as they are."""
    monkeypatch.setattr(Isf, "load", lru_cache(maxsize=None)(Isf.load))
