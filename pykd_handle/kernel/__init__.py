"""The object manager: handle tables, entries, object headers, types, names, processes.

Reads through a `pykd_handle.targets.Target` and never prints. Nothing here asks which Windows is
running: each part asks the layout which fields exist and takes the newest way that fits.
"""

from .kernel import Kernel, KernelObject

__all__ = ("Kernel", "KernelObject")
