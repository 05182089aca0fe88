"""Which room of the package may import which: arrows point downwards only."""

import ast
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

import pytest

import pykd_handle

PACKAGE = Path(pykd_handle.__file__).parent

# What stands in single files beside the rooms: the command line in parts, and three that anyone
# may know of.
CLI = {"arguments", "cli", "console", "descriptors", "options", "output", "screen"}
BELOW = {"values", "input_file"}
ROOMS: Dict[str, Set[str]] = {
    "__init__": {"model", "values", "version"},
    "__main__": {"cli"},
    "handle": set(),  # a script: it imports the package as such
    "install": {"setup"},
    "commands": {"model", "rows", "values"},
    "render": {"rows", "values"},
    "rows": {"values"},
    "model": {"objects", "kernel", "win32k", "usermode", "targets", "layout", "snapshot", "values"},
    "snapshot": BELOW,
    "objects": {"kernel", "targets", "layout", "values"},
    "usermode": {"kernel", "targets", "layout"} | BELOW,
    "win32k": {"targets", "values"},
    "kernel": {"targets", "layout", "values"},
    "targets": {"layout"} | BELOW,
    "layout": BELOW,
    "input_file": {"values"},
    "setup": {"values", "version", "targets", "model"},
    "values": set(),
    "version": set(),
    "hints": set(),
    **dict.fromkeys(CLI, CLI | {"commands", "render", "rows", "setup", "model", "version"} | BELOW),
}


@lru_cache(maxsize=None)
def nodes(path: Path) -> List[ast.AST]:
    """All that a module consists of; the first one is the module."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def imports(path: Path) -> Iterator[str]:
    """The rooms that a module imports."""
    rooms = ["pykd_handle", *path.relative_to(PACKAGE).parts[:-1]]
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = rooms[: len(rooms) - node.level + 1]
            names = [node.module] if node.module else [alias.name for alias in node.names]
            for name in names:
                place = [*base, *name.split(".")]
                if len(place) > 1:
                    yield place[1]


def modules() -> Iterator[Tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        yield parts[0] if len(parts) > 1 else path.stem, path


@pytest.mark.parametrize("room", sorted({name for name, _ in modules()}))
def test_a_room_imports_only_what_lies_below(room: str) -> None:
    for name, path in modules():
        if name == room:
            wrong = set(imports(path)) - ROOMS[room] - {room}
            wrong -= {"hints"}  # what `typing` is elsewhere
            assert not wrong, f"{path.relative_to(PACKAGE)} imports {', '.join(sorted(wrong))}"


def test_no_arrow_points_upwards() -> None:
    """What a room may import is complete: no way leads back to where it began."""
    for room in set(ROOMS) - CLI:
        seen: Set[str] = set()
        ahead = set(ROOMS[room])
        while ahead:
            seen.add(ahead.pop())
            ahead |= set().union(*(ROOMS[each] for each in seen)) - seen
        assert room not in seen


def test_pykd_is_imported_in_one_place() -> None:
    """And never when a module is imported."""
    found = []
    for _, path in modules():
        for node in nodes(path):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            if any(name.split(".")[0] == "pykd" for name in names):
                found.append((path.relative_to(PACKAGE).as_posix(), node in nodes(path)[0].body))
    assert found == [("targets/session/connect.py", False)]


def test_nothing_but_the_command_line_reads_the_words_of_the_process() -> None:
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for _, path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and (getattr(node.value, "id", ""), node.attr) == ("sys", "argv")
    }
    assert readers <= {"cli.py", "setup/install/__main__.py"}
