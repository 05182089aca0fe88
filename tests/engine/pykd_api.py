"""The names and signatures of the real pykd, as a short list: ``mocks/pykd/api.txt``.

This file runs on both sides. Here, ``python -m tests.engine.pykd_api`` writes the list anew, by
way of the rig; in the rig's Windows Python the same file prints it, from the docstrings that
Boost.Python gives every function.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Iterator, List, Tuple

__all__ = ("lines",)

_HEAD = """\
# The names and signatures of pykd {version}, written by: python -m tests.engine.pykd_api
# An argument with a name may be given by it; one in brackets may be left out. u64, u32, ... are
# the widths of the C++ integers behind Python's int.
"""

# What stands in C++ signatures, and the short word for it. The order matters.
_WORDS = (
    (r"class std::basic_string<\w+,.*?class std::allocator<\w+> >", "str"),
    (r"class boost::shared_ptr<\w+ kdlib::(\w+)>", r"\1"),
    (r"class boost::python::(?:api::)?(\w+)", r"\1"),
    (r"(?:class|enum|struct) (?:kdlib|pykd)::(\w+)", r"\1"),
    (r"struct _object \* __ptr64", "object"),
    (r" \* __ptr64", ""),
    (r" \{lvalue\}", ""),
    (r"unsigned __int64", "u64"),
    (r"unsigned long", "u32"),
    (r"unsigned short", "u16"),
    (r"unsigned char", "u8"),
    (r"__int64", "i64"),
    (r"\blong\b", "i32"),
    (r"\bshort\b", "i16"),
    (r"\bint\b", "i32"),
)  # fmt: skip
# Names of C++ classes whose Python names are others.
_CLASSES = {
    "TypeInfo": "typeInfo",
    "TypedVar": "typedVar",
    "Module": "module",
    "NumConvertable": "numVariant",
    "NumVariant": "numVariant",
    "StackFrame": "stackFrame",
    "TypeInfoProvider": "typeInfoProvider",
    "SymbolProvider": "symbolProvider",
}
_OVERLOAD = re.compile(r"^(\w+)\( ?(.*)\) -> (\w+) :$")
# What every class has, and what Python itself adds.
_EVERYWHERE = frozenset(
    ("__dict__", "__doc__", "__instance_size__", "__module__", "__reduce__", "__weakref__")
)


def lines(module: Any) -> Iterator[str]:
    """The lines of the list, for the ``pykd`` module given."""
    # The extension is the package's own submodule, and both are listed: `pykd.pykd` holds all.
    skipped = frozenset(("pykd", "sys"))
    for name in sorted(vars(module)):
        if not name.startswith("__") and name not in skipped:
            yield from _entry(name, getattr(module, name))


def _entry(name: str, found: Any) -> Iterator[str]:
    if isinstance(found, type) and issubclass(found, Exception):
        yield f"exception {name}({found.__bases__[0].__name__})"
    elif isinstance(found, type) and issubclass(found, int):
        # In the order of their definition: of several names for a value the last one shows.
        members = ", ".join(f"{key.strip()}={int(value)}" for key, value in found.names.items())
        yield f"enum {name}: {members}"
    elif isinstance(found, type):
        base = found.__bases__[0].__name__
        yield f"class {name}" + ("" if base == "instance" else f"({base})")
        for key in sorted(set(vars(found)) - _EVERYWHERE):
            yield from _member(name, key, vars(found)[key])
    elif callable(found):
        for signature in _signatures(name, found.__doc__ or "", False):
            yield f"function {signature}"
    else:
        yield f"value {name}: {type(found).__name__}"


def _member(owner: str, name: str, found: Any) -> Iterator[str]:
    if isinstance(found, property):
        yield f"property {owner}.{name}"
    elif callable(found):
        for signature in _signatures(name, found.__doc__ or "", True):
            yield f"method {owner}.{signature}"
    else:
        yield f"member {owner}.{name}: {type(found).__name__}"


def _signatures(name: str, text: str, method: bool) -> Iterator[str]:
    """The overloads in a docstring, each on one line."""
    if "tuple args, dict kwds" in text:
        yield f"{name}(*args, **kwds) -> object"
        return
    if not text or text.startswith("Raises an exception"):
        return
    rows = [row.strip() for row in text.splitlines()]
    found: List[str] = []
    for index, row in enumerate(rows):
        heard = _OVERLOAD.match(row)
        if heard:
            native = next(
                rows[at + 1] for at in range(index, len(rows)) if rows[at] == "C++ signature :"
            )
            found.append(_signature(heard, _native_arguments(heard.group(1), native), method))
    yield from sorted(found)


def _signature(heard: Any, types: List[Tuple[str, bool]], method: bool) -> str:
    name, listed, result = heard.groups()
    names = re.findall(r"\(\w+\)(\w+)", listed)
    if len(names) != len(types):
        raise ValueError(f"{name}: {len(names)} names, but {len(types)} types")
    words = []
    # A method's first argument is the object itself.
    for position, (word, (kind, optional)) in enumerate(zip(names, types)):
        if method and position == 0:
            continue
        plain = kind if re.fullmatch(r"arg\d+", word) else f"{word}: {kind}"
        words.append(f"[{plain}]" if optional else plain)
    return f"{name}({', '.join(words)}) -> {result}"


def _native_arguments(name: str, signature: str) -> List[Tuple[str, bool]]:
    """The types in a C++ signature, and whether each may be left out."""
    for pattern, word in _WORDS:
        signature = re.sub(pattern, word, signature)
    inner = signature[signature.index(f" {name}(") + len(name) + 2 : signature.rindex(")")]
    found = []
    for part in filter(None, re.split(r"(?=\[)|,", inner.replace("]", ""))):
        for each in filter(None, part.split(",")):
            optional = bool(found and found[-1][1]) or each.lstrip().startswith("[")
            # A default value is shown behind the type.
            kind = each.strip(" [").split("=")[0].strip()
            if kind:
                found.append((_CLASSES.get(kind, kind), optional))
            elif optional:
                found.append(("", True))
    return _merged(found)


def _merged(found: List[Tuple[str, bool]]) -> List[Tuple[str, bool]]:
    """``[,bool`` leaves a bracket without a type before the type; the mark goes to the type."""
    result: List[Tuple[str, bool]] = []
    optional = False
    for kind, mark in found:
        optional = optional or mark
        if kind and kind != "void":
            result.append((kind, optional))
    return result


def _write() -> int:
    from mocks.pykd.api import PATH

    from .rig import Rig

    text = Rig.find().python(__import__("pathlib").Path(__file__)).ok()
    PATH.write_text(text, encoding="utf-8", newline="\n")
    return 0


def _print() -> int:
    import pykd

    sys.stdout.write(_HEAD.format(version=pykd.__version__))
    sys.stdout.write("".join(f"{line}\n" for line in lines(pykd)))
    return 0


if __name__ == "__main__":
    sys.exit(_print() if sys.platform == "win32" else _write())
