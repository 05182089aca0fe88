"""Fixtures of the tests of commands."""

from __future__ import annotations

import pytest

from mocks.kernel_image import KernelImage

from .states import States


@pytest.fixture
def image() -> KernelImage:
    """A kernel whose current process is notepad.exe, without a handle."""
    image = KernelImage()
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    return image


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> States:
    return States(tmp_path_factory.mktemp("states"))
