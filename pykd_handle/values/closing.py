"""Whoever opens a thing and then finds that it can't serve, closes it: in one way."""

from __future__ import annotations

from ..hints import Any, Optional, Type

__all__ = ("ClosedOnError",)


class ClosedOnError:
    """A block at whose end a resource stays open; an error that leaves the block, or the user's
    wish to stop, closes it by its method ``close``."""

    def __init__(self, resource: Any) -> None:
        self._resource = resource

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Optional[Type[BaseException]], *_: object) -> None:
        if kind is not None:
            self._resource.close()
