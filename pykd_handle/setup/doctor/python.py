"""The Python that runs this, and the packages that it has."""

from __future__ import annotations

import platform
import struct
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...hints import Iterator, Optional
from ...version import __version__
from .finding import NOTE, OK, Finding

__all__ = ("look_at_packages", "look_at_python", "version_of")


def look_at_python() -> Iterator[Finding]:
    """The package's own version and place, and Python's."""
    yield Finding(OK, "pykd_handle", f"{__version__} in {Path(__file__).resolve().parents[2]}")
    bits = 8 * struct.calcsize("P")
    name = platform.python_implementation()
    yield Finding(
        OK,
        "Python",
        f"{name} {platform.python_version()}, {bits}-bit, in {Path(sys.executable).name or '?'} "
        f"({sys.base_prefix})",
    )
    yield Finding(OK, "system", platform.platform())


def look_at_packages() -> Iterator[Finding]:
    """The optional packages, and what there is without them."""
    name, without = "tabulate", "--format table does not work"
    found = version_of(name)
    if found is not None:
        yield Finding(OK, name, found)
    else:
        yield Finding(NOTE, name, f"not installed: {without}", f"pip install {name}")


def version_of(name: str) -> Optional[str]:
    """The version of an installed package; None where there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
