"""The exceptions of pykd, and those of Boost.Python, which binds it to Python."""

from __future__ import annotations

__all__ = (
    "ArgumentError",
    "DbgException",
    "MemoryException",
    "RealPykdCrashes",
    "SymbolException",
    "TypeException",
)


class DbgException(Exception):
    """Base of all exceptions of pykd."""


class MemoryException(DbgException):
    """Memory that can't be read; the text names the address as it was given."""


class SymbolException(DbgException):
    """A symbol or a type that is not there."""


class TypeException(SymbolException):
    """A type that has not what was asked for."""


class ArgumentError(TypeError):
    """What Boost.Python raises for arguments that no overload takes."""


class RealPykdCrashes(AssertionError):
    """The real module takes the debugger down here: code under test must never come this way."""


for _exception in (DbgException, MemoryException, SymbolException, TypeException):
    _exception.__module__ = "pykd"
ArgumentError.__module__ = "Boost.Python"
