"""Where a file comes from: its hash, and its mark of the web.

Browsers note the address of a download in a second stream of the file, ``Zone.Identifier``, in the
form of an INI file (MS-FSCC, "Zone.Identifier Stream Name").
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ...hints import Optional

__all__ = ("MARK", "has_mark", "origin")

MARK = ":Zone.Identifier"
_LONGEST_MARK = 0x10000
_LONGEST_ADDRESS = 200
# What follows the path of an address may be a key to it.
_ADDRESS = re.compile(r"^(?:HostUrl|ReferrerUrl)=(\w+://[^\s?#]+)", re.MULTILINE)


def has_mark(path: Path) -> bool:
    """Whether the file has come from elsewhere, as far as Windows knows."""
    return _mark(path) is not None


def origin(path: Path) -> str:
    """``sha256 ..., from ADDRESS`` of a file. Raises `OSError`."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    mark = _mark(path)
    if mark is None:
        return f"sha256 {digest}, origin unknown (no mark of the web)"
    # The address of the file comes after that of the page that leads to it.
    addresses = _ADDRESS.findall(mark)
    if not addresses:
        return f"sha256 {digest}, from another computer (its mark of the web names no address)"
    address = ascii(addresses[-1][:_LONGEST_ADDRESS])[1:-1]
    return f"sha256 {digest}, from {address}"


def _mark(path: Path) -> Optional[str]:
    try:
        with Path(f"{path}{MARK}").open("rb") as stream:
            data = stream.read(_LONGEST_MARK)
    except (OSError, ValueError):
        # No such stream, or a file system without streams.
        return None
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
