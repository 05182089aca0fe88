"""What the user says about symbols."""

from __future__ import annotations

import os
from pathlib import Path

from ...hints import Mapping, Optional, Union
from ...values import NamedTuple

__all__ = ("DOWNLOAD", "Wish", "wish_of")

DOWNLOAD = "PYKD_HANDLE_DOWNLOAD"
"""The variable that says, with ``always``, what ``--download`` says for one run."""


class Wish(NamedTuple):
    """``path`` is a file or folder that is given, ``download`` allows to ask the servers that a
    symbol path names, ``keep`` to keep the parts of an ISF file that are in use."""

    path: Optional[Path] = None
    download: bool = False
    keep: bool = True

    def may_download(self, environ: Mapping[str, str] = os.environ) -> bool:
        """Whether the user said so, now or for good."""
        return self.download or environ.get(DOWNLOAD, "").strip().lower() == "always"


def wish_of(symbols: Union[str, Path, Wish, None]) -> Wish:
    """The wish of who gives a path, or nothing."""
    if isinstance(symbols, Wish):
        return symbols
    return Wish(None if symbols is None else Path(symbols))
