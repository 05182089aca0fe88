"""A live machine: an image served to a kernel debugger over loopback TCP (KD serial protocol)."""

from .counts import Counts
from .faults import Trouble
from .requests import Api
from .target import FIRST_MARK, KdTarget

__all__ = ("FIRST_MARK", "Api", "Counts", "KdTarget", "Trouble")
