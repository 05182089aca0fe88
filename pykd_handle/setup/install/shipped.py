"""Text files of the package, also out of a wheel that is not installed."""

from __future__ import annotations

import pkgutil

from .errors import InstallError

__all__ = ("shipped",)


def shipped(name: str) -> str:
    """The text of ``pykd_handle/<name>``, with plain line ends. Raises `InstallError`."""
    try:
        data = pkgutil.get_data("pykd_handle", name)
    except OSError:
        data = None
    if data is None:
        raise InstallError(f"pykd_handle/{name} is missing from this copy of the package")
    return data.decode("utf-8").replace("\r\n", "\n")
