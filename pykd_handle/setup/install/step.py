"""One step of an installation."""

from __future__ import annotations

from ...hints import List

__all__ = ("Step",)


class Step:
    """Something that has to be there. All texts are for the user; empty means none.

    Each method may raise `InstallError`.
    """

    name = ""

    def present(self) -> str:
        """What is there already, in a few words."""
        raise NotImplementedError

    def todo(self) -> str:
        """What `install` would do; empty when nothing is left to do."""
        raise NotImplementedError

    def install(self) -> None:
        """Do it."""
        raise NotImplementedError

    def remarks(self) -> List[str]:
        """What is worth knowing about what is there, or is put there: a line each."""
        return []

    def undo(self) -> str:
        """What `uninstall` would do; empty when nothing is left to do."""
        return ""

    def uninstall(self) -> None:
        """Take back what `install` does."""

    def leftover(self) -> str:
        """What an uninstallation leaves, and why."""
        return ""
