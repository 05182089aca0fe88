"""The whole installation: which steps, in which order, and what is said about them."""

from __future__ import annotations

from ...hints import List, Sequence, TextIO
from .bootstrapper import FILE_NAME, BootstrapperStep, find_bootstrapper
from .errors import InstallError
from .files import FILE_NAMES, FilesStep, own_files
from .machine import Machine
from .options import Options
from .packages import PackagesStep, own_source
from .places import Places
from .pykd_wheel import read_pykd_wheel
from .pythons import (
    USABLE,
    WHEEL_HELP,
    Interpreter,
    Survey,
    Versions,
    in_words,
    python_help,
    survey,
)
from .search_path import SearchPathStep
from .step import Step

__all__ = ("run",)


def run(options: Options, machine: Machine, out: TextIO) -> int:
    """Install or uninstall; says on ``out`` what is done. Returns the exit code.

    Raises `InstallError` where nothing can be done at all (no Python to use).
    """
    places = Places(machine.environ, options.bits, options.extension_path)
    found = survey(machine.registry, options.bits)
    if options.uninstall:
        return _uninstall(_steps_back(options, machine, places, found), options.what_if, out)
    wheel = None
    if options.pykd_wheel is not None:
        wheel = read_pykd_wheel(options.pykd_wheel, options.bits)
    versions = USABLE if wheel is None else (wheel.python,)
    python = _choose(found, options, versions)
    _line(out, "python", str(python))
    other = found.default
    say_version = other is not None and other.version != python.version
    if say_version and other is not None:
        lacks = "pykd has no wheel for" if wheel is None else "the wheel of pykd is not for"
        _line(out, "", f"(!py alone would take Python {other.name}, which {lacks})")
    steps = [
        PackagesStep(machine, python, options.source or own_source(), wheel),
        BootstrapperStep(machine, places, options.bootstrapper),
        FilesStep(places.own, own_files(places.own, python, say_version)),
        SearchPathStep(machine, places),
    ]
    failed = _install(steps, options.what_if, out)
    if not failed and not options.what_if:
        _how_to_use(places, python, say_version, out)
    return failed


def _steps_back(options: Options, machine: Machine, places: Places, found: Survey) -> List[Step]:
    """What an uninstallation undoes; it must do without a Python that is gone already."""
    search_path = SearchPathStep(machine, places)
    names = dict.fromkeys(FILE_NAMES, b"")
    # An installation from before the user's folder moved lies where PATH says.
    folders = dict.fromkeys([places.own, *search_path.folders()])
    steps: List[Step] = [search_path, *(FilesStep(folder, names) for folder in folders)]
    steps.append(BootstrapperStep(machine, places, None))
    # What was installed with a wheel may be in any.
    every = (*USABLE, *(one.version for one in reversed(found.visible)))
    python = found.best()
    if options.python is not None:
        python = found.named(options.python, every)
    if python is not None:
        steps.append(PackagesStep(machine, python, None))
    return steps


def _choose(found: Survey, options: Options, versions: Versions) -> Interpreter:
    if options.python is not None:
        return found.named(options.python, versions)
    best = found.best(versions)
    if best is not None:
        return best
    others = [str(one) for one in found.visible] + list(found.rejected)
    seen = f" Found instead: {'; '.join(others)}." if others else ""
    if options.pykd_wheel is not None:
        raise InstallError(
            f"no {found.bits}-bit Python {in_words(versions)}, which the wheel of pykd is for, is "
            f"registered under PythonCore.{seen} Install that one from python.org"
        )
    raise InstallError(
        f"no {found.bits}-bit Python {in_words(versions)} is registered under PythonCore, and pykd "
        f"has no wheel for any other.{seen} {python_help(found.bits)} {WHEEL_HELP}"
    )


def _install(steps: Sequence[Step], what_if: bool, out: TextIO) -> int:
    failed = 0
    for step in steps:
        try:
            todo = step.todo()
            if not todo:
                _line(out, step.name, step.present())
            elif what_if:
                _line(out, step.name, f"would {todo}")
            else:
                _line(out, step.name, todo)
                step.install()
            for remark in step.remarks():
                _line(out, "", remark)
        except InstallError as error:
            # The others are of use by themselves, and the next run has less to do.
            _line(out, step.name, f"MISSING: {error}")
            failed = 1
    return failed


def _uninstall(steps: Sequence[Step], what_if: bool, out: TextIO) -> int:
    failed = 0
    for step in steps:
        try:
            todo = step.undo()
            if todo and what_if:
                _line(out, step.name, f"would {todo}")
            elif todo:
                _line(out, step.name, todo)
                step.uninstall()
            left = step.leftover()
            if left:
                _line(out, step.name, left)
        except InstallError as error:
            _line(out, step.name, f"FAILED: {error}")
            failed = 1
    return failed


def _how_to_use(places: Places, python: Interpreter, say_version: bool, out: TextIO) -> None:
    """The lines to type in WinDbg."""
    usable = [one.path for one in find_bootstrapper(places) if not one.fault]
    load = "pykd"
    if usable and usable[0].parent not in places.searched():
        # A folder that the debugger does not know of: by its full path a file is always found.
        load = str(usable[0].parent / FILE_NAME)
    version = f"-{python.name} " if say_version else ""
    out.write(
        "\nType in WinDbg (start it anew, so that it sees the new PATH):\n"
        f"    .load {load}\n"
        f"    !py {version}-g -m pykd_handle 0 3\n"
        "or, with a command of its own:\n"
        f'    $$>a<"{places.own / "khandle.wds"}"\n'
        "    !khandle 0 3\n"
    )


def _line(out: TextIO, name: str, text: str) -> None:
    out.write(f"{name:<13}{text}\n")
