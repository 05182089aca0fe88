"""The command line: words in, text and an exit code out. The only reader of ``sys.argv``.

Exit codes: 0 answered, 1 not answered (or not to the end), 2 wrong usage. Every error is one line
on the error stream, without a traceback.
"""

from __future__ import annotations

import argparse
import gc
import os
import stat
import sys
import time
from contextlib import ExitStack, contextmanager
from itertools import chain

from .arguments import arguments_lost
from .commands import BEGINNING, Command, Run, every
from .commands.arrange import Arrangement
from .commands.words import is_number
from .console import NOTES, PROGRAM, Progress, aside, complain, defect, remark
from .hints import TYPE_CHECKING, Any, Iterable, Iterator, List, Optional, Sequence, Tuple
from .input_file import forget_inputs, guard
from .options import OPTIONS, named_command, parse
from .output import open_output
from .render import find_renderer
from .render.escape import printable
from .render.words import words
from .rows import Block, Item, Note
from .screen import Output, is_window, open_screen
from .values import ClosedOnError, PykdHandleError, Sentence, TargetError, UsageError
from .version import __version__

if TYPE_CHECKING:
    from .model import Kernel
    from .render.base import Renderer

__all__ = ("main",)

_SHOWN_EVERY = 0.3  # seconds
_INPUTS = ("--dump", "--symbols")
_DUMP_ENDINGS = (
    *(".dmp", ".mdmp", ".hdmp", ".dump", ".elf", ".core"),
    *(".raw", ".mem", ".vmem", ".img", ".bin", ".dd"),
)


