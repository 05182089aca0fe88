"""What tests of more than one folder share."""

from __future__ import annotations

from typing import Iterator

import pytest

from .packaging.build import Distributions, build_distributions


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The package's sdist and wheel, built once for all tests."""
    return build_distributions(tmp_path_factory.mktemp("build"))


@pytest.fixture(autouse=True, scope="session")
def no_symbols_of_the_user() -> Iterator[None]:
    """What whoever runs the tests has on the symbol path and in the cache is none of their
    business, and they keep nothing there."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_NT_SYMBOL_PATH", "_NT_ALT_SYMBOL_PATH", "PYKD_HANDLE_DOWNLOAD"):
            patch.delenv(name, raising=False)
        patch.setenv("PYKD_HANDLE_CACHE", "")
        yield
