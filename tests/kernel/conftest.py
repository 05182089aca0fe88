"""Fixtures of the tests of the object manager."""

from __future__ import annotations

import pytest

from mocks.kernel_image import KernelImage


@pytest.fixture
def image() -> KernelImage:
    """A kernel of 19041 with nothing but System in it."""
    return KernelImage()
