"""A kernel whose symbols can't be had, and that a layout can be given to."""

from __future__ import annotations

from abc import abstractmethod

from ..hints import TYPE_CHECKING
from ..layout import Isf
from ..values import Sentence
from .base import Target

if TYPE_CHECKING:
    from .dump.kdbg import DebuggerData

__all__ = ("RecoverableTarget",)


class RecoverableTarget(Target):
    """A target that can be without symbols; `pykd_handle.model.recovery` finds it a layout.

    ``architecture`` is ``x86``, ``x64`` or ``arm64``, ``build`` the number of Windows' build,
    ``debugger_data`` what the kernel keeps for debuggers.
    """

    architecture: str
    build: int
    debugger_data: DebuggerData

    @abstractmethod
    def take_layout(self, layout: Isf) -> None:
        """Use a layout that is not of this very kernel, and no symbols but those that the debugger
        data name. Whether it fits is for the caller to find out."""

    @abstractmethod
    def add_note(self, note: Sentence) -> None:
        """Add a remark for the user to `notes`."""
