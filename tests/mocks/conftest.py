"""Fixtures of the tests of the synthetic kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks import KernelImage

BESIDE = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture(scope="session")
def complete_layouts() -> Path:
    """The folder of complete layout files, from which the trimmed ones were made."""
    folder = BESIDE / "layouts"
    if not folder.is_dir():
        pytest.skip("the complete layout files are not here")
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real dumps and symbols, which the project does not hold."""
    folder = BESIDE / "data"
    if not folder.is_dir():
        pytest.skip("the real dumps are not here")
    return folder


@pytest.fixture
def image() -> KernelImage:
    """An empty Windows 10 kernel."""
    return KernelImage("win10_19041_x64")
