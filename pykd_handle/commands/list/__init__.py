"""``list``: the classic ``!handle``, which is meant where no command is named."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Iterator, Optional, Union, cast

from ...rows import Item
from ..registry import USER, Argument, Run, command
from ..walk import DETAILS
from ..words import Evaluator
from .columns import COLUMNS, USER_COLUMNS
from .request import HELP, Request, parse_request
from .user_request import USER_HELP, UserRequest, parse_user_request

if TYPE_CHECKING:
    from ...model import Kernel
    from ...model.kernel_mode import KernelMode

__all__ = ("list_handles",)


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Any:
    if mode == USER:
        return parse_user_request(options.words, evaluate, options.details)
    return parse_request(options.words, evaluate, options.details)


@command(
    "list",
    "show handles, as WinDbg's !handle does",
    columns=COLUMNS,
    user_columns=USER_COLUMNS,
    arguments=(Argument("words", nargs="*"), DETAILS),
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
def list_handles(kernel: Kernel, request: Union[Request, UserRequest], run: Run) -> Iterator[Item]:
    """What answers a request, in the mode of the target."""
    if isinstance(request, UserRequest):
        from .user import list_user

        return list_user(kernel, request, run)
    from .kernel import list_kernel

    return list_kernel(cast("KernelMode", kernel), request, run)
