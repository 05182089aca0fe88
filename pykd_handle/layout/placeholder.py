"""What may stand in a symbol store in place of a file: ``file.ptr``, and a packed ``name.pd_``.

``file.ptr`` has one line: ``PATH:`` with the name of the file, or ``MSG:`` with a text for people
(Microsoft's "SymStore"). A packed file is a cabinet, or what compress.exe made before (``SZDD``):
the standard library has no reader for either.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..hints import Tuple
from ..input_file import open_input
from ..values import SymbolsAdvice

__all__ = ("PACKED", "POINTER", "follow", "packed", "pointed", "unpacked")

POINTER = "file.ptr"
PACKED = (b"MSCF", b"SZDD\x88\xf0\x27\x33")
"""How packed files begin."""

_LONGEST = 1024  # bytes


def packed(path: Path) -> str:
    """What is to be done with a packed file."""
    plain = unpacked(path)
    if os.name == "nt":
        command = f'expand "{path}" "{plain}"'
    else:
        import shlex  # rarely needed

        # The expand of other systems is about tabs.
        command = f"7z e -so {shlex.quote(str(path))} > {shlex.quote(str(plain))}"
    return f"{path} is compressed: unpack it ({command})"


def unpacked(path: Path) -> Path:
    """The file that a packed one is to become."""
    name = path.name
    return path.with_name(f"{name[:-1]}b" if name.endswith("_") else f"{name}.pdb")


def pointed(pointer: Path) -> str:
    """Where a ``file.ptr`` leads that is not followed: for the user to decide."""
    _, said = _read(pointer)
    return f"{pointer} leads to {said}: give that to --symbols"


def follow(pointer: Path) -> Path:
    """The file that a ``file.ptr`` leads to, in a store that the user has set up: a plain file, and
    no second ``file.ptr``. Raises `SymbolsAdvice` with what to do where there is none."""
    kind, said = _read(pointer)
    if kind == "MSG":
        raise SymbolsAdvice(f"{pointer} says: {said}; get the file so, and give it to --symbols")
    target, why = Path(said), "no full name of a file here"
    if kind == "PATH" and target.is_absolute() and target.name.lower() != POINTER:
        try:
            open_input(target).close()
            return target
        except OSError as error:
            why = error.strerror or str(error)
    raise SymbolsAdvice(
        f"{pointer} leads to {said} ({why}): get that file, and give it to --symbols"
    )


def _read(pointer: Path) -> Tuple[str, str]:
    """The kind of a ``file.ptr``, ``PATH`` or ``MSG``, and what stands behind it."""
    try:
        with open_input(pointer) as file:
            data = file.read(_LONGEST)
    except OSError as error:
        return "", error.strerror or str(error)
    line = "".join(data.decode("utf-8", "replace").splitlines()[:1])
    kind, _, said = line.partition(":")
    return kind.strip().upper(), said.strip() or "nothing"
