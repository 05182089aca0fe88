"""The stand-in has no name, argument or result that the real pykd has not.

The other side is ``mocks/pykd/api.txt``, which the real module itself gave;
``tests/engine/test_contract.py`` holds that list against the module again.
"""

from __future__ import annotations

import inspect
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest

from mocks import KernelImage
from mocks.pykd import StandIn
from mocks.pykd.api import Signature, read_api

API = read_api()
MODULE = StandIn(KernelImage()).module
# Python's own; a class need not list them.
_PYTHONS = frozenset(("__dict__", "__doc__", "__module__", "__weakref__", "__annotations__"))


def public(thing: Any) -> List[str]:
    return [name for name in vars(thing) if not name.startswith("_")]


def classes() -> Dict[str, type]:
    found = {name: getattr(MODULE, name) for name in public(MODULE)}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, type) and name in API.classes
    }


def functions() -> Dict[str, Any]:
    found = {name: getattr(MODULE, name) for name in public(MODULE)}
    return {name: value for name, value in found.items() if inspect.ismethod(value)}


def methods() -> Iterator[Tuple[str, Any]]:
    """Every method of every class, inherited ones too, as ``class.name``."""
    for name, kind in classes().items():
        for key in {key for each in kind.__mro__[:-1] for key in vars(each)}:
            value = getattr(kind, key)
            if callable(value) and key not in _PYTHONS and not _is_private(key):
                yield f"{name}.{key}", value


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def listed(key: str) -> List[Signature]:
    """The overloads of a method, which may come from the class's base."""
    owner, _, name = key.partition(".")
    while owner:
        found = API.methods.get(f"{owner}.{name}")
        if found is not None:
            return found
        owner = API.classes[owner]
    return []


def test_every_name_is_pykds() -> None:
    # `__version__` and `version` have no signature; the rest of the names does.
    assert set(public(MODULE)) <= set(API.names())
    assert len(public(MODULE)) > 60


def test_what_the_package_uses_is_there() -> None:
    used = {"isKernelDebugging", "isDumpAnalyzing", "isWindbgExt", "ptrSize", "module", "expr",
            "typeInfo", "getImplicitProcess", "loadQWords", "loadBytes", "getDumpType",
            "DbgException", "MemoryException"}  # fmt: skip
    assert used <= set(public(MODULE))


@pytest.mark.parametrize("name", sorted(functions()))
def test_function(name: str) -> None:
    _same_shape(functions()[name], API.functions[name])


@pytest.mark.parametrize("key,method", sorted(methods(), key=lambda item: item[0]))
def test_method(key: str, method: Any) -> None:
    signatures = listed(key)
    if key.endswith("__init__") and getattr(method, "is_native", False) is False:
        # The real class says "Raises an exception", and so does this one.
        with pytest.raises(RuntimeError, match="cannot be instantiated"):
            getattr(MODULE, key.partition(".")[0])()
        return
    assert signatures, f"the real module has no {key}"
    if getattr(method, "is_native", False):
        _same_shape(method.__get__(object()), signatures)
    else:
        # Python's own protocol says how these are called.
        assert key.rpartition(".")[2].startswith("__") or key.endswith(".isInteger")


def _same_shape(function: Any, signatures: List[Signature]) -> None:
    """Types at each position, names where there are names, what may be left out, the result."""
    theirs = _merged(signatures)
    mine = [
        (
            None if each.kind is each.POSITIONAL_ONLY else each.name,
            set(str(each.annotation).split(" | ")),
            each.default is not each.empty,
        )
        for each in inspect.signature(function).parameters.values()
    ]
    assert [name for name, _, _ in mine] == [name for name, _, _ in theirs]
    for (_, own, optional), (_, real, may_be_left_out) in zip(mine, theirs):
        assert own <= real
        assert optional == may_be_left_out
    results = {signature.result for signature in signatures}
    own_result = inspect.signature(function).return_annotation
    if function.__name__ == "__init__":
        # A constructor's result is its instance.
        assert (own_result, results) == ("None", {"object"})
    else:
        assert own_result in results


def _merged(signatures: List[Signature]) -> List[Tuple[Any, Set[str], bool]]:
    """Overloads laid over each other, as one Python function with unions has to have them."""
    least = min(len([a for a in each.arguments if not a.optional]) for each in signatures)
    longest = max(signatures, key=lambda each: len(each.arguments)).arguments
    merged = []
    for index, argument in enumerate(longest):
        types = {each.arguments[index].type for each in signatures if len(each.arguments) > index}
        merged.append((argument.name, types, index >= least))
    return merged


@pytest.mark.parametrize("name", sorted(classes()))
def test_bases_of_classes(name: str) -> None:
    bases = [base.__name__ for base in classes()[name].__mro__[1:]]
    assert (API.classes[name] or "object") in bases


def test_exceptions() -> None:
    for name, base in API.exceptions.items():
        if hasattr(MODULE, name):
            assert getattr(MODULE, name).__bases__[0].__name__ == base
            assert getattr(MODULE, name).__module__ == "pykd"


def test_enumerations() -> None:
    for name in ("CPUType", "dumpType", "executionStatus"):
        kind = getattr(MODULE, name)
        assert {key: int(value) for key, value in kind.names.items()} == API.enums[name]
        assert all(str(value) == key for key, value in kind.names.items())


def test_the_stand_in_itself_is_not_to_be_seen() -> None:
    for name in ("image", "reads", "read", "symbols", "StandIn", "engine"):
        with pytest.raises(AttributeError):
            getattr(MODULE, name)
