"""``--details``: everything, in every format; without it what was shown before, and no reads."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any, Dict, List

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.commands import find_command
from pykd_handle.commands.list.user_request import parse_user_request
from pykd_handle.model.kernel_mode import KernelMode

from .asking import Asked

EVENT_KEYS = {"waiters", "auto_reset", "set", "rights", "entry_low", "header_flags"}


@pytest.fixture
def image() -> KernelImage:
    image = KernelImage()
    smss = image.processes.add("smss.exe", 0x138)
    smss.handle(image.objects.event(r"\BaseNamedObjects\Ready", manual=True, signaled=True))
    smss.handle(image.files.open(r"\Windows\win.ini"))
    image.processor.current = smss
    return image


def listed(image: KernelImage, words: str, details: bool, form: str) -> str:
    with KernelMode(MockTarget(image)) as kernel:
        return Asked(kernel, f"list {words}{' --details' * details}").shown(form)


def objects(text: str) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_list_with_details(image: KernelImage) -> None:
    event, file = objects(listed(image, "0 3", True, "jsonl"))
    assert event["details"].keys() >= EVENT_KEYS
    assert event["details"]["rights_together"] == ["full control (EVENT_ALL_ACCESS)"]
    assert (event["details"]["set"], event["details"]["auto_reset"]) == (True, False)
    assert file["details"]["sharing"] == "r--/r--"
    # Flag 1 alone shows no objects, but everything is more than that.
    assert objects(listed(image, "0 1", True, "jsonl")) == objects(
        listed(image, "0 3", True, "jsonl")
    )


def test_a_list_without_details(image: KernelImage) -> None:
    event, file = objects(listed(image, "0 3", False, "jsonl"))
    assert event["details"] == {}
    assert file["details"].keys() == {"device", "device_object"}
    text = listed(image, "0 3", False, "windbg")
    assert "Rights" not in text and "Event Type" not in text


@pytest.mark.parametrize("form", ["windbg", "text", "table"])
def test_details_for_people(image: KernelImage, form: str) -> None:
    text = listed(image, "0 3", True, form)
    for part in (
        "Rights Together: full control (EVENT_ALL_ACCESS)",
        "Event Type: Manual Reset",
        "State: Set",
        "Access and Sharing: r--/r--",
    ):
        assert part in text


def test_details_in_csv(image: KernelImage) -> None:
    assert '""auto_reset"": false' in listed(image, "0 3", True, "csv")


def test_details_in_a_page(image: KernelImage) -> None:
    page = listed(image, "0 3", True, "html")
    assert "<b>Event Type</b> Manual Reset" in page and "<b>Access and Sharing</b> r--/r--" in page


def test_no_more_is_read_without_details(image: KernelImage) -> None:
    def reads(everything: bool) -> int:
        target = MockTarget(image)
        with KernelMode(target) as kernel:
            kernel.will_describe(everything)
            for handle in kernel.current_process.handles():
                item = handle.object
                _ = item.all_details if everything else item.details
        return len(target.log)

    # As many as before there was anything more to tell.
    assert reads(False) == 22
    assert reads(True) > 22


def test_find_with_details(image: KernelImage) -> None:
    from .asking import Asked

    with KernelMode(MockTarget(image)) as kernel:
        (row,) = Asked(kernel, "find Ready --details").rows
        assert row["details"].keys() >= EVENT_KEYS
        (row,) = Asked(kernel, "find Ready").rows
        assert "details" not in row
    command = find_command("find")
    assert command is not None
    keys = [[c.key for c in command.shown("kernel", Namespace(details=each))] for each in (0, 1)]
    assert keys[1] == [*keys[0], "details"]


def test_what_lies_near_is_read_together(image: KernelImage) -> None:
    target = MockTarget(image)
    with KernelMode(target) as kernel:
        kernel.will_describe(True)
        event = next(iter(kernel.current_process.handles())).object
        assert isinstance(event.header, int)
        first = len(target.log)
        assert event.all_details["set"] is True
        near = [
            (address - event.header, size)
            for address, size in target.log[first:]
            if abs(address - event.header) < 0x100
        ]
    # The body came with the header that was read first; the header with all in front of it.
    assert near == [(-0x40, 0x78)]


def test_in_user_mode_it_is_flag_8() -> None:
    for words in ([], ["0", "1"]):
        plain, asked = (parse_user_request(words, None, each) for each in (False, True))
        assert asked.flags == plain.flags | 8
