"""What the debugger's bootstrapper will find on this Windows computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...hints import Iterator, Mapping
from ..install import BOOTSTRAPPER_HELP, Machine, Places, find_bootstrapper, python_help, survey
from ..install.pythons import USABLE, WHEEL_HELP, in_words
from .finding import MISSING, NOTE, OK, Finding
from .python import version_of

__all__ = ("IN_CLONE", "look_at_setup")

IN_CLONE = "in the clone's folder (or install.ps1, from anywhere)"
"""Where to run it: Python imports from the folder where the user stands, whatever is there."""
_INSTALL = f"python -m pykd_handle.install, {IN_CLONE}"


def look_at_setup(machine: Machine, bits: int, needed: bool) -> Iterator[Finding]:
    """Pythons, bootstrapper and script, for a debugger of this bitness.

    ``needed`` is False in a session: what runs has been found by something already.
    """
    absent = MISSING if needed else NOTE
    yield from _pythons(machine, bits, absent)
    places = Places(machine.environ, bits)
    found = find_bootstrapper(places)
    for one in found:
        if one.fault:
            yield Finding(NOTE, "bootstrapper", f"{one.path}: {one.fault}", BOOTSTRAPPER_HELP)
        else:
            yield Finding(OK, "bootstrapper", str(one.path))
    if all(one.fault for one in found):
        folders = "; ".join(map(str, places.searched()))
        yield Finding(absent, "bootstrapper", f"no pykd.dll in {folders}", BOOTSTRAPPER_HELP)
    script = _on_path("handle.py", machine.environ)
    if script:
        yield Finding(OK, "!py handle.py", script)
    else:
        yield Finding(
            NOTE,
            "!py handle.py",
            "no handle.py on PATH; !py -g -m pykd_handle works without",
            f"{_INSTALL}, then start the debugger anew",
        )


def _pythons(machine: Machine, bits: int, absent: str) -> Iterator[Finding]:
    seen = survey(machine.registry, bits)
    usable = USABLE
    if version_of("pykd") is not None and sys.version_info[:2] not in usable:
        # A wheel that is not PyPI's: this Python has it, whatever has been published.
        usable = (sys.version_info[:2], *usable)
    default, best = seen.default, seen.best(usable)
    for one in seen.visible:
        marks = [text for text, it in (("default of !py", default), ("to use", best)) if it == one]
        text = f"{one}" + (f": {', '.join(marks)}" if marks else "")
        yield Finding(OK if one.version in usable else NOTE, "registered", text)
    for line in seen.rejected:
        yield Finding(NOTE, "registered", f"not usable: {line}")
    if best is None:
        text = f"no {bits}-bit Python {in_words(USABLE)}, which pykd needs"
        yield Finding(absent, "registered", text, f"{python_help(bits)}. {WHEEL_HELP}")
    elif default is not None and default.version != best.version:
        yield Finding(
            NOTE,
            "!py",
            f"takes Python {default.name} unless told otherwise",
            f"!py -{best.name} -g -m pykd_handle ..., or once a session: !select -{best.name}",
        )


def _on_path(name: str, environ: Mapping[str, str]) -> str:
    for folder in environ.get("PATH", "").split(";"):
        # `Path.is_file` raises for a folder that is closed to this user.
        if folder and os.path.isfile(Path(folder, name)):  # noqa: PTH113
            return str(Path(folder, name))
    return ""
