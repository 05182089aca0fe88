"""From options to an answer: which target, which mode, which view, which renderer.

The kind of target decides between kernel and user mode: a minidump or a user-mode session takes
``[Handle [Flags [TypeName]]]``, everything else ``[Handle [Flags [Process [TypeName]]]]``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterable, Iterator, List, NamedTuple, Optional, Sequence, TypeVar

from .commands import Run
from .commands.list.user import list_user
from .commands.list.user_columns import USER_COLUMNS
from .commands.list.user_request import parse_user_request
from .console import Progress, aside, complain
from .kernel import Kernel
from .model.user import UserKernel
from .output import Output
from .record import HandleRecord
from .render import Writer, renderer, user_renderer
from .request import parse_request
from .targets import Target
from .usermode import UserSource, connect_engine, is_minidump, open_minidump
from .values import TargetError, UsageError
from .views import Listing

__all__ = ("Answer", "open_dump_file", "open_session")

RecordT = TypeVar("RecordT")


class Answer(NamedTuple):
    """A request that can be answered: call ``show``, then ``close``.

    ``notes`` are told before, ``failed`` says after ``show`` whether what was asked for could not
    be answered, ``place`` where it stood when it was stopped.
    """

    notes: List[str]
    show: Callable[[Output, Writer], None]
    failed: Callable[[], bool]
    place: Callable[[], str]
    close: Callable[[], None]


def open_dump_file(path: Path, symbols: Optional[Path], words: Sequence[str], form: str) -> Answer:
    """Answer from a dump file. Raises `PykdHandleError`; usage is checked before it is opened."""
    if is_minidump(path):
        if symbols is not None:
            raise UsageError("--symbols is for kernel dumps; this is a user-mode minidump")
        parse_user_request(words)
        return _user(open_minidump(path), words, form)
    parse_request(words)
    from .model.recovery import open_kernel_dump

    return _kernel(open_kernel_dump(path, symbols, Progress()), words, form)


def open_session(symbols: Optional[Path], words: Sequence[str], form: str) -> Answer:
    """Answer from the debugger's session. Raises `PykdHandleError`."""
    from .targets.session import ForeignPykd, connect, is_kernel_session

    try:
        pykd = connect()
    except TargetError as error:
        why = f" ({error})" if isinstance(error, ForeignPykd) else ""
        raise UsageError(
            f"no target: give --dump FILE (a crash dump); see -h for all options{why}"
        ) from None
    if is_kernel_session(pykd):
        from .model.recovery import open_kernel_session

        return _kernel(open_kernel_session(pykd, symbols), words, form)
    if symbols is not None:
        raise UsageError("--symbols is for kernel sessions; this one is of user mode")
    return _user(connect_engine(), words, form)


def _kernel(target: Target, words: Sequence[str], form: str) -> Answer:
    try:
        make = renderer(form)
        request = parse_request(words, target.evaluate)
        listing = Listing(Kernel(target), request)
    except Exception:
        target.close()
        raise

    def show(out: Output, remarks: Writer) -> None:
        def placed(line: str) -> str:
            found = f", what was found so far is {out.meanwhile}" if out.meanwhile else ""
            return f"{line}; the listing stands {listing.place}{found}"

        def warn(line: str) -> None:
            # Whoever gives up now and ends the program is to have what was found.
            out.flush()
            complain(placed(line))

        target.alarm(warn, lambda line: aside(placed(line)))
        try:
            make(out, remarks, request).render(_announced(listing.records(), out))
        except TargetError as error:
            if not listing.found:
                raise
            raise TargetError(
                f"{error}; stopped {listing.place}; what was found so far is {out.where}"
            ) from None
        # In the listing it is the reason of single cells, or of nothing.
        for line in target.symbol_damage():
            complain(line)

    def failed() -> bool:
        return listing.failed or bool(target.symbol_damage())

    return Answer(target.notes(), show, failed, lambda: listing.place, target.close)


def _user(source: UserSource, words: Sequence[str], form: str) -> Answer:
    try:
        make = user_renderer(form)
        request = parse_user_request(words, source.evaluate)
    except Exception:
        source.close()
        raise
    run = Run()

    def show(out: Output, remarks: Writer) -> None:
        items = list_user(UserKernel(source), request, run)
        make(out, remarks, USER_COLUMNS).render(_announced(items, out))

    notes = list(map(str, source.notes()))
    return Answer(notes, show, lambda: run.failed, lambda: str(run.place), source.close)


def _announced(records: Iterable[RecordT], out: Output) -> Iterator[RecordT]:
    """The same records; the output learns when the first row comes."""
    for record in records:
        if not out.rows and isinstance(record, (HandleRecord, list)):
            out.row()
        yield record
