"""What a listing in kernel mode says to a request, for tests: its items with their values as
attributes, and what was read for it."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, List, Optional, Sequence, TextIO, Union

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.commands.list.columns import COLUMNS
from pykd_handle.commands.list.kernel import list_kernel
from pykd_handle.commands.list.request import parse_request
from pykd_handle.commands.registry import Run
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.render import find_renderer
from pykd_handle.render.words import words as in_words
from pykd_handle.rows import Block, Head, Item, Note, Title
from pykd_handle.targets import Target
from pykd_handle.values import NO_VALUE, Absent

__all__ = ("Answer", "Anywhere", "HandleShown", "NoteShown", "ProcessShown", "as_shown", "rendered")


class ProcessShown(SimpleNamespace):
    """The facts of a head."""


class HandleShown(SimpleNamespace):
    """The values of a row; ``process`` is its head, ``error`` in words, "" for none."""


class NoteShown(SimpleNamespace):
    """A note, its ``text`` in words."""


def as_shown(items: Sequence[Item]) -> List[Any]:
    """The items of a listing, one by one, without its title."""
    shown: List[Any] = []
    process: Any = None
    for item in items:
        if isinstance(item, Head):
            process = ProcessShown(**item.facts)
            shown.append(process)
        elif isinstance(item, Note):
            shown.append(NoteShown(text=in_words(item.line), warning=item.warning))
        elif not isinstance(item, Title):
            for row in item.rows() if isinstance(item, Block) else item:
                error = row["error"]
                values = {**row, "error": "" if error is NO_VALUE else in_words(error)}
                if isinstance(row["details"], Absent):
                    values.update(details={}, no_details=row["details"])
                shown.append(HandleShown(**{**values, "process": process}))
    return shown


class Anywhere(io.StringIO):
    """A stream, the debugger's own as well: links are text here, too."""

    writedml = io.StringIO.write


def rendered(form: str, items: Sequence[Item], remarks: Optional[TextIO] = None) -> str:
    """The text of a listing in a format."""
    for item in items:
        if isinstance(item, Block):
            for line in item.lines:
                line[-1].text = None  # another renderer made it
    out = Anywhere()
    find_renderer(form)(out, remarks or io.StringIO(), COLUMNS).render(items)
    return out.getvalue()


class Answer:
    """All that is said to a request."""

    def __init__(self, of: Union[KernelImage, Target], words: str) -> None:
        self.target: Any = MockTarget(of) if isinstance(of, KernelImage) else of
        self.request = parse_request(words.split())
        self.run = Run()
        self.items = list(list_kernel(KernelMode(self.target), self.request, self.run))
        self.failed = self.run.failed
        self.records = as_shown(self.items)
        self.processes = [one for one in self.records if isinstance(one, ProcessShown)]
        self.rows = [one for one in self.records if isinstance(one, HandleShown)]
        self.notes = [one.text for one in self.records if isinstance(one, NoteShown)]

    def handles(self) -> List[int]:
        """The values of all rows."""
        return [row.handle for row in self.rows]
