"""pykd_handle: a handle value goes in, everything the kernel knows about its object comes out.

The package never imports pykd when it is imported, so it works in WinDbg, in a test and on a
system that has no debugger.
"""

from .version import __version__

__all__ = ("__version__",)
