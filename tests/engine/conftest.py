"""Fixtures of the tests that run on the real debugger engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .rig import Rig, RigMissing

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def rig() -> Rig:
    """The real pykd and engine; without them the tests skip, or fail where they must run."""
    try:
        return Rig.find()
    except RigMissing as reason:
        if os.environ.get("PYKD_HANDLE_REQUIRE_ENGINE") == "1":
            pytest.fail(f"PYKD_HANDLE_REQUIRE_ENGINE=1, but {reason}", pytrace=False)
        pytest.skip(str(reason))


def _real_file(name: str) -> Path:
    # Dumps of real machines are not the project's to give away, so they lie beside it.
    folder = os.environ.get("PYKD_HANDLE_DATA") or REPOSITORY.parent / "shared" / "data"
    path = Path(folder, name)
    if not path.is_file():
        pytest.skip(f"no {name} in {folder} (PYKD_HANDLE_DATA names another folder)")
    return path


@pytest.fixture(scope="session")
def real_minidump() -> Path:
    """A user-mode minidump of Windows 11 (breakpad's tiny-exe-with-cet-xsave)."""
    return _real_file("2e852e97_tiny-exe-with-cet-xsave.dmp")


@pytest.fixture(scope="session")
def real_triage_dump() -> Path:
    """A kernel triage dump of Windows 10 19041 (rizin's test files)."""
    return _real_file("triage_x64.dmp")
