"""Reading ``api.txt``, the list of the real module's names and signatures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

__all__ = ("PATH", "Api", "Argument", "Signature", "read_api")

PATH = Path(__file__).with_name("api.txt")

_SIGNATURE = re.compile(r"(?:(\w+)\.)?(\w+)\((.*)\) -> (\w+)$")


class Argument(NamedTuple):
    """One argument: its name if it may be given by it, its type, whether it may be left out."""

    name: Optional[str]
    type: str
    optional: bool


class Signature(NamedTuple):
    """One overload."""

    arguments: Tuple[Argument, ...]
    result: str


class Api(NamedTuple):
    """The list. Keys of methods and properties are ``class.name``."""

    functions: Dict[str, List[Signature]]
    methods: Dict[str, List[Signature]]
    properties: List[str]
    classes: Dict[str, str]  # name: base, "" where there is none
    exceptions: Dict[str, str]  # name: base
    enums: Dict[str, Dict[str, int]]
    values: Dict[str, str]  # name: Python type

    def names(self) -> List[str]:
        """Every name of the module itself."""
        parts = (self.functions, self.classes, self.exceptions, self.enums, self.values)
        return sorted(name for part in parts for name in part)


def read_api() -> Api:
    """The committed list."""
    api = Api({}, {}, [], {}, {}, {}, {})
    for line in PATH.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, _, rest = line.partition(" ")
            _take(api, kind, rest)
    return api


def _take(api: Api, kind: str, rest: str) -> None:
    if kind in ("function", "method"):
        found = _SIGNATURE.match(rest)
        if found is None:
            raise ValueError(f"no signature: {rest}")
        owner, name, listed, result = found.groups()
        arguments = tuple(map(_argument, filter(None, listed.split(", "))))
        table = api.functions if kind == "function" else api.methods
        key = name if owner is None else f"{owner}.{name}"
        table.setdefault(key, []).append(Signature(arguments, result))
    elif kind == "property":
        api.properties.append(rest)
    elif kind in ("class", "exception"):
        name, _, base = rest.rstrip(")").partition("(")
        (api.classes if kind == "class" else api.exceptions)[name] = base
    elif kind == "enum":
        name, _, members = rest.partition(": ")
        pairs = (member.rpartition("=") for member in members.split(", "))
        api.enums[name] = {key.strip(): int(value) for key, _, value in pairs}
    elif kind == "value":
        name, _, what = rest.partition(": ")
        api.values[name] = what
    elif kind != "member":
        raise ValueError(f"no kind of entry: {kind}")


def _argument(text: str) -> Argument:
    optional = text.startswith("[")
    name, colon, kind = text.strip("[]").rpartition(": ")
    return Argument(name if colon else None, kind, optional)
