"""Taking the user out of paths: a report is meant to be shown to others."""

from __future__ import annotations

import re

from ...hints import Mapping

__all__ = ("anonymous",)

_SEPARATORS = r"[\\/]"


def anonymous(text: str, environ: Mapping[str, str]) -> str:
    """``text`` as ASCII, with the home folder and the user's name replaced where they occur.

    The home folder becomes ``~``; elsewhere a folder that has the user's name becomes ``<user>``.
    """
    for variable in ("USERPROFILE", "HOME"):
        home = environ.get(variable, "").rstrip("\\/")
        if len(home) > 3:
            pattern = rf"{re.escape(home)}(?={_SEPARATORS}|\W|$)"
            text = re.sub(pattern, "~", text, flags=re.IGNORECASE)
    for variable in ("USERNAME", "USER", "LOGNAME"):
        name = environ.get(variable)
        if name:
            pattern = rf"(?<={_SEPARATORS}){re.escape(name)}(?={_SEPARATORS}|\s|$)"
            text = re.sub(pattern, "<user>", text, flags=re.IGNORECASE)
    return text.encode("ascii", "backslashreplace").decode("ascii")
