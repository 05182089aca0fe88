"""What a listing costs on the wire, beside the least that would do."""

from __future__ import annotations

import pytest

from benchmarks.live_floor import Floor, floor_of_objects, floor_of_table
from mocks.crowd import crowd
from mocks.kd import FIRST_MARK, KdTarget

from .conftest import Lab
from .test_changes import KEPT

MOST = 1.2
"""Times the floor. Not in it: the thread that leads to the current process, and a global."""


def marked(number: int) -> str:
    return f"pykd.rdmsr({FIRST_MARK + number})\n"


@pytest.mark.parametrize("flags", ["0", "1", "3"])
def test_650_handles(lab: Lab, flags: str) -> None:
    image = lab.image
    objects = crowd(image, image.processor.current, 650)
    floor = floor_of_table(image.processor.current)
    if flags == "3":
        more = floor_of_objects(image, objects)
        floor = Floor(floor.trips + more.trips, floor.bytes + more.bytes)
        # A listing of objects can't do with less than a round trip for each.
        assert floor.trips > len({item.header for item in objects}) > 500
    code = marked(1) + f"answers.append(run('0 {flags}'))\n" + marked(2)
    with KdTarget(image) as machine:
        ((status, output, _),) = lab.answers(machine, code)
        counts = machine.phase(1)
    assert status == 0
    assert output.count("GrantedAccess: ") == 650
    assert set(counts.requests) == {"ReadVirtual"}  # nothing physical, no register, no search
    assert floor.trips - 3 <= counts.round_trips <= floor.trips * MOST
    assert counts.bytes <= floor.bytes * 1.5


def test_a_second_listing_in_the_same_stop_costs_nothing(lab: Lab) -> None:
    crowd(lab.image, lab.image.processor.current, 200)
    code = "run('0 3')\n" + marked(1) + "answers.append(run('0 3'))\n" + marked(2)
    with KdTarget(lab.image) as machine:
        lab.answers(machine, code)
        assert machine.phase(1).round_trips == 0


def test_its_own_cache_where_the_engines_is_full(lab: Lab) -> None:
    """The engine keeps a megabyte and then nothing new; a target that is kept keeps more."""
    image = lab.image
    crowd(image, image.processor.current, 200)
    filling = image.pool.allocate(300 * 0x1000, alignment=0x1000)
    code = f"""{KEPT}
for number in range(300):
    pykd.loadQWords({filling} + number * 0x1000, 512)
{marked(1)}
target.read({filling} + 299 * 0x1000, 8)
first = rows()
{marked(2)}
second = rows()
{marked(3)}
pykd.loadQWords({filling} + 299 * 0x1000, 512)
{marked(4)}
answers.append([len(first), first == second])
"""
    with KdTarget(image) as machine:
        answers = lab.answers(machine, code)
        first, second, engine = (machine.phase(number) for number in (1, 2, 3))
    assert answers == [[200, True]]
    assert engine.round_trips == 3  # the engine's cache is full indeed
    assert first.round_trips > 200
    # The second time it looks at the machine's clock, which the engine can't keep either.
    assert second.round_trips < first.round_trips / 4
    assert second.bytes < first.bytes / 4
