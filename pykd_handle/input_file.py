"""Files that are read: dumps and symbols. Plain files only, and guarded while a run lasts.

Opening a pipe waits for whoever writes into it, and a device has no end: neither is opened. The
dump and the symbols that are used are guarded: no report and no note is written over them, whatever
name leads there. Files that were only looked into, in search of symbols, are not.
"""

from __future__ import annotations

import errno
import os
import stat

from .hints import TYPE_CHECKING, BinaryIO, List, Union
from .values import NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = (
    "forget_inputs",
    "guard",
    "is_file",
    "is_folder",
    "is_guarded",
    "open_input",
    "read_at",
    "same_file",
)

# A pipe that took the place of a file is not waited for, either.
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


class _Guarded(NamedTuple):
    """A file by what the system says of it, and by its name, without links."""

    status: os.stat_result
    name: str


_guarded: List[_Guarded] = []


def open_input(path: Path, buffering: int = -1) -> BinaryIO:
    """Open a plain file for reading. Raises `OSError`; ``strerror`` of it is a phrase for the user.

    ``buffering`` is that of `open`. Never waits: what is no plain file is not opened. Nor is an
    empty one: the endless ones of /proc and /sys (the kernel's messages) say that they are empty.
    """
    try:
        _refuse(path.stat())
    except ValueError:  # a null character in the name
        raise OSError(errno.EINVAL, "no valid file name") from None
    file: BinaryIO = open(path, "rb", buffering, opener=_open)  # noqa: SIM115
    try:
        _refuse(os.fstat(file.fileno()))
    except OSError:
        file.close()
        raise
    return file


def is_folder(path: Path) -> bool:
    """Whether a folder is there. None is where this user may not look, or no name can be so long:
    the methods of `Path` raise then."""
    return os.path.isdir(path)


def is_file(path: Path) -> bool:
    """The same of a plain file."""
    return os.path.isfile(path)


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """``size`` bytes at ``offset``, fewer where the file ends. Raises what its methods raise."""
    file.seek(offset)
    data = file.read(size)
    while len(data) < size:
        # One call may bring less than asked for (signals, network file systems).
        more = file.read(size - len(data))
        if not more:
            break
        data += more
    return data


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _FLAGS)


def _refuse(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, "a folder (directory), not a file")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "no plain file")
    if not status.st_size:
        raise OSError(errno.EINVAL, "an empty file")


def guard(path: Union[str, Path]) -> None:
    """Guard a file that this run reads; what is no file needs no guard."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return
    if stat.S_ISREG(status.st_mode):
        _guarded.append(_Guarded(status, _name(path)))


def is_guarded(status: os.stat_result, path: Union[str, Path, None] = None) -> bool:
    """Whether this file is a guarded one, through whatever link; ``path`` leads to it, if any."""
    if any(same_file(status, one.status) for one in _guarded):
        return True
    return path is not None and any(_name(path) == one.name for one in _guarded)


def same_file(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether both are of one file.

    Some file systems number no files. Two of those are taken for one where nothing tells them
    apart: better a report that has to be named anew than a dump that is gone.
    """
    if one.st_ino and other.st_ino:
        return os.path.samestat(one, other)
    return (one.st_dev, one.st_mode, one.st_size, one.st_mtime_ns) == (
        other.st_dev,
        other.st_mode,
        other.st_size,
        other.st_mtime_ns,
    )


def forget_inputs() -> None:
    """Begin a new run: in a debugger one Python runs many commands."""
    _guarded.clear()


def _name(path: Union[str, Path]) -> str:
    return os.path.normcase(os.path.realpath(path))
