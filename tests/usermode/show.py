"""Run a user-mode request against made handles, as the command line would."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Iterable, List, NamedTuple, Sequence

from mocks.handle_engine import MockEngine
from mocks.minidump import MadeMinidump, MockHandle
from pykd_handle.render import user_renderer
from pykd_handle.usermode import UserSource, open_minidump, parse_user_request
from pykd_handle.usermode.engine import EngineSource
from pykd_handle.views import UserListing


class Shown(NamedTuple):
    """What was written, what was remarked on, and whether the request failed."""

    text: str
    remarks: str
    failed: bool

    @property
    def lines(self) -> List[str]:
        return self.text.splitlines()


def show(source: UserSource, words: str = "", form: str = "windbg") -> Shown:
    """Ask a source and close it."""
    request = parse_user_request(words.split(), source.evaluate)
    stream, remarks = io.StringIO(), io.StringIO()
    listing = UserListing(source, request)
    user_renderer(form)(stream, remarks, request).render(listing.records())
    source.close()
    return Shown(stream.getvalue(), remarks.getvalue(), listing.failed)


def show_dump(made: MadeMinidump, folder: Path, words: str = "", form: str = "windbg") -> Shown:
    """Ask a made minidump."""
    path = folder / "made.dmp"
    path.write_bytes(made.data)
    return show(open_minidump(path), words, form)


def show_live(handles: Sequence[MockHandle], words: str = "", **engine: Any) -> Shown:
    """Ask a live session with these handles."""
    objects = engine.pop("objects", None)
    described = ("Key", "Process", "Thread", "Timer") if objects is not None else ()
    return show(EngineSource(MockEngine(handles, **engine), objects, described), words)


def typed(*pairs: str) -> Iterable[MockHandle]:
    """Handles that have only a type: ``"4 Event"``."""
    for pair in pairs:
        value, _, name = pair.partition(" ")
        yield MockHandle(int(value, 16), name or None)
