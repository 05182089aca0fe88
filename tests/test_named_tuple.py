"""Named tuples behave as those of `typing`, which stand beside them here."""

import copy
import pickle
import typing
from typing import Any, Callable

import pytest

from pykd_handle.values import NamedTuple


class Place(NamedTuple):
    """Where it stands."""

    base: int
    size: int = 8
    names: typing.Sequence[str] = ()

    @property
    def end(self) -> int:
        return self.base + self.size


class Model(typing.NamedTuple):
    base: int
    size: int = 8
    names: typing.Sequence[str] = ()


USES: typing.Sequence[Callable[[Any], object]] = (
    lambda kind: tuple(kind(1)),
    lambda kind: tuple(kind(1, names="a", size=2)),
    lambda kind: (kind(1).base, kind(1).size, kind(base=1).names),
    lambda kind: (kind(1, 2) == (1, 2, ()), hash(kind(1)) == hash((1, 8, ())), kind(1) < kind(2)),
    lambda kind: tuple(kind(1)._replace(size=3)),
    lambda kind: kind(1)._asdict(),
    lambda kind: (kind._fields, tuple(kind._make((1, 2, 3)))),
    lambda kind: repr(kind(1, 2, ("a",))).partition("(")[2],
    lambda kind: type(kind(1)._replace(size=3)) is type(copy.copy(kind(1))) is kind,
    lambda kind: pickle.loads(pickle.dumps(kind(1))) == kind(1),
    lambda kind: hasattr(kind(1), "__dict__"),
    lambda kind: type(kind.__new__.__module__),  # which `help` of 3.13 wants
)
FAULTS: typing.Sequence[Callable[[Any], object]] = (
    lambda kind: kind(),
    lambda kind: kind(1, 2, 3, 4),
    lambda kind: kind(1, base=1),
    lambda kind: kind(1, other=1),
    lambda kind: kind._make((1, 2, 3, 4)),
    lambda kind: setattr(kind(1), "base", 2),
    lambda kind: setattr(kind(1), "other", 2),
)


@pytest.mark.parametrize("use", USES)
def test_they_are_used_as_those_of_typing(use: Callable[[Any], object]) -> None:
    assert use(Place) == use(Model)


@pytest.mark.parametrize("fault", FAULTS)
def test_they_refuse_what_those_of_typing_refuse(fault: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)) as told:
        fault(Model)
    with pytest.raises(type(told.value)):
        fault(Place)


@pytest.mark.parametrize("kind", [Model, Place])
def test_no_field_is_replaced_that_there_is_not(kind: Any) -> None:
    # A ValueError up to Python 3.12, a TypeError later.
    with pytest.raises((TypeError, ValueError), match="other"):
        kind(1)._replace(other=1)


def test_a_class_has_its_own_methods_and_words() -> None:
    assert (Place(0x10).end, Place.__doc__) == (0x18, "Where it stands.")
    with pytest.raises(TypeError, match=r"__new__\(\) missing 1 required .* 'base'"):
        Place()  # type: ignore[call-arg]
