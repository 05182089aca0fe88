"""Wheels, put together again from where the rig has unpacked them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ..rig import Rig

__all__ = ["wheel_of"]


def wheel_of(rig: Rig, name: str, folder: Path) -> Path:
    """The wheel that pip would fetch: all its files, and its RECORD, are those of the original."""
    (info,) = rig.site.glob(f"{name}-*.dist-info")
    (tag, *_) = re.findall(r"^Tag: (\S+)", (info / "WHEEL").read_text(), re.MULTILINE)
    wheel = folder / f"{info.name[: -len('.dist-info')]}-{tag}.whl"
    listed = (line.split(",")[0] for line in (info / "RECORD").read_text().splitlines())
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as archive:
        for each in listed:
            # tabulate lists a script that pip makes, which lies elsewhere.
            if (rig.site / each).is_file():
                archive.write(rig.site / each, each)
    return wheel
