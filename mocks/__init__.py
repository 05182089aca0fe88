"""A synthetic Windows kernel for tests: real structures of real layouts, in memory or in a dump.

See ``mocks/README.md``.
"""

from .kernel_image import KernelImage
from .target import MockTarget

__all__ = ("KernelImage", "MockTarget")
