"""User-mode handles: in a minidump, or of the process in the debugger's session.

``open_minidump`` and ``connect_engine`` give a `UserSource`; `pykd_handle.views.UserListing` asks
it, `pykd_handle.render.user_renderer` shows what it found.
"""

from .engine import connect_engine
from .minidump import is_minidump, open_minidump
from .record import UserHandle, UserProcess, UserTotals
from .request import USER_HELP, UserRequest, parse_user_request
from .source import UserSource

__all__ = (
    "USER_HELP",
    "UserHandle",
    "UserProcess",
    "UserRequest",
    "UserSource",
    "UserTotals",
    "connect_engine",
    "is_minidump",
    "open_minidump",
    "parse_user_request",
)
