"""The errors of the package: one tree, each with the exit code that it ends a run with.

Everything that a user can cause or that a dump can hold ends in one of these; the command line
prints the message as one line and no traceback.
"""

from __future__ import annotations

__all__ = (
    "CorruptedError",
    "MemoryUnavailable",
    "MissingField",
    "MissingSymbol",
    "MissingType",
    "NoSymbols",
    "OutputError",
    "PykdHandleError",
    "SymbolsError",
    "TargetError",
    "UsageError",
)


class PykdHandleError(Exception):
    """Base of all errors of the package; ``str()`` of it is one line for the user."""

    exit_code = 1


class UsageError(PykdHandleError):
    """The arguments are wrong; the line says which one and what is expected."""

    exit_code = 2


class TargetError(PykdHandleError):
    """A dump file or a debugging session can't be used at all."""


class OutputError(PykdHandleError):
    """What was found can't be written where it is to go."""


class SymbolsError(TargetError):
    """A symbol file can't be used: damaged, not found, or of another kernel."""


class NoSymbols(SymbolsError):
    """No symbol file for this kernel was found; nothing is wrong with any that was."""


class MissingSymbol(PykdHandleError):
    """The symbols of the kernel do not hold a name that was asked for; ``recovered`` where there
    are no symbols of it, but a layout in their place."""

    def __init__(self, name: str, recovered: bool = False) -> None:
        super().__init__(
            f"nt!{name} is not known without symbols"
            if recovered
            else f"the symbols have no nt!{name}"
        )
        self.name = name


class MissingType(PykdHandleError):
    """The symbols of the kernel do not hold a structure that was asked for; ``recovered`` where
    there are no symbols of it, but a layout in their place."""

    def __init__(self, name: str, recovered: bool = False) -> None:
        super().__init__(
            f"the type nt!{name} is not known without symbols"
            if recovered
            else f"the symbols have no type nt!{name}"
        )
        self.name = name


class MissingField(PykdHandleError):
    """A structure has no field of the name asked for (other Windows builds may have it)."""

    def __init__(self, struct: str, field: str) -> None:
        super().__init__(f"nt!{struct} has no field {field}")
        self.struct = struct
        self.field = field


class MemoryUnavailable(PykdHandleError):
    """Memory of the target that can't be read.

    ``address`` is the first byte (virtual address) that is missing, ``reason`` says why in a few
    words: ``not in the dump``, ``in the page file`` and the like.
    """

    def __init__(self, address: int, reason: str) -> None:
        super().__init__(f"0x{address:x}: {reason}")
        self.address = address
        self.reason = reason


class CorruptedError(PykdHandleError):
    """Memory was read, but what it holds can't be: a wild pointer, an absurd length, a cycle."""

    def __init__(self, address: int, reason: str) -> None:
        super().__init__(f"0x{address:x}: {reason}")
        self.address = address
        self.reason = reason
