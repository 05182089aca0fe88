"""The public nouns over a kernel: its dump, or its session."""

from ...kernel.access_rights import access_names
from ...kernel.entry_info import EntryInfo
from ...kernel.handle_entry import Used, describe_attributes
from ...objects import Listed
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
    "Listed",
    "LostObject",
    "NoTable",
    "Trust",
    "Used",
    "access_names",
    "describe_attributes",
    "level_words",
)
