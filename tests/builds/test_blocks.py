"""Blocks are the fast way of a listing: their text is, byte for byte, that of their rows.

On one build of each form of an entry, whole and damaged at random, in each format.
"""

from __future__ import annotations

import io
import random

import pytest

from mocks import KernelImage, MockTarget
from pykd_handle.commands.list.columns import COLUMNS
from pykd_handle.commands.list.kernel import list_kernel
from pykd_handle.commands.list.request import parse_request
from pykd_handle.commands.registry import Run
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.render import FORMATS, find_renderer
from pykd_handle.rows import Block
from pykd_handle.values import PykdHandleError

from ..answers import Answer, Anywhere, rendered
from ..damage import damage
from .forms import BY_FORM, Form
from .test_every_read_fails import system

REQUESTS = ("0 0", "0 1", "0 3", "0 3 0")


def check(image: KernelImage) -> int:
    """Hold the two ways against each other; returns how many handles came in blocks."""
    count = 0
    for words in REQUESTS:
        try:
            items = Answer(MockTarget(image, whole_pages=True), words).items
        except PykdHandleError:
            continue
        plain = [item.rows() if isinstance(item, Block) else item for item in items]
        for form in FORMATS:
            assert rendered(form, items) == rendered(form, plain), (words, form)
        count += sum(len(item.lines) for item in items if isinstance(item, Block))
    return count


@BY_FORM
def test_the_text_is_that_of_the_rows(form: Form) -> None:
    whole = system(form.layout)
    # The handles of the current process three times, those of all once.
    here, everywhere = (len(Answer(MockTarget(whole), words).rows) for words in ("0 0", "0 0 0"))
    assert check(whole) == 3 * here + everywhere > 12
    rng = random.Random(form.layout)
    damage(whole, rng, 0.5)
    check(whole)


def test_of_a_process_that_is_not_known_the_plain_way_is_taken() -> None:
    image = system("win10_19041_x64")
    image.memory.drop(image.processor.current.view.at("UniqueProcessId"), 8)
    assert check(image)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("wrong", ["UniqueProcessId", "length"])
def test_a_process_that_is_not_as_usual_shows_what_another_one_had(form: str, wrong: str) -> None:
    """A listing writes each block before it makes the next one; of a part that is written the text
    alone is kept."""
    image = KernelImage()
    event = image.objects.event(r"\BaseNamedObjects\Ready")
    image.processes.add("first.exe", 0x104).handle(event)
    odd = image.processes.add("\u0416" * 5000 if wrong == "length" else "odd.exe", 0x108)
    if wrong != "length":
        image.memory.drop(odd.view.at(wrong), 8)
    odd.handle(event)

    def text(plain: bool) -> str:
        request = parse_request(["0", "3", "0"])
        items = list_kernel(KernelMode(MockTarget(image)), request, Run())
        out = Anywhere()
        as_rows = (each.rows() if isinstance(each, Block) else each for each in items)
        find_renderer(form)(out, io.StringIO(), COLUMNS).render(as_rows if plain else items)
        return out.getvalue()

    assert text(plain=False) == text(plain=True)
    assert text(plain=False).count("Ready") == 2


def test_an_image_name_with_the_marks_of_a_template() -> None:
    image = KernelImage()
    image.processor.current = image.processes.add('100%s {0} "x".exe', 0x104)
    image.processor.current.handle(image.objects.event())
    assert check(image) == 4


def test_an_image_name_that_no_cell_takes() -> None:
    """Eight characters for each of its letters: the cell is cut in every row, and says so."""
    image = KernelImage()
    image.processor.current = image.processes.add("\u0416" * 5000 + ".exe", 0x104)
    image.processor.current.handle(image.objects.event())
    assert check(image) == 4


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_cell_that_is_cut_keeps_its_row(form: str) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    event = image.objects.event("\\BaseNamedObjects\\" + "\u0416" * 9000)
    for item in (image.objects.event(), event, image.objects.event(), event):
        image.processor.current.handle(item)
    check(image)
    items = Answer(MockTarget(image), "0 3").items
    assert len(rendered(form, items).splitlines()) == 4 + (form == "csv")
