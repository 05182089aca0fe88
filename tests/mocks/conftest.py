"""Fixtures of the tests of the synthetic kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks import KernelImage


@pytest.fixture(scope="session")
def complete_layouts(shared: Path) -> Path:
    """The folder of complete layout files, from which the trimmed ones were made."""
    return shared / "layouts"


@pytest.fixture(scope="session")
def real_data(shared: Path) -> Path:
    """The folder of real dumps and symbols, which the project does not hold."""
    return shared / "data"


@pytest.fixture
def image() -> KernelImage:
    """An empty Windows 10 kernel."""
    return KernelImage("win10_19041_x64")
