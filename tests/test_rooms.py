"""Which room of the package may import which: arrows point downwards only."""

import ast
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

import pytest

import pykd_handle

PACKAGE = Path(pykd_handle.__file__).parent

# The lower rooms stand as they are to stay. What lies above them is still in single files
# (`views`, `record`, `request`, `opening`, `recovery`), which later make the public nouns and the
# commands; what is marked so is to go with them.
LOWER: Dict[str, Set[str]] = {
    "values": set(),
    "input_file": {"values"},
    "layout": {"values", "input_file"},
    "targets": {"layout", "values", "input_file"},
    "kernel": {"targets", "layout", "values"},
    "objects": {"kernel", "targets", "layout", "values"},
    "usermode": {"kernel", "targets", "layout", "values", "input_file"},
    "setup": {"values", "version", "targets"},
}
# Nothing below them may know them.
UPPER = {"cli", "console", "opening", "output", "views", "render", "recovery", "record", "request"}


def imports(path: Path) -> Iterator[Tuple[str, bool]]:
    """The rooms that a module imports, and whether it does so only inside of a function."""
    rooms = ["pykd_handle", *path.relative_to(PACKAGE).parts[:-1]]
    tree = ast.parse(path.read_text("utf-8"))
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = rooms[: len(rooms) - node.level + 1]
            names = [[node.module]] if node.module else [[alias.name] for alias in node.names]
            for name in names:
                place = [*base, *str(name[0]).split(".")]
                if len(place) > 1:
                    yield place[1], id(node) in top


def modules() -> Iterator[Tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        yield parts[0] if len(parts) > 1 else path.stem, path


@pytest.mark.parametrize("room", LOWER)
def test_a_room_imports_only_what_lies_below(room: str) -> None:
    seen = 0
    for name, path in modules():
        if name != room:
            continue
        seen += 1
        wrong = {other for other, _ in imports(path)} - LOWER[room] - {room}
        assert not wrong, f"{path.relative_to(PACKAGE)} imports {', '.join(sorted(wrong))}"
    assert seen


def test_the_lower_rooms_know_nothing_of_the_upper() -> None:
    assert not UPPER & set().union(*(LOWER[room] for room in ("targets", "kernel", "objects")))


def test_pykd_is_imported_in_one_place() -> None:
    """And never when a module is imported."""
    found = []
    for _, path in modules():
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            if any(name.split(".")[0] == "pykd" for name in names):
                found.append((path.relative_to(PACKAGE).as_posix(), node in tree.body))
    assert found == [("targets/session/connect.py", False)]


def test_nothing_but_the_command_line_reads_the_words_of_the_process() -> None:
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for _, path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and (getattr(node.value, "id", ""), node.attr) == ("sys", "argv")
    }
    assert readers <= {"cli.py", "setup/install/__main__.py"}
