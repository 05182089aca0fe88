"""Fixtures of the doctor's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.install.computer import Computer


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """A Windows computer with nothing on it."""
    return Computer(tmp_path)
