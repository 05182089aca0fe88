"""A family of object types: what is declared of it, and how each of its details fails alone."""

import struct
import subprocess
import sys
from typing import Optional, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.layout import Field, Integer, Struct, declared, fields
from pykd_handle.objects import Description, Facts, Objects, View, detail, families
from pykd_handle.objects.base import FAMILIES
from pykd_handle.render.words import words
from pykd_handle.usermode.information import KINDS, decode_information
from pykd_handle.values import (
    LABELS,
    CorruptedError,
    Hex,
    Label,
    MissingField,
    MissingType,
    Reason,
    Unavailable,
)

# Color at 0, Size at 4 and Weight at 0x10, each of four bytes.
WIDGET = {name: Field(name, at, Integer(4, False)) for name, at in (("Color", 0), ("Weight", 0x10))}
WIDGET["Size"] = Field("Size", 4, Integer(4, False))
COLORS = {0: "red", 1: "green"}


class Widget(Facts):
    types = ("Widget", "WidgetFactory")
    struct = "_WIDGET"
    fields = ("Color", "Size", "Weight", "Gone")

    @detail("Color of Widget", words={"red": "Red"}, more=False)
    def color(self, widget: View) -> str:
        return widget.one_of("Color", COLORS, mask=0x7F)

    @detail(more=False)
    def size(self, widget: View) -> Hex:
        return Hex(widget["Size"])

    @detail("Weight", more=False)
    def weight(self, widget: View) -> Optional[int]:
        return widget["Weight"] or None

    @detail("Gone", more=False)
    def gone(self, widget: View) -> int:
        return widget["Gone"]


# Of these tests alone: what goes through all families is not to meet it.
OWN = {name: FAMILIES.pop(name) for name in Widget.types}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, family in OWN.items():
        monkeypatch.setitem(FAMILIES, name, family)


class WidgetTarget(MockTarget):
    """A kernel whose symbols have a `_WIDGET`, or do not."""

    def __init__(self, image: KernelImage, known: bool = True) -> None:
        super().__init__(image)
        self.known = known

    def struct(self, name: str) -> Struct:
        if name != "_WIDGET":
            return super().struct(name)
        if not self.known:
            raise MissingType(name)
        return Struct(name, 0x20, WIDGET)


def describe(
    color: int = 0x81, weight: int = 7, lost: Optional[int] = None, known: bool = True
) -> Tuple[Description, WidgetTarget, int]:
    image = KernelImage()
    item = image.objects.make("Widget", "W", size=0x20)
    image.memory.write(item.address, struct.pack("<II8xI", color, 0x2000, weight))
    if lost is not None:
        image.memory.drop(item.address + lost, 4, "in the page file")
    target = WidgetTarget(image, known)
    kernel = Kernel(target)
    found = Objects(kernel).describe(kernel.object(item.header))
    assert (found.name, found.own_name) == ("W", "W")
    return found, target, item.address


def test_details_in_their_order_with_one_read() -> None:
    found, target, body = describe()
    missing = MissingField("_WIDGET", "Gone").why
    assert list(found.details.items()) == [
        ("color", "green"),
        ("size", 0x2000),
        ("weight", 7),
        ("gone", missing),
    ]
    assert [each for each in target.log if each[0] == body] == [(body, 0x14)]
    assert found.details.labels["color"] == Label("Color of Widget", {"red": "Red"})
    assert found.details.labels["size"] is LABELS["size"]


def test_each_detail_fails_alone() -> None:
    found, _, body = describe(lost=4)
    assert found.details["size"] == Unavailable(Reason.IN_THE_PAGE_FILE, body + 4)
    assert (found.details["color"], found.details["weight"]) == ("green", 7)
    found, _, body = describe(color=2)
    assert found.details["color"] == Unavailable(
        Reason.FIELD_OF_NO_MEANING, body, "_WIDGET", "Color", 2
    )
    assert found.details["size"] == 0x2000


def test_a_detail_that_does_not_apply_is_left_out() -> None:
    assert "weight" not in describe(weight=0)[0].details


def test_without_its_structure_an_object_keeps_its_names() -> None:
    found, _, _ = describe(known=False)
    assert set(found.details) == {"color", "size", "weight", "gone"}
    assert set(found.details.values()) == {MissingType("_WIDGET").why}


def test_a_family_is_found_by_each_of_its_types_and_declares_its_fields() -> None:
    assert families()["Widget"] is families()["WidgetFactory"] is Widget
    assert declared()["_WIDGET"] == ("Color", "Gone", "Size", "Weight")


def test_a_view_shows_declared_fields_alone_and_checks_pointers() -> None:
    image = KernelImage()
    address = image.objects.make("Widget", "W", size=0x20).address
    image.memory.write(address, struct.pack("<I", 0x1000))
    view = View(WidgetTarget(image), fields("_WIDGET", "Color"), address)
    with pytest.raises(KeyError):
        view["Size"]
    with pytest.raises(CorruptedError, match="0x1000: ") as caught:
        view.pointer("Color", "the owner")
    assert words(caught.value) == "0x1000: the owner is no address of the kernel"
    assert view.has("Color")


def test_families_are_imported_when_an_object_is_described() -> None:
    code = (
        "import sys, pykd_handle.cli, pykd_handle.objects as o\n"
        "def seen(): return 'pykd_handle.objects.section' in sys.modules\n"
        "before = seen(); o.families(); print(before, seen())"
    )
    shown = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert shown.stdout.split() == [b"False", b"True"]


def test_what_user_mode_tells_has_labels() -> None:
    keys = set(KINDS) - {"other"}
    for number in range(1, 9):
        values = decode_information(number, bytes(0x60))[1]
        assert len(values) > 1
        keys |= values.keys()
    # Asked of the running system (`usermode.engine.local`).
    keys |= {"start_address", "start_symbol", "last_write", "key_name", "set", "remaining_ms"}
    assert keys <= LABELS.keys()
