"""pykd_handle: a handle value goes in, everything the kernel knows about its object comes out.

The package never imports pykd when it is imported, so it works in WinDbg, in a test and on a
system that has no debugger. What a script uses stands in ``__all__`` (docs/python.md); each name is
imported when it is first used.
"""

from importlib import import_module

from .hints import TYPE_CHECKING, Any, List
from .version import __version__

if TYPE_CHECKING:
    from .model import (
        Handle,
        Hole,
        Kernel,
        KernelOnly,
        NoSuchHandle,
        Object,
        Process,
        Table,
        connect,
        open_dump,
    )
    from .values import NO_VALUE, Absent, PykdHandleError, Unavailable

__all__ = (
    "NO_VALUE",
    "Absent",
    "Handle",
    "Hole",
    "Kernel",
    "KernelOnly",
    "NoSuchHandle",
    "Object",
    "Process",
    "PykdHandleError",
    "Table",
    "Unavailable",
    "__version__",
    "connect",
    "open_dump",
)

_VALUES = ("NO_VALUE", "Absent", "PykdHandleError", "Unavailable")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = ".values" if name in _VALUES else ".model"
    return getattr(import_module(room, __name__), name)


def __dir__() -> List[str]:
    return sorted(__all__)
