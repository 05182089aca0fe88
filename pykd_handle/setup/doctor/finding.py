"""One thing that the doctor looked at."""

from __future__ import annotations

from ...values import NamedTuple

__all__ = ("MISSING", "NOTE", "OK", "Finding")

OK = "ok"
# Worth knowing, or in the way of a part only.
NOTE = "note"
# In the way of everything.
MISSING = "MISSING"


class Finding(NamedTuple):
    """``status`` is one of the three words, ``advice`` what to do about it (may be empty)."""

    status: str
    subject: str
    text: str
    advice: str = ""
