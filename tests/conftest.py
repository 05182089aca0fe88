"""What tests of more than one folder share."""

from __future__ import annotations

import pytest

from .packaging.build import Distributions, build_distributions


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The package's sdist and wheel, built once for all tests."""
    return build_distributions(tmp_path_factory.mktemp("build"))


@pytest.fixture(autouse=True)
def no_symbols_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies on the symbol path of whoever runs the tests is none of their business."""
    for name in ("_NT_SYMBOL_PATH", "_NT_ALT_SYMBOL_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYKD_HANDLE_CACHE", "")
