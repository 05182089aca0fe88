"""Run a user-mode request against made handles, as the command line would."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Iterable, List, NamedTuple, Sequence

from mocks.handle_engine import MockEngine
from mocks.minidump import MadeMinidump, MockHandle
from pykd_handle.commands import Run
from pykd_handle.commands.list.columns import USER_COLUMNS
from pykd_handle.commands.list.user import list_user
from pykd_handle.commands.list.user_request import parse_user_request
from pykd_handle.model.user import UserKernel
from pykd_handle.render import find_renderer
from pykd_handle.usermode import UserSource, open_minidump
from pykd_handle.usermode.engine import EngineSource


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
    stream, remarks, run = io.StringIO(), io.StringIO(), Run()
    with UserKernel(source) as kernel:
        request = parse_user_request(words.split(), kernel.evaluate)
        renderer = find_renderer(form, "user")(stream, remarks, USER_COLUMNS)
        renderer.render(list_user(kernel, request, run))
    return Shown(stream.getvalue(), remarks.getvalue(), run.failed)


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
