"""What every renderer does: it takes what a command yields and writes text, nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..hints import Any, Iterable, List, Optional, Protocol, Sequence
from ..rows import Block, Column, Foot, Head, Item, Note, Row, Title
from .escape import printable
from .words import words

__all__ = ("MOST_AT_ONCE", "Renderer", "Writer")

MOST_AT_ONCE = 8_000
"""Letters that a debugger's window is given at once: it shows no more than 16,383 units of what it
is given, two for some letters."""


class Writer(Protocol):
    """What is written to; a debugger's stream has no more than this."""

    def write(self, text: str, /) -> Any:
        """Write text."""


class Renderer(ABC):
    """Writes the items of a command to ``stream`` as they come; its rows have these ``columns``.

    ``remarks`` takes the notes where the format itself has no room for them. With ``notes`` a
    format for scripts gives them as data of its own, in place of that. ``asked`` are the words that
    were typed, for a format that stands for itself. ``told`` is the last note that was told
    beside the output.
    """

    #: Whether what it writes is read by people who did not see what else stood on the screen.
    alone = False

    def __init__(
        self,
        stream: Writer,
        remarks: Writer,
        columns: Sequence[Column],
        notes: bool = False,
        asked: str = "",
    ) -> None:
        self.stream = stream
        self.remarks = remarks
        self.columns = columns
        self.notes = notes
        self.asked = asked
        self.told: Optional[Note] = None
        # A stream that does not say how it encodes gets plain ASCII.
        encoding = getattr(stream, "encoding", None) or "ascii"
        self.ascii_only = not encoding.lower().replace("-", "").startswith("utf")

    def render(self, items: Iterable[Item]) -> None:
        """Write everything. When the items stop by an error, what came before is written."""
        self.begin()
        try:
            for item in items:
                if isinstance(item, list):
                    self.rows(item)
                elif isinstance(item, Block):
                    self.block(item)
                elif isinstance(item, Note):
                    self.note(item)
                elif isinstance(item, Foot):
                    self.foot(item)
                elif isinstance(item, Head):
                    self.head(item)
                else:
                    self.title(item)
        finally:
            self.end()

    def begin(self) -> None:
        """Write what stands before the first item."""

    def title(self, title: Title) -> None:
        """Write what was asked for."""

    def head(self, head: Head) -> None:
        """Write what the rows behind it belong to."""

    @abstractmethod
    def rows(self, rows: List[Row]) -> None:
        """Write a batch of rows."""

    def block(self, block: Block) -> None:
        """Write the rows of a block: the same text as `rows` makes of them."""
        self.rows(block.rows())

    def foot(self, foot: Foot) -> None:
        """Write the totals of the rows before it."""

    def note(self, note: Note) -> None:
        """Write a note, or tell it beside the output."""
        self.remark(note)

    def end(self) -> None:
        """Write what stands behind the last item."""

    def clean(self, value: Any) -> str:
        """What is not ours, in words, as it may be written: every name goes through here, once."""
        return printable(value if type(value) is str else words(value), self.ascii_only)

    def remark(self, note: Note) -> None:
        """Tell a note where it does not get in the way of the data."""
        self.told = note
        self.remarks.write(f"note: {printable(words(note.whole), ascii_only=True)}\n")
