"""A live machine and a client that is connected to it."""

from __future__ import annotations

from typing import Iterator

import pytest

from mocks import KernelImage
from mocks.kd import KdTarget

from .client import Client


@pytest.fixture
def image() -> KernelImage:
    image = KernelImage()
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    return image


@pytest.fixture
def machine(image: KernelImage) -> Iterator[KdTarget]:
    with KdTarget(image, patience=0.2, lifetime=30) as target:
        yield target


@pytest.fixture
def client(machine: KdTarget) -> Iterator[Client]:
    found = Client(machine.port)
    found.reset()
    yield found
    found.close()
