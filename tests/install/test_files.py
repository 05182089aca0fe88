"""Our own folder: what the files say for which Python, and that a second run changes nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from pykd_handle.setup.install import InstallError, Interpreter
from pykd_handle.setup.install.files import FILE_NAMES, FilesStep, own_files

PYTHON = Interpreter((3, 9), 64, Path("C:/Python39"), "HKCU PythonCore\\3.9")


def test_all_files_are_there() -> None:
    assert set(own_files(Path("x"), PYTHON, False)) == set(FILE_NAMES)


def test_script_asks_for_the_python_that_has_pykd(tmp_path: Path) -> None:
    first, *rest = own_files(tmp_path, PYTHON, False)["handle.py"].decode().splitlines()
    assert first == "#! python3.9"
    assert "from pykd_handle.__main__ import main" in rest
    older = PYTHON._replace(version=(3, 8))
    assert own_files(tmp_path, older, True)["handle.py"].startswith(b"#! python3.8\n")


@pytest.mark.parametrize("name", ["khandle.wds", "khandle.js"])
def test_commands_name_the_version_where_another_is_the_default(tmp_path: Path, name: str) -> None:
    plain = own_files(tmp_path, PYTHON, False)[name]
    assert b'"!pykd.py -g -m pykd_handle"' in plain
    named = own_files(tmp_path, PYTHON, True)[name]
    assert b'"!pykd.py -3.9 -g -m pykd_handle"' in named
    assert b"!pykd.py -g" not in named


def test_alias_is_the_first_line(tmp_path: Path) -> None:
    # In a block that begins otherwise the engine replaces !khandle before it defines it.
    assert own_files(tmp_path, PYTHON, False)["khandle.wds"].startswith(b"aS !khandle ")


def test_gallery_is_found_by_its_full_path(tmp_path: Path) -> None:
    folder = tmp_path / 'J\u00fcrgen & "S\u00f6hne"'
    tree = ElementTree.fromstring(own_files(folder, PYTHON, False)["config.xml"])
    settings = {each.get("Name"): each.get("Value") for each in tree.iter("Setting")}
    assert settings["LocalCacheRootFolder"] == str(folder)


def test_written_once(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    files = own_files(folder, PYTHON, False)
    step = FilesStep(folder, files)
    assert step.present() == ""
    assert step.todo() == f"write {', '.join(FILE_NAMES)} to {folder}"
    step.install()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    assert (step.todo(), step.present()) == ("", str(folder))
    (folder / "handle.py").write_bytes(b"old")
    assert step.todo() == f"write handle.py to {folder}"
    step.install()
    assert (folder / "handle.py").read_bytes() == files["handle.py"]


def test_removed_without_what_is_not_ours(tmp_path: Path) -> None:
    step = FilesStep(tmp_path / "own", own_files(tmp_path, PYTHON, False))
    assert step.undo() == ""
    step.install()
    (tmp_path / "own" / "theirs.txt").write_bytes(b"")
    assert step.undo() == f"remove {tmp_path / 'own'}"
    step.uninstall()
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["theirs.txt"]
    (tmp_path / "own" / "theirs.txt").unlink()
    step.install()
    step.uninstall()
    assert not (tmp_path / "own").exists()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "own").write_bytes(b"")
    with pytest.raises(InstallError, match="own: "):
        FilesStep(tmp_path / "own", own_files(tmp_path, PYTHON, False)).install()
