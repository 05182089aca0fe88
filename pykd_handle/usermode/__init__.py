"""User-mode handles: in a minidump, or of the process in the debugger's session.

``open_minidump`` and ``connect_engine`` give a `UserSource`, whose handles are lazy.
"""

from .engine import connect_engine
from .handle import SourceHandle
from .minidump import open_minidump
from .operation import HandleOperation
from .source import UserSource

__all__ = (
    "HandleOperation",
    "SourceHandle",
    "UserSource",
    "connect_engine",
    "open_minidump",
)
