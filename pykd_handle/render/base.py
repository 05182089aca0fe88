"""What every renderer does: it takes records and writes text, nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, Iterable, Protocol, TypeVar

from ..record import Note, Record
from ..request import Request
from .escape import printable

__all__ = ("AnyRenderer", "Renderer", "Writer")

RequestT = TypeVar("RequestT")
RecordT = TypeVar("RecordT")


class Writer(Protocol):
    """What is written to; a debugger's stream has no more than this."""

    def write(self, text: str, /) -> Any:
        """Write text."""


class AnyRenderer(ABC, Generic[RequestT, RecordT]):
    """Writes records to ``stream`` as they come; of the kernel's handles or of user mode's.

    ``remarks`` takes the notes where the format itself has no room for them (one JSON object for
    each handle and nothing else).
    """

    def __init__(self, stream: Writer, remarks: Writer, request: RequestT) -> None:
        self.stream = stream
        self.remarks = remarks
        self.request = request
        # A stream that does not say how it encodes gets plain ASCII.
        encoding = getattr(stream, "encoding", None) or "ascii"
        self.ascii_only = not encoding.lower().replace("-", "").startswith("utf")

    def render(self, records: Iterable[RecordT]) -> None:
        """Write everything. When the records stop by an error, what came before is written."""
        self.begin()
        try:
            for record in records:
                self.record(record)
        finally:
            self.end()

    def begin(self) -> None:
        """Write what stands before the first record."""
        return

    @abstractmethod
    def record(self, record: RecordT) -> None:
        """Write one record."""

    def end(self) -> None:
        """Write what stands behind the last record."""
        return

    def clean(self, text: str) -> str:
        """Text that is not ours as it may be written: every name goes through here, once."""
        return printable(text, self.ascii_only)

    def remark(self, note: Note) -> None:
        """Tell a note where it does not get in the way of the data."""
        self.remarks.write(f"note: {printable(note.text, ascii_only=True)}\n")


class Renderer(AnyRenderer[Request, Record]):
    """A renderer of the kernel's handles."""
