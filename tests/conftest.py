"""What tests of more than one folder share."""

from __future__ import annotations

import pytest

from .packaging.build import Distributions, build_distributions


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The package's sdist and wheel, built once for all tests."""
    return build_distributions(tmp_path_factory.mktemp("build"))
