"""What the classic texts share: a value, or why there is none, in their words."""

from __future__ import annotations

from ..hints import Any, Callable
from ..values import Absent, Unavailable
from .base import Renderer
from .by_type import ByType

__all__ = ("ClassicRenderer",)


class ClassicRenderer(Renderer):
    """Writes values; ``none`` is the word for one that is not there."""

    none = "none"

    def _value(self, value: Any, form: str = "d") -> str:
        """A value as text; numbers in a format of `format`."""
        if isinstance(value, int):
            return format(value, form)
        if type(value) is str:
            return self.clean(value)
        return _VALUES[type(value)](self, value, form)


_VALUES: ByType[Callable[[ClassicRenderer, Any, str], str]] = ByType(
    {
        object: lambda self, value, form: self.clean(value),
        Absent: lambda self, value, form: self.none,
        type(None): lambda self, value, form: self.none,
        Unavailable: lambda self, value, form: f"<Unavailable: {self.clean(value)}>",
    }
)
