"""``list``: the classic ``!handle``, which is meant where no command is named."""

from __future__ import annotations

from argparse import Namespace

from ...hints import TYPE_CHECKING, Iterator, Optional, Union, cast
from ...rows import Item
from ...values import NamedTuple, UsageError
from ..registry import USER, Argument, Run, command, every
from ..walk import DETAILS, FILTERS, Filters, named_processes, prepare
from ..words import Evaluator, NotANumber
from .columns import COLUMNS, USER_COLUMNS
from .request import HELP, Request, parse_request
from .user_request import USER_HELP, UserRequest, parse_user_request

if TYPE_CHECKING:
    from ...model import Kernel
    from ...model.kernel_mode import KernelMode

__all__ = ("list_handles",)


class _Asked(NamedTuple):
    """A request, and which of the handles that it lists are shown."""

    request: Union[Request, UserRequest]
    options: Namespace


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> _Asked:
    if options.process is not None and mode != USER and len(options.words) > 2:
        raise UsageError("--process and Process both name a process: give one of them")
    prepare(options, mode, evaluate)
    try:
        return _asked(options, mode, evaluate)
    except NotANumber as error:
        near = _commands_like(options.words[0])
        if near:
            raise UsageError(f"{error}; did you mean the command {near}?") from None
        raise


def _asked(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> _Asked:
    if mode == USER:
        return _Asked(parse_user_request(options.words, evaluate, options.details), options)
    request = parse_request(options.words, evaluate, options.details)
    if options.process is not None:
        request = request._replace(process=options.process)
    return _Asked(request, options)


def _commands_like(word: str) -> str:
    """The commands that a word which is none was probably meant to name."""
    # Imported where it is needed: help is to be there at once.
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), [each.name for each in every()], cutoff=0.75)
    return " or ".join(near)


@command(
    "list",
    "show handles, as WinDbg's !handle does",
    columns=COLUMNS,
    user_columns=USER_COLUMNS,
    arguments=(Argument("words", nargs="*"), *FILTERS, DETAILS),
    prepare=_prepare,
    usage="[Handle [Flags [Process [TypeName]]]]",
    text=f"{HELP}\n{USER_HELP}",
    examples=(
        ("--dump memory.dmp", "all handles of the current process"),
        ("--dump memory.dmp 14 13", "one handle of the kernel's table"),
        ("--dump memory.dmp 0 3 notepad.exe Key", "the keys that a process has open"),
        ("--dump memory.dmp 0 1 0 Section --format csv", "the sections of all processes"),
    ),
    format="windbg",
)
def list_handles(kernel: Kernel, asked: _Asked, run: Run) -> Iterator[Item]:
    """What answers a request, in the mode of the target."""
    request, options = asked
    filters = Filters(kernel, options.type, options.access)
    yield from filters.notes
    if isinstance(request, UserRequest):
        from .user import list_user

        if options.process is not None:
            named_processes(kernel, options.process)  # it has one process, which must be this one
        yield from list_user(kernel, request, run, filters)
    else:
        from .kernel import list_kernel

        yield from list_kernel(cast("KernelMode", kernel), request, run, filters)
    yield from filters.end()
