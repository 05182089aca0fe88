"""Fixtures of the installer's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .computer import Computer


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """A Windows computer with nothing on it."""
    return Computer(tmp_path)
