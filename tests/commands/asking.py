"""Asking a command of an open target, as the command line would."""

from __future__ import annotations

import io
import json
import shlex
from argparse import ArgumentParser
from typing import Any, Dict, List

from pykd_handle.commands import Run, find_command
from pykd_handle.commands.arrange import ARRANGE, Arrangement
from pykd_handle.model import Kernel
from pykd_handle.render import find_renderer
from pykd_handle.render.words import words as in_words
from pykd_handle.rows import Block, Foot, Note

__all__ = ("Asked",)


class Asked:
    """What a command yields: its rows, notes (text) and totals, and how its run ended (``stopped``
    by Ctrl+C or not)."""

    def __init__(self, kernel: Kernel, line: str) -> None:
        name, *words = shlex.split(line, posix=False)
        command = find_command(name)
        assert command is not None and command.run is not None
        parser = ArgumentParser()
        for each in (*command.arguments, *ARRANGE):
            parser.add_argument(*each.names, **each.how)
        self.run = Run()
        options = parser.parse_args(words)
        arrangement = Arrangement(command.shown(kernel.mode, options), options)
        self.columns = arrangement.columns
        asked = command.prepare(options, kernel.mode, None) if command.prepare else options
        self.items: List[Any] = []
        self.stopped = False
        try:
            for item in arrangement.items(command.run(kernel, asked, self.run)):
                self.items.append(item)
        except KeyboardInterrupt:
            self.stopped = True
        self.rows: List[Dict[str, Any]] = []
        for item in self.items:
            if isinstance(item, (list, Block)):
                self.rows += item if isinstance(item, list) else item.rows()
        notes = [item for item in self.items if isinstance(item, Note)]
        self.notes = [in_words(note.line) for note in notes if note.warning]
        self.remarks = [in_words(note.line) for note in notes if not note.warning]
        self.feet = [in_words(item.line) for item in self.items if isinstance(item, Foot)]

    def shown(self, name: str) -> str:
        """The text in a format."""
        out = io.StringIO()
        find_renderer(name)(out, io.StringIO(), self.columns).render(self.items)
        return out.getvalue()

    def objects(self) -> List[Dict[str, Any]]:
        """The JSON lines."""
        return [json.loads(line) for line in self.shown("jsonl").splitlines()]
