"""Listing everything of a dump that may be damaged."""

from __future__ import annotations

from pykd_handle.kernel import Kernel
from pykd_handle.request import parse_request
from pykd_handle.targets import Target
from pykd_handle.values import PykdHandleError
from pykd_handle.views import Listing

__all__ = ("list_all",)


def list_all(target: Target) -> None:
    """List the handles of the current process and of all; an error is one line."""
    for words in ("0 7", "0 3 0"):
        try:
            list(Listing(Kernel(target), parse_request(words.split())).records())
        except PykdHandleError as error:
            assert "\n" not in str(error)
