"""``modules``: the modules of a process."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Iterator
from ..rows import Column, Item, Row
from ..values import NOT_REQUESTED, in_hex
from .of_process import IDENTITY, PROCESS, of_each_process, prepare_process
from .registry import Run, command

if TYPE_CHECKING:
    from ..model import Kernel
    from ..model.user_space import ProcessModule

__all__ = ("modules",)


@command(
    "modules",
    "the modules of a process: programs and libraries, by its loader's list",
    columns=(
        *IDENTITY,
        Column("base", "Base"),
        Column("end", "End"),
        Column("name", "Name"),
        Column("wow64", "32-bit"),
        Column("path", "Path"),
        Column("source"),
    ),
    arguments=(PROCESS,),
    text="In the order in which they were loaded; of a 32-bit process on a 64-bit system those of "
    "both halves. The base of a module is its handle (HMODULE, HINSTANCE). The list is memory of "
    "the process itself: a dump of the kernel alone has none of it, and regions shows the files "
    "that are mapped.",
    examples=(
        ("modules --process notepad.exe", "what a process has loaded"),
        ("modules --format csv", "the current one's, for a script"),
    ),
    prepare=prepare_process,
)
def modules(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each module."""
    return of_each_process(
        kernel, options, run, "module", lambda process: process.user_space.modules(), _row
    )


def _row(module: ProcessModule) -> Row:
    return {
        "base": in_hex(module.base),
        "end": in_hex(module.base + module.size),
        "name": module.name,
        "wow64": True if module.wow64 else NOT_REQUESTED,
        "path": module.path,
        "source": module.source,
    }
