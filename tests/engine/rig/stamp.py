"""The stamp: a name that changes whenever the rig would come out different."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .wine import wine_version

__all__ = ["rig_stamp"]

# Only files that decide what is built; how a built rig is used may change freely.
_BUILDERS = (
    "build.py", "home.py", "native.py", "wheels.py", "wheels.txt", "wine.py", "sources/*",
    "../../../pykd_handle/setup/install/requirements*.txt",
)  # fmt: skip


def rig_stamp() -> str:
    """A short hash of the rig's sources, the wheels' versions and Wine's."""
    here = Path(__file__).parent
    digest = hashlib.sha256(wine_version().encode())
    for pattern in _BUILDERS:
        for path in sorted(here.glob(pattern)):
            if path.is_file():
                digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
