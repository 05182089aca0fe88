"""Crash dump files as targets: kernel dumps of x64, x86 and ARM64, complete, bitmap and triage,
and raw images of memory.

`open_dump` opens one; everything else here serves it. What differs between machines is chosen in
`.opening` (`.header` or `.header32`) and `.header_check` (the format of `.paging`), nowhere else.
Both names are imported when they are first used: a session needs what serves it, too, and no dump.

All of it is our own. Of the libraries that could have served, kdmp-parser reads 64-bit pages only,
is no faster, maps what may be cut short while it is read, stops at a range that begins with page 0,
and prints what it dislikes to the standard output; the tests have it as a second opinion. The
layers of Volatility 3 read x86 as well (60,000 pages a second; this reader 280,000), but not
ARM64's tables, no bitmaps of Windows 7 and earlier and no triage dumps, do not say why a page is
missing, and come with a whole framework under a licence of its own (VSL), which asks for more than
ours does.
"""

from ...hints import TYPE_CHECKING
from ...values import on_demand

if TYPE_CHECKING:
    from .opening import open_dump
    from .target import DumpTarget

__all__ = ("DumpTarget", "open_dump")

__getattr__ = on_demand(__name__, {"DumpTarget": ".target", "open_dump": ".opening"})
