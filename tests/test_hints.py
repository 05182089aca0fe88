"""What stands for the names of `typing` at run time does there what those do, or refuses."""

import typing
from collections import abc

import pytest

from pykd_handle import hints


def test_every_name_is_one_of_typing() -> None:
    own = {name for name in vars(hints) if not name.startswith("_")} - {"annotations", "abc"}
    assert [name for name in sorted(own) if not hasattr(typing, name)] == []


@pytest.mark.parametrize("of", [hints, typing])
def test_names_are_for_annotations_and_bases(of: typing.Any) -> None:
    key = of.TypeVar("key", bound=of.Union[str, of.Callable[..., of.Any]])
    alias = of.Dict[str, of.Optional[of.Tuple[int, ...]]]

    class Texts(of.Dict[str, str]):
        pass

    class Keys(of.Mapping[str, int]):
        __getitem__ = __iter__ = __len__ = None

    class Of(of.Generic[key]):
        pass

    class Asks(of.Protocol):
        pass

    assert isinstance(Texts(a="b"), dict)
    assert issubclass(Keys, abc.Mapping)
    assert issubclass(Of, object) and Of[int] is not None
    assert not isinstance(3, Of) and Asks.__name__ == "Asks"
    assert of.cast("int", "x") == "x"
    with pytest.raises(TypeError):  # a mistake that would pass unseen else
        isinstance({}, alias)


@pytest.mark.parametrize("of", [hints, typing])
def test_who_asks_for_hints_is_not_stopped(of: typing.Any) -> None:
    def asked(one: "of.Optional[of.Any]", *more: "of.Sequence[int]") -> "of.Iterator[str]": ...

    assert typing.get_type_hints(asked, {"of": of}).keys() == {"one", "more", "return"}


@pytest.mark.parametrize("name", ["Mapping", "Dict", "Any", "Sequence"])
def test_nothing_is_an_instance_of_one(name: str) -> None:
    with pytest.raises(TypeError):
        isinstance({}, getattr(hints, name))
