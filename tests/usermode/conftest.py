"""Fixtures of the tests of user-mode handles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session")
def real_minidump() -> Path:
    """A user-mode minidump of Windows 11 (breakpad's tiny-exe-with-cet-xsave)."""
    # Dumps of real machines are not the project's to give away, so they lie beside it.
    folder = Path(os.environ.get("PYKD_HANDLE_DATA") or BESIDE / "data")
    path = folder / "2e852e97_tiny-exe-with-cet-xsave.dmp"
    if not path.is_file():
        pytest.skip(f"no {path.name} in {folder} (PYKD_HANDLE_DATA names another folder)")
    return path


@pytest.fixture(scope="session")
def real_captures() -> Path:
    """The folder of real ``!handle`` sessions, kept beside the project."""
    folder = BESIDE / "reference" / "handle_outputs"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return folder
