"""What is kept of what there are few of stays little, whatever the memory says."""

from __future__ import annotations

import random

import pytest

from mocks import MockTarget
from mocks.everything import one_of_each
from mocks.kernel_image import KernelImage
from pykd_handle.kernel import Kernel
from pykd_handle.render import FORMATS
from pykd_handle.values import Few

from ..answers import Answer, rendered
from ..damage import damage


def test_a_type_for_each_object() -> None:
    """Up to Vista a header holds a pointer to its type: any number, where it is damaged."""
    image = KernelImage("win2003_sp2_x64")
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    for number in range(40):
        event = image.objects.event()
        event.view["Type"] = image.pool.allocate(0x10) + number
        process.handle(event)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Few, "most", 8)
        kernel = Kernel(MockTarget(image))
        for item in image.objects.all:
            kernel.object(item.header)
        assert len(kernel.types._by_address) <= 8


@pytest.mark.parametrize("layout", ["win2003_sp2_x64", "win10_19041_x64"])
def test_a_listing_is_the_same_with_less_kept(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image, objects = one_of_each(layout)
    process = image.processor.current = image.processes.all[-1]
    for item in (*objects.values(), *image.objects.all):
        process.handle(item)
    damage(image, random.Random(layout), 0.2)
    texts = []
    for most in (Few.most, 2):
        monkeypatch.setattr(Few, "most", most)
        target = MockTarget(image, whole_pages=True)
        texts.append([rendered(form, Answer(target, "0 3").items) for form in FORMATS])
    assert texts[0] == texts[1]
