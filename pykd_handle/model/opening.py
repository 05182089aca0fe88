"""Opening what is looked at: a dump by its path, or the debugger's session.

The kind of target decides between kernel and user mode: a minidump or a user-mode session is one
process, everything else is a kernel.
"""

from __future__ import annotations

from pathlib import Path

from ..hints import Optional, Union
from ..targets.progress import Progress, silent
from ..targets.symbols.wish import Wish
from ..values import ClosedOnError, TargetError, UsageError
from .kernel import Kernel

__all__ = ("NoDebugger", "connect", "in_debugger", "mode_of", "open_dump")

AnyPath = Union[str, Path]


class NoDebugger(TargetError):
    """There is no debugger's session here; ``fault`` says what is wrong with what stands in the
    place of pykd, None where nothing does."""

    def __init__(self, fault: Optional[TargetError] = None) -> None:
        super().__init__("no debugger's session is here")
        self.fault = fault


def in_debugger() -> bool:
    """Whether a debugger runs this Python, as opposed to a Python that has loaded a debugger."""
    from ..targets.session import in_debugger as found

    return found()


def mode_of(path: AnyPath) -> str:
    """``"user"`` for a minidump of a process, else ``"kernel"``: by its first bytes."""
    from ..targets.dump.sniff import is_minidump

    return "user" if is_minidump(Path(path)) else "kernel"


def open_dump(
    path: AnyPath,
    symbols: Optional[AnyPath] = None,
    progress: Progress = silent,
    *,
    download: bool = False,
    cache: bool = True,
    bare: bool = False,
) -> Kernel:
    """Open a kernel dump, a raw image of memory, an ELF core of a machine, or a minidump of a
    process.

    ``symbols`` is the PDB of the dump's kernel, an ISF file or a folder of such; without it they
    are looked for on the symbol path of the environment and beside the dump, and then a layout that
    ships with the package is proved on the memory. ``download`` allows to ask the servers that the
    symbol path names; with ``cache`` the parts of an ISF file that are in use are kept for the next
    run. ``bare`` opens it without any: for `Kernel.symbols`, and nothing else.
    ``progress`` takes a line now and then, while something is looked for. Raises `TargetError`,
    `SymbolsError`, and `UsageError` for symbols with a minidump; the line says what to do.
    """
    if mode_of(path) == "user":
        if symbols is not None or download:
            option = "--download" if symbols is None else "--symbols"
            raise UsageError(f"{option} is for kernel dumps; this is a user-mode minidump")
        from ..usermode import open_minidump
        from .user import UserKernel

        return UserKernel(open_minidump(Path(path)))
    wish = Wish(None if symbols is None else Path(symbols), download, cache)
    if bare:
        from ..targets.dump import open_dump as open_bare
        from .bare import BareKernel

        return BareKernel(open_bare(path, wish, without_symbols=True, progress=progress))
    from .kernel_mode import KernelMode
    from .kernel_opening import open_kernel_dump

    target = open_kernel_dump(Path(path), wish, progress)
    with ClosedOnError(target):
        return KernelMode(target)


def connect(symbols: Optional[AnyPath] = None, *, cache: bool = True, bare: bool = False) -> Kernel:
    """The debugger's session, through pykd: a kernel's or a process's, a dump's or a live one's.

    ``symbols`` are the kernel's, in place of the debugger's own; ``cache`` and ``bare`` as in
    `open_dump`. Raises `NoDebugger`, `TargetError`, `SymbolsError`, and `UsageError` for symbols in
    user mode.
    """
    from ..targets.session import ForeignPykd, is_kernel_session
    from ..targets.session import connect as connect_pykd

    try:
        pykd = connect_pykd()
    except TargetError as error:
        raise NoDebugger(error if isinstance(error, ForeignPykd) else None) from None
    if not is_kernel_session(pykd):
        if symbols is not None:
            raise UsageError("--symbols is for kernel sessions; this one is of user mode")
        from ..usermode import connect_engine
        from .user import UserKernel

        return UserKernel(connect_engine())
    given = None if symbols is None else Path(symbols)
    if bare:
        from ..targets.session import SessionTarget
        from .bare import BareKernel

        return BareKernel(SessionTarget(pykd, given, without_symbols=True))
    from .kernel_mode import KernelMode
    from .session_opening import open_kernel_session

    target = open_kernel_session(pykd, given, cache)
    with ClosedOnError(target):
        return KernelMode(target)
