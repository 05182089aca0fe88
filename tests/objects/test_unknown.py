"""Objects whose type can't be told: what the body shows to be there."""

from __future__ import annotations

import pytest

from mocks.kernel_image import KernelImage

from .bodies import dispatcher, everything, put, wait

WAITER = {"winxp_sp3_x86": 0x8, "win10_19041_x64": 0x18}  # _KWAIT_BLOCK.Thread


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win10_19041_x64"])
@pytest.mark.parametrize(
    ("kind", "size", "words"),
    [(1, "_KEVENT", "event, auto reset"), (2, "_KMUTANT", "mutant"), (2, "_KEVENT", None),
     (5, "_KSEMAPHORE", "semaphore"), (6, "_KEVENT", None), (0, "", None)],
)  # fmt: skip
def test_a_body_whose_type_is_lost(layout: str, kind: int, size: str, words: str) -> None:
    ulongs = {"": 0, "_KEVENT": 4, "_KMUTANT": 8, "_KSEMAPHORE": 5}
    if layout != "winxp_sp3_x86":
        ulongs = {"": 0, "_KEVENT": 6, "_KMUTANT": 14, "_KSEMAPHORE": 8}
    image = KernelImage(layout)
    item = dispatcher(image, "Event", kind, 1)
    put(image, item.address, 2, 1, ulongs[size])
    smss = image.processes.add("smss.exe", 0x138)
    wait(image, item, image.processes.add_thread(smss, 0x13C), WAITER[layout])
    assert "begins_with" not in everything(image, item)  # its type is known
    image.memory.drop(image.types["Event"].address, 8, "in the page file")
    place = item.view.at("Type" if layout == "winxp_sp3_x86" else "TypeIndex")
    image.memory.drop(place, 1, "in the page file")
    found = everything(image, item)
    told = (found.get("begins_with"), found.get("count"), found.get("waiters"))
    assert told == ((words, 1, ("smss.exe Cid 0138.013c",)) if words else (None, None, None))
    image.memory.set_pointer(item.address + 8, 0x1000)
    assert "begins_with" not in everything(image, item)