class _Stopped(PykdHandleError):
    """Ctrl+C, or what Ctrl+Break becomes in the debugger; the line says where it stopped."""


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run with these words (default: those of the process). Returns the exit code."""
    typed = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(typed)
    except PykdHandleError as error:
        complain(error)
        return error.exit_code
    except (KeyboardInterrupt, SystemExit) as error:
        # Before the listing, or once more while the first one was being handled.
        before = error.__context__
        place = "stopped" if before is not None else f"stopped {BEGINNING}"
        complain(before if isinstance(before, _Stopped) else place)
        return 1
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`).
        return 1
    except MemoryError:
        complain("there is not enough memory for this")
        return 1
    except Exception as error:
        # A defect of ours: one line that can be reported, and the way to see all of it.
        if os.environ.get("PYKD_HANDLE_TRACEBACK"):
            raise
        complain(defect(error))
        return 1


def _run(typed: List[str]) -> int:
    _refuse_lost(typed)
    forget_inputs()
    _guard_inputs(typed)
    command, named, options = parse(typed)
    if options.help:
        from .commands.help import help_of, overview

        return _print(help_of(command, OPTIONS) if named else overview(every(), OPTIONS))
    if options.version:
        return _print(f"{PROGRAM} {__version__}\n")
    if command.run is None:
        from .setup.doctor import doctor

        with open_screen() as screen:
            return doctor(screen, printable)
    kernel, asked = _open(command, options)
    with kernel:
        return _show(kernel, command, *asked, options, typed)


def _refuse_lost(typed: Sequence[str]) -> None:
    """Raise `UsageError` for words that the debugger lost on their way."""
    command, _ = named_command(typed)
    if not arguments_lost(typed, names=command is not None):
        return
    from .model import in_debugger

    if in_debugger():
        raise UsageError(
            "the arguments were lost on their way: the !py of pykd.pyd itself does that on Python "
            "3; load the pykd-ext bootstrapper (.load pykd) and use its !py, or run a script that "
            "calls pykd_handle.cli.main(['14', '13'])"
        )


def _print(text: str) -> int:
    with open_screen() as screen:
        screen.write(text)
    return 0


def _guard_inputs(typed: Sequence[str]) -> None:
    """Guard the files that these words name for reading, be the rest of them right or wrong: a
    complaint must not go into a dump, either."""
    before = ""
    for word in typed:
        option, _, value = word.partition("=")
        if option in _INPUTS and value:
            guard(value)
        elif before in _INPUTS or (before != "--output" and _ends_as_dump(word)):
            guard(word)
        before = word


def _refuse_files(typed: Sequence[str]) -> None:
    """Raise `UsageError` for a dump that stands where a number is expected, or an image, which may
    lie in this folder as a file, too."""
    for place, word in enumerate(typed):
        image = place == 2 and not os.path.dirname(word)
        if _ends_as_dump(word) or (_is_file(word) and not image and not is_number(word)):
            raise UsageError(f"{word} is a file, not a number: give --dump {word}")


def _ends_as_dump(word: str) -> bool:
    return word.lower().endswith(_DUMP_ENDINGS)


def _is_file(word: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(word).st_mode)
    except (OSError, ValueError):  # too long, or with a character that no name has
        return False


def _open(command: Command, options: argparse.Namespace) -> Tuple[Kernel, Tuple[Any, Arrangement]]:
    """What the options name, opened, and what is asked of it, and of its rows; what is wrong in the
    words is told before a dump is opened."""
    from .model import Kernel, NoDebugger, connect, mode_of, open_dump

    def prepared(mode: str, evaluate: Any) -> Tuple[Any, Arrangement]:
        arrangement = Arrangement(command.shown(mode, options), options)
        if command.prepare is None:
            return options, arrangement
        return command.prepare(options, mode, evaluate), arrangement

    for path in getattr(options, "files", ()):
        guard(path)
    if options.format == "dml" and (options.output or not is_window(sys.stdout)):
        raise UsageError("--format dml has links for the window of a debugger; use text or html")
    if command.writes and options.output is not None:
        _refuse_same(getattr(options, command.writes), options.output)
    if command.alone is not None and options.dump is None and command.alone(options):
        kernel = Kernel()
        return kernel, prepared(kernel.mode, None)
    if options.dump is not None:
        asked = prepared(mode_of(options.dump), None)
        try:
            kernel = open_dump(
                options.dump,
                options.symbols,
                Progress(),
                download=options.download,
                cache=not options.no_cache,
                bare=command.bare,
            )
        finally:
            NOTES.erase()
        return kernel, asked
    if options.download:
        raise UsageError(
            "--download is for --dump; in a session the debugger fetches symbols (.symfix; .reload)"
        )
    _refuse_files(getattr(options, "words", ())[:3])
    try:
        kernel = connect(options.symbols, cache=not options.no_cache, bare=command.bare)
    except NoDebugger as error:
        fault = "" if error.fault is None else Sentence(" ({})", error.fault)
        give = "--dump FILE (a crash dump)" if command.alone is None else "another FILE"
        raise UsageError("no target: give {}; see -h for all options{}", give, fault) from None
    with ClosedOnError(kernel):
        return kernel, prepared(kernel.mode, kernel.evaluate)


def _refuse_same(path: str, output: str) -> None:
    """Raise `UsageError` where the rows would go into the file that a command writes."""
    if os.path.normcase(os.path.realpath(path)) == os.path.normcase(os.path.realpath(output)):
        raise UsageError(f"--output {output} is the FILE that is written, too; name another one")


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage in circles seldom: a listing makes tuples by the million, none of which is
    in one, and the looks would take a sixth of its time. A debugger's Python is left as it was.
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _show(
    kernel: Kernel,
    command: Command,
    asked: Any,
    arrangement: Arrangement,
    options: argparse.Namespace,
    typed: Sequence[str],
) -> int:
    renderer = find_renderer(options.format, kernel.mode)
    notes = options.notes and options.format == "jsonl"
    before = [Note(line, warning=False) for line in kernel.notes()]
    if not renderer.alone:
        for note in before:
            remark(note.line)
    run = Run()
    unsaid: List[Note] = []
    run.progress = Progress()
    with ExitStack() as stack:
        stack.enter_context(_seldom_collected())
        out = stack.enter_context(open_output(options.output))
        stack.callback(_say, unsaid, out)
        if command.writes:
            run.file = stack.enter_context(_open_file(getattr(options, command.writes)))

        def stopped() -> str:
            place = f" {words(run.place)}" if run.place != BEGINNING or not out.rows else ""
            found = f"; what was found so far is {out.where}" if out.where and out.rows else ""
            return f"stopped{place}{found}"

        def placed(line: str) -> str:
            found = f", what was found so far is {out.meanwhile}" if out.meanwhile else ""
            return f"{line}; the listing stands {words(run.place)}{found}"

        def warn(line: str) -> None:
            # Whoever gives up now and ends the program is to have what was found.
            out.flush()
            complain(placed(line))

        kernel.alarm(warn, lambda line: aside(placed(line)))
        assert command.run is not None
        short = False
        try:
            items = arrangement.items(command.run(kernel, asked, run))
            if renderer.alone:
                items = chain(before, items)
            into = renderer(out, NOTES, arrangement.columns, notes, " ".join(typed))
            into.render(_announced(items, out, into, run, unsaid))
        except TargetError as error:
            if not run.found:
                raise
            raise TargetError("{}; {}", error, stopped()) from None
        except (KeyboardInterrupt, SystemExit):
            raise _Stopped(stopped()) from None
        except MemoryError:
            short = True
        if short:
            # Out of the handler, what filled the memory is gone.
            raise PykdHandleError(f"there is not enough memory for this; {stopped()}")
        # In the listing it is the reason of single cells, or of nothing.
        for line in kernel.damage():
            complain(line)
        failed = run.failed or bool(kernel.damage())
        if not failed:
            out.complete()
    if not out.where:
        remark(f"no row was found; nothing is written to {options.output}")
    return 1 if failed else 0


def _open_file(path: str) -> Output:
    """The file that a command writes beside its rows, packed: whole, or not at all."""
    from .model import pack

    file = open_output(path, "", pack)
    file.whole = True
    return file


def _say(unsaid: Iterable[Note], out: Output) -> None:
    """Tell the notes that stand in the output alone, where there is none in the end: they may be
    why no row was found."""
    if not out.where:
        for note in unsaid:
            remark(note.whole)


def _announced(
    items: Iterable[Item], out: Output, into: Renderer, run: Run, unsaid: List[Note]
) -> Iterator[Item]:
    """The same items; the output learns when the first row comes. An answer of notes alone, where
    they are asked for, is one at its end: an old report is worth more than some of them. Who sees
    the notes but not the output sees how far it is; who looks through a pipe (``| more``) sees the
    first rows at once, and soon those that follow. Notes that are written, but not yet to a place
    that stays, are ``unsaid``."""
    told = False
    due = 0.0
    progress = Progress() if NOTES.terminal and out.width is None else None
    try:
        for item in items:
            if progress is None:
                NOTES.erase()
            else:
                progress(f"{run.found} found, {words(run.place)}")
            if isinstance(item, (list, Block)):
                if item and not out.rows:
                    out.row()
            elif isinstance(item, Note):
                told = into.notes
            yield item
            if out.rows and time.monotonic() >= due:
                out.flush()
                due = time.monotonic() + _SHOWN_EVERY
            if isinstance(item, Note) and into.told is not item and not out.where:
                unsaid.append(item)
    finally:
        NOTES.erase()
    if told and not out.rows:
        out.row()
