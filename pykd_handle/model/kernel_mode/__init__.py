"""The public nouns over a kernel: its dump, or its session."""

from ...kernel.entry_info import EntryInfo
from ...kernel.handle_entry import Used
from ...objects.protection import WINTCB_LIGHT
from ...objects.trust import Aspect, Trust, level_words
from .handle import KernelModeHandle, KernelModeHole
from .kernel import KernelMode
from .object import KernelModeObject, LostObject
from .process import KernelModeProcess, NoTable
from .table import KernelModeTable

__all__ = (
    "WINTCB_LIGHT",
    "Aspect",
    "EntryInfo",
    "KernelMode",
    "KernelModeHandle",
    "KernelModeHole",
    "KernelModeObject",
    "KernelModeProcess",
    "KernelModeTable",
    "LostObject",
    "NoTable",
    "Trust",
    "Used",
    "level_words",
)
