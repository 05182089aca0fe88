"""Where an answer is written that is not for the screen: a file, a pipe.

A report that is there already is the user's: nothing touches it before the first row of a new one
is found. From then on the new one grows beside it, and takes its place at the end, however that
comes. Pipes and devices are written to as they are.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from .descriptors import (
    PLAIN,
    create_as,
    descriptor_of,
    named_descriptor,
)
from .hints import TYPE_CHECKING, Any, Callable, List, NoReturn, Optional
from .input_file import is_guarded
from .screen import Output, open_screen, reason
from .values import OutputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("open_output",)

_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


OpenStream = Callable[[int], Any]


def _text(descriptor: int) -> Any:
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")


class _Straight(Output):
    """A pipe or a device, which is written to as it comes."""

    def __init__(self, descriptor: int, path: str, option: str, stream: OpenStream) -> None:
        super().__init__(stream(descriptor), f"{option}{path}")
        self.where = f"in {path}"

    def close(self) -> None:
        """Close it."""
        try:
            self._stream.close()
        except OSError as error:
            if not self.broken:
                self._fail(error)


class _File(Output):
    """A plain file, new or in the place of an old one (``status``)."""

    def __init__(
        self, path: str, status: Optional[os.stat_result], option: str, stream: OpenStream
    ) -> None:
        super().__init__(None, f"{option}{path}")
        self.where = ""
        self._name = path
        self._complete = False
        self._open_stream = stream
        # What a link leads to is what is replaced, as `open` would write there.
        # Imported where it is needed: help is to be there at once.
        from pathlib import Path

        target = Path(path)
        self._target = target.resolve() if target.is_symlink() else target
        self._status = status
        self._held: List[str] = []
        self._part: Optional[Path] = None

    @property
    def encoding(self) -> str:
        """Always UTF-8."""
        return "utf-8"

    def row(self) -> None:
        """Begin the new file, beside the old one."""
        self.rows = True
        if self._stream is None:
            self._begin()

    def complete(self) -> None:
        """An answer without a row is one, too, but the user's old report is worth more."""
        self._complete = True
        if self._status is None:
            self.row()

    def write(self, text: str) -> None:
        """Write text; nothing reaches the disk before the first row."""
        if self._stream is None:
            self._held.append(text)
        else:
            super().write(text)

    def flush(self) -> None:
        """Let go of what is held back, if there is a file already."""
        if self._stream is not None:
            super().flush()

    def close(self) -> None:
        """Put the new file in its place, if there is any."""
        if self._part is None:
            return
        try:
            self._stream.close()
        except OSError as error:
            try:
                self._fail(error)
            finally:
                self._replace(self._part)
        self._replace(self._part)

    def _begin(self) -> None:
        part = self._target.with_name(f"{self._target.name[:60]}.{os.urandom(4).hex()}.part")
        try:
            descriptor = create_as(part, self._status)
        except OSError as error:
            raise OutputError(f"{self._called}: {reason(error)}") from None
        self._stream = self._open_stream(descriptor)
        self._part = part
        self.where = f"in {self._name}"
        self.meanwhile = f"in {part}"
        held, self._held = self._held, []
        self.write("".join(held))

    def _replace(self, part: Path) -> None:
        """The new file takes the place of the old one, unless nothing of it could be written."""
        try:
            if self._worthless(part):
                part.unlink()
            else:
                part.replace(self._target)
        except OSError as error:
            # On Windows: another program has the old one open.
            raise OutputError(
                f"{self._called}: {reason(error)}; what was found is in {part}"
            ) from None
        self._part = None

    def _worthless(self, part: Path) -> bool:
        lost = self.broken or not self._complete
        return lost if self.whole else self.broken and not part.stat().st_size

    def _fail(self, error: Exception) -> NoReturn:
        try:
            super()._fail(error)
        except OutputError as failure:
            if self._part is None or self._worthless(self._part):
                raise
            raise OutputError(f"{failure}; what there was room for is {self.where}") from None


def open_output(
    path: Optional[str], option: str = "--output ", stream: OpenStream = _text
) -> Output:
    """The screen, or what ``--output`` names; ``option`` stands before the name in messages, and
    ``stream`` makes a stream for text of a descriptor that it takes over.

    Raises `OutputError`, and `UsageError` where that is a file which this run reads.
    """
    if path is None:
        if sys.stdout is None:
            raise OutputError("output: there is none, it is closed; give --output FILE")
        return open_screen()
    if path.endswith(_SEPARATORS):
        raise OutputError(f"{option}{path}: names a folder (directory), not a file")
    place = named_descriptor(path)
    if place is not None and place.own:
        return _open_own(path, place.number, option, stream)
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return _new_file(path, option, stream)
    except (OSError, ValueError) as error:
        raise OutputError(f"{option}{path}: {reason(error)}") from None
    if is_guarded(status, path):
        raise _is_read(path, option)
    for ours in (sys.stdout, sys.stderr):
        # The same file by its own name: the shell opened it, perhaps to append to it.
        descriptor = descriptor_of(ours)
        if descriptor is None or not status.st_ino:
            continue
        if os.path.samestat(status, os.fstat(descriptor)):
            return _Straight(os.dup(descriptor), path, option, stream)
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(f"{option}{path}: {os.strerror(errno.EISDIR)}")
    if stat.S_ISBLK(status.st_mode):
        raise OutputError(f"{option}{path}: a disk, not a file")
    if stat.S_ISREG(status.st_mode) and place is None:
        if not os.access(path, os.W_OK):
            raise OutputError(f"{option}{path}: {os.strerror(errno.EACCES)}")
        return _File(path, status, option, stream)
    descriptor = _open_straight(path, stat.S_ISFIFO(status.st_mode), option)
    return _Straight(descriptor, path, option, stream)


def _open_own(path: str, number: int, option: str, stream: OpenStream) -> Output:
    """What this process has open already: written to where it stands."""
    streams = {1: sys.__stdout__, 2: sys.__stderr__}
    try:
        if streams.get(number, path) is None:
            # Another file has got the number since.
            raise OSError(errno.EBADF, "it is closed")
        status = os.fstat(number)
        if is_guarded(status):
            raise _is_read(path, option)
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        return _Straight(os.dup(number), path, option, stream)
    except (OSError, OverflowError) as error:
        raise OutputError(f"{option}{path}: {reason(error)}") from None


def _is_read(path: str, option: str) -> UsageError:
    return UsageError(
        f"{option}{path} is the file that is read, the dump or its symbols; name another one"
    )


def _new_file(path: str, option: str, stream: OpenStream) -> Output:
    from pathlib import Path

    target = Path(path).resolve()
    if not target.name or not target.parent.is_dir():
        raise OutputError(f"{option}{path}: {os.strerror(errno.ENOENT)}")
    return _File(path, None, option, stream)


def _open_straight(path: str, pipe: bool, option: str) -> int:
    """Open a pipe, a device or what another process has open, without waiting for somebody who
    reads the pipe."""
    patience = getattr(os, "O_NONBLOCK", 0)
    flags = os.O_WRONLY | os.O_APPEND | patience | PLAIN
    try:
        descriptor = os.open(path, flags)
        if patience:
            os.set_blocking(descriptor, True)
    except OSError as error:
        why = reason(error)
        if pipe and error.errno == errno.ENXIO:
            why = "nobody reads this pipe"
        raise OutputError(f"{option}{path}: {why}") from None
    return descriptor
