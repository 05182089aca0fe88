"""The commands: one small file each, declared by `command`, found by their place in this room.

A command's module imports nothing of `pykd_handle.model` or below at its top, so that ``--help``
costs nothing. No command's name is a hexadecimal number, a register or a flag.
"""

from .registry import (
    BEGINNING,
    DEFAULT,
    KERNEL,
    USER,
    Argument,
    Command,
    Run,
    command,
    every,
    find_command,
)

__all__ = (
    "BEGINNING",
    "DEFAULT",
    "KERNEL",
    "USER",
    "Argument",
    "Command",
    "Run",
    "command",
    "every",
    "find_command",
)
