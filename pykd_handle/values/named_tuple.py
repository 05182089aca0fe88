"""`typing.NamedTuple` as a class statement declares it, made in a fraction of the time.

That of `typing` compiles each annotation, and a constructor, of each class: of what a question for
one handle imports, that alone takes half of the time. Here annotations stay text, and constructors
of as many fields share their code, which is compiled once.
"""

from __future__ import annotations

from ..hints import TYPE_CHECKING

__all__ = ("NamedTuple",)

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import _tuplegetter
    from types import FunctionType

    _GLOBALS = {"new": tuple.__new__}
    _constructors = {}  # by the number of fields

    def _constructor(fields, defaults):
        """The ``__new__`` of a class of these fields, the last of which have these defaults."""
        code = _constructors.get(len(fields))
        if code is None:
            names = "".join(f"f{number}, " for number in range(len(fields)))
            made = eval(f"lambda cls, {names}: new(cls, ({names}))")
            code = _constructors[len(fields)] = made.__code__
        code = code.replace(co_varnames=("cls", *fields), co_name="__new__")
        return FunctionType(code, _GLOBALS, "__new__", defaults)

    class _Fields(tuple):
        """What all classes of named fields have."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _asdict(self):
            return dict(zip(self._fields, self))

        def _replace(self, **changes):
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no {', '.join(changes)}")
            return made

        def __repr__(self):
            fields = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({fields})"

        def __getnewargs__(self):
            return tuple(self)

    class _Declared(type):
        """Makes the class that a class statement declares."""

        def __new__(cls, name, bases, body):
            fields = tuple(body.get("__annotations__", ()))
            defaults = tuple(body[field] for field in fields if field in body)
            for number, field in enumerate(fields):
                body[field] = _tuplegetter(number, None)
            body["__slots__"] = ()
            body["_fields"] = body["__match_args__"] = fields
            body["__new__"] = new = _constructor(fields, defaults)
            new.__qualname__ = f"{name}.__new__"
            new.__module__ = body["__module__"]  # `help` of 3.13 stops where there is none
            return type(name, (_Fields,), body)

    NamedTuple = type.__new__(_Declared, "NamedTuple", (), {})
