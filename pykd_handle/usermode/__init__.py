"""User-mode handles: in a minidump, or of the process in the debugger's session.

``open_minidump`` and ``connect_engine`` give a `UserSource`, whose handles are lazy. Each name is
imported when it is first used: a kernel's dump needs what is known of processes' memory alone.
"""

from ..hints import TYPE_CHECKING
from ..values import on_demand

if TYPE_CHECKING:
    from .engine import connect_engine
    from .handle import SourceHandle
    from .minidump import open_minidump
    from .operation import HandleOperation
    from .source import UserSource

__all__ = ("HandleOperation", "SourceHandle", "UserSource", "connect_engine", "open_minidump")

__getattr__ = on_demand(
    __name__,
    {
        "HandleOperation": ".operation",
        "SourceHandle": ".handle",
        "UserSource": ".source",
        "connect_engine": ".engine",
        "open_minidump": ".minidump",
    },
)
