"""A kernel whose symbols were not looked for: all that it tells is which kernel it is."""

from __future__ import annotations

from ..hints import List
from ..targets import Target
from ..targets.symbols.report import Report
from ..values import Sentence
from .kernel import Kernel

__all__ = ("BareKernel",)


class BareKernel(Kernel):
    """Takes over the target and closes it."""

    mode = "kernel"

    def __init__(self, target: Target) -> None:
        self.target = target
        self.name = target.name
        self.pointer_size = target.pointer_size

    def symbols(self) -> Report:
        """Which kernel it is, and what of its symbols is where."""
        return self.target.look_for_symbols()

    def notes(self) -> List[Sentence]:
        """What is cut short."""
        return self.target.notes()

    def close(self) -> None:
        """Close the target."""
        self.target.close()
