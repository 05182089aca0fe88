"""Fixtures of the tests of user-mode handles."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_captures(shared: Path) -> Path:
    """The folder of real ``!handle`` sessions, kept beside the project."""
    return shared / "reference" / "handle_outputs"
