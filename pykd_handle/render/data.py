"""What the formats for scripts share: plain data of rows, and blocks out of the texts of parts."""

from __future__ import annotations

from abc import abstractmethod

from ..hints import Any, List, Mapping, Sequence
from ..rows import Block
from .base import Renderer
from .fields import Flat

__all__ = ("DataRenderer",)


class DataRenderer(Renderer):
    """Writes rows as data; ``flat`` makes them plain."""

    def begin(self) -> None:
        """The keys are known."""
        self.flat = Flat(self.columns)

    @abstractmethod
    def template(self, before: Mapping[str, Any], keys: Sequence[str]) -> str:
        """The line of a block, for ``%``: what all rows begin with, a place for the value of each
        of these keys, and one for the text of a part. "" for rows that must be written as such."""

    @abstractmethod
    def part(self, flat: Mapping[str, Any]) -> str:
        """The text of a part, "" for one that must be written as a row."""

    def block(self, block: Block) -> None:
        """A row is a line; the text of each part is made once."""
        shape = self.flat.block(block)
        before, keys = shape or ({}, ())
        template = self.template(before, block.keys) if before else ""
        if not template:
            self.rows(block.rows())
            return
        texts: List[str] = []
        for line in block.lines:
            part = line[-1]
            text = part.text
            if text is None:
                text = part.text = self.part(self.flat.row(part.values, keys))
            if text:
                texts.append(template % (*line[:-1], text))
                continue
            self.stream.write("".join(texts))
            texts = []
            self.rows(block._replace(lines=[line]).rows())
        self.stream.write("".join(texts))
