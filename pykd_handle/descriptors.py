"""File descriptors: that behind a stream, that which a name such as /dev/fd/3 stands for, and that
of a new file."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress

from .hints import TYPE_CHECKING, Any, Optional
from .input_file import is_guarded
from .values import NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = (
    "PLAIN",
    "Named",
    "create_as",
    "descriptor_of",
    "is_terminal",
    "leads_into_input",
    "line_width",
    "named_descriptor",
    "silence",
)

PLAIN = getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
"""How whatever is written to is opened: it is no terminal of ours, no text, no link."""

# What Linux makes of /dev/fd/1 and of /dev/stdout, and the folder itself elsewhere.
_DESCRIPTOR = r"/proc/(\d+)/(?:task/\d+/)?fd/(\d+)|/dev/fd/(\d+)"
_MOST_LINKS = 40


class Named(NamedTuple):
    """An open file of a process, ours (``own``) or another one's, by its number."""

    own: bool
    number: int


def named_descriptor(path: str) -> Optional[Named]:
    """The descriptor that a name such as /dev/fd/3 or /dev/stdout stands for, if it is one.

    The link behind such a name leads to no place in the file system: the file may be deleted, or
    have another name by now, and what has it open goes on with the old one.
    """
    # Imported where it is needed: help is to be there at once.
    from pathlib import Path

    link = Path(path)
    for _ in range(_MOST_LINKS):
        try:
            link = link.parent.resolve() / link.name
            found = re.fullmatch(_DESCRIPTOR, link.as_posix())
            if found:
                pid, number, ours = found.groups()
                own = ours is not None or int(pid) == os.getpid()
                return Named(own, int(ours or number))
            link = link.parent / os.readlink(link)
        except (OSError, ValueError, RuntimeError):  # no link, no name, a circle of links
            return None
    return None


def descriptor_of(stream: Any) -> Optional[int]:
    """The file descriptor behind a stream, or None: the debugger's has none."""
    try:
        descriptor = int(stream.fileno())
        os.fstat(descriptor)
    except (AttributeError, OSError, ValueError):
        return None
    return descriptor


def leads_into_input(stream: Any) -> bool:
    """Whether what is written to a stream would go into the dump or its symbols."""
    descriptor = descriptor_of(stream)
    return descriptor is not None and is_guarded(os.fstat(descriptor))


def silence(stream: Any) -> None:
    """Let a broken stream lead nowhere, so that the interpreter's last flush of it can't fail."""
    descriptor = descriptor_of(stream)
    if descriptor is None:
        return  # without a file behind it, nothing is left to be flushed
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def create_as(part: Path, old: Optional[os.stat_result]) -> int:
    """Open a new file with the owner and the permissions of the old one, as far as is allowed.

    Until it has them it is nobody's but ours: who may not read the old one never reads this one.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | PLAIN
    if old is None:
        return os.open(part, flags, 0o666)
    descriptor = os.open(part, flags, 0o600)
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(part, old.st_uid, old.st_gid)
    with suppress(OSError):
        part.chmod(stat.S_IMODE(old.st_mode))
    return descriptor


def is_terminal(stream: Any) -> bool:
    """Whether somebody looks at a stream as it comes."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # none, the debugger's, or closed
        return False


def line_width(stream: Any) -> int:
    """How many characters a line of the terminal has that a stream is; 0 where it is none, or one
    that does not tell."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        return 0
