"""What the ``kdmp-parser`` package makes of a dump: a second opinion, from a process of its own.

The package prints into the standard output of C and reads behind the end of a file that is cut
short, so it is kept out of the process of the tests. Run as a module with a dump and a file for the
answers, it takes the questions as JSON from the standard input.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parents[1]

__all__ = ("SecondOpinion",)


class SecondOpinion:
    """The package's answers about one dump; skips the test where the package is not installed."""

    def __init__(self, path: Path) -> None:
        import pytest  # which the other process does without

        pytest.importorskip("kdmp_parser")
        self._path = path

    def frames(self) -> List[int]:
        """The numbers of the pages that the dump holds."""
        return list(self._ask(["frames"])[0])

    def root(self) -> int:
        """The directory table base."""
        return int(self._ask(["root"])[0])

    def physical(self, frames: Sequence[int]) -> List[Optional[bytes]]:
        """Pages by number."""
        return [_bytes(one) for one in self._ask(*(["physical", frame] for frame in frames))]

    def virtual(self, places: Sequence[Tuple[int, int]]) -> List[Optional[bytes]]:
        """Pages by address and directory table base (0: that of the header)."""
        return [_bytes(one) for one in self._ask(*(["virtual", *place] for place in places))]

    def translate(self, addresses: Sequence[int]) -> List[Optional[int]]:
        """Physical addresses."""
        return self._ask(*(["translate", address] for address in addresses))

    def _ask(self, *questions: List[Any]) -> List[Any]:
        with tempfile.TemporaryDirectory() as folder:
            answers = Path(folder) / "answers"
            subprocess.run(
                [sys.executable, "-m", "tests.kdmp", str(self._path), str(answers)],
                input=json.dumps(questions).encode(),
                stdout=subprocess.DEVNULL,
                cwd=str(ROOT),
                check=True,
            )
            found: List[Any] = json.loads(answers.read_text(encoding="ascii"))
        assert len(found) == len(questions)
        return found


def _bytes(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else bytes.fromhex(text)


def _answer(parser: Any, question: str, *values: int) -> Any:
    if question == "frames":
        return sorted(address // 0x1000 for address in parser.pages)
    if question == "root":
        return parser.directory_table_base
    if question == "translate":
        return parser.translate_virtual(values[0])
    if question == "physical":
        page = parser.read_physical_page(values[0] * 0x1000)
    else:
        address, root = values
        page = parser.read_virtual_page(address, *([root] if root else []))
    return None if page is None else bytes(page).hex()


def _main(dump: str, answers: str) -> None:
    import kdmp_parser

    parser = kdmp_parser.KernelDumpParser(dump)
    found = [_answer(parser, *question) for question in json.load(sys.stdin)]
    Path(answers).write_text(json.dumps(found), encoding="ascii")


if __name__ == "__main__":
    _main(*sys.argv[1:])
