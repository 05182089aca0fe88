"""A wheel of pykd that the user has: for a Python that PyPI has none for.

PyPI's wheels of pykd end at CPython 3.9. A public fork has wheels for later ones on its release
page; none of them is fetched here, and whether to trust one is for the user to say.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ...hints import Tuple
from ...values import NamedTuple
from .errors import InstallError

__all__ = ("PykdWheel", "read_pykd_wheel")

# The file name convention of the packaging specifications: name, version, build, tags.
_NAME = re.compile(
    r"pykd-[^-]+(?:-\d[^-]*)?-cp(?P<major>\d)(?P<minor>\d+)-(?:cp\d+m?u?|none)"
    r"-win(?P<bits>32|_amd64)\.whl",
    re.IGNORECASE,
)
_WANTED = "a wheel of pykd for Windows, such as pykd-0.3.4.15-cp312-cp312-win_amd64.whl"


class PykdWheel(NamedTuple):
    """The file, the version of Python that it is for, and its bitness."""

    path: Path
    python: Tuple[int, int]
    bits: int


def read_pykd_wheel(path: Path, bits: int) -> PykdWheel:
    """What a wheel says of itself by its name. Raises `InstallError` where it can't serve a
    debugger of this bitness."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InstallError(f"{path}: its name is not that of {_WANTED}")
    if not path.is_file():
        raise InstallError(f"{path}: not there")
    if not zipfile.is_zipfile(path):
        raise InstallError(f"{path}: no wheel (it is no zip file): fetch it again")
    wheel = PykdWheel(
        path, (int(match["major"]), int(match["minor"])), 32 if match["bits"] == "32" else 64
    )
    if wheel.bits != bits:
        raise InstallError(
            f"{path}: {wheel.bits}-bit, the debugger is {bits}-bit: take the wheel of its bitness"
        )
    return wheel
