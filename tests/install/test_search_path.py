"""The user's PATH: one entry of ours, at its end, and everything else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from pykd_handle.setup.install import InstallError, Places, Value
from pykd_handle.setup.install.search_path import SearchPathStep

from .computer import Computer

HERE = (64, "HKCU", "Environment", "Path")


def make(computer: Computer) -> SearchPathStep:
    return SearchPathStep(computer.machine(), Places(computer.environ, 64))


def test_added_at_the_end(computer: Computer) -> None:
    computer.registry.values[HERE] = Value(r"%USERPROFILE%\bin;C:\Tools", True)
    step = make(computer)
    assert step.todo() == f"add {computer.own} to the user's PATH"
    step.install()
    # Still one with variables: else %USERPROFILE% would be a folder of that name.
    assert computer.registry.values[HERE] == Value(
        rf"%USERPROFILE%\bin;C:\Tools;{computer.own}", True
    )
    assert computer.announced == 1
    assert (step.todo(), step.present()) == ("", "on the user's PATH")


def test_no_path_yet(computer: Computer) -> None:
    step = make(computer)
    assert (step.present(), step.undo()) == ("", "")
    step.install()
    assert computer.registry.values[HERE].text == str(computer.own)
    step.uninstall()
    assert HERE not in computer.registry.values
    assert computer.announced == 2


@pytest.mark.parametrize("form", ["{0}", "{0}\\", '"{0}"', "%LocalAppData%/pykd_handle", "UPPER"])
def test_entry_is_known_in_any_form(computer: Computer, form: str) -> None:
    text = str(computer.own).upper() if form == "UPPER" else form.format(computer.own)
    computer.registry.values[HERE] = Value(f"C:\\a;{text};;C:\\b", True)
    step = make(computer)
    assert step.todo() == ""
    assert step.undo() == f"remove {text} from the user's PATH"
    step.uninstall()
    assert computer.registry.values[HERE].text == "C:\\a;C:\\b"


def test_unknown_variable_stays(computer: Computer) -> None:
    computer.registry.values[HERE] = Value("%NOWHERE%;C:\\a", True)
    make(computer).install()
    assert computer.registry.values[HERE].text.startswith("%NOWHERE%;C:\\a;")


# --- wherever the user's folder lies, or lay ---------------------------------------------------


def lay_out(folder: Path) -> Path:
    """A folder of an earlier installation; 0.1.0 had these files already."""
    folder.mkdir(parents=True)
    for name in ("handle.py", "khandle.wds", "khandle.js", "config.xml"):
        (folder / name).write_text("")
    return folder


def entries(computer: Computer) -> list[str]:
    return computer.registry.values[HERE].text.split(";")


@pytest.mark.parametrize(
    "entry",
    [
        "C:\\Users\\old name\\AppData\\Local\\pykd_handle",
        '"c:/users/OLDNAM~1/appdata/local/PYKD_HANDLE/"',
        "%LOCALAPPDATA%\\pykd_handle",
        "%UserProfile%\\AppData\\Local\\pykd_handle\\",
    ],
)
def test_folder_that_is_gone(computer: Computer, entry: str, tmp_path: Path) -> None:
    # LOCALAPPDATA may be another one than then, or not be set any more.
    for environ in (computer.environ, {"USERPROFILE": str(tmp_path)}):
        computer.environ = environ
        computer.registry.values[HERE] = Value(f"C:\\a;{entry};C:\\b", True)
        step = make(computer)
        assert step.undo() == f"remove {entry} from the user's PATH"
        step.uninstall()
        assert entries(computer) == ["C:\\a", "C:\\b"]


def test_folder_that_is_elsewhere_now(computer: Computer, tmp_path: Path) -> None:
    old = lay_out(tmp_path / "old" / "pykd_handle")
    computer.registry.values[HERE] = Value(f"{old};C:\\a", True)
    step = make(computer)
    assert step.todo() == f"add {computer.own} to the user's PATH, in place of {old}"
    assert step.folders() == [old]
    step.install()
    assert entries(computer) == ["C:\\a", str(computer.own)]
    assert (step.todo(), step.folders()) == ("", [])


def test_another_name_of_the_same_folder(computer: Computer, tmp_path: Path) -> None:
    # A link stands for a short name, which Linux does not have.
    lay_out(computer.own)
    (tmp_path / "PYKD_H~1").symlink_to(computer.own)
    computer.registry.values[HERE] = Value(str(tmp_path / "PYKD_H~1"), True)
    step = make(computer)
    assert step.todo() == ""
    step.uninstall()
    assert HERE not in computer.registry.values


def test_folders_of_others_stay(computer: Computer, tmp_path: Path) -> None:
    clone = tmp_path / "src" / "pykd_handle"
    for name in ("pykd_handle/handle.py", "pykd_handle/windbg/khandle.wds", "pyproject.toml"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("")
    others = [
        str(clone), str(clone / "pykd_handle"), "D:\\gone\\pykd_handle", "pykd_handle", " ",
        str(computer.own) + "2", str(computer.local), "%LOCALAPPDATA%", "C:\\pykd_handle\\Local",
    ]  # fmt: skip
    computer.registry.values[HERE] = Value(";".join([*others, str(computer.own)]), True)
    make(computer).uninstall()
    assert entries(computer) == others


@pytest.mark.parametrize("name", ["a;b", "100%", "%TEMP%", "[a]", "a b", "-x;-y;-z"])
def test_any_name(computer: Computer, tmp_path: Path, name: str) -> None:
    computer.environ = {"LOCALAPPDATA": str(tmp_path / name), "TEMP": "C:\\t"}
    for before in (Value("C:\\a;C:\\b", True), Value('C:\\a;"C:\\b', False)):
        computer.registry.values[HERE] = before
        make(computer).install()
        assert make(computer).todo() == ""
        make(computer).uninstall()
        assert computer.registry.values[HERE] == before
    # As an installer without care for semicolons has left it.
    computer.registry.values[HERE] = Value(f"C:\\a;{tmp_path / name / 'pykd_handle'};C:\\b", True)
    make(computer).uninstall()
    assert entries(computer) == ["C:\\a", "C:\\b"]


def test_nothing_is_asked_of_servers_that_may_be_gone(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Path, "samefile", lambda path, other: asked.append(str(path)))
    monkeypatch.setattr(Path, "is_file", lambda path: bool(asked.append(str(path))))
    computer.registry.values[HERE] = Value("\\\\server\\share\\tools;C:\\Tools;D:/x", True)
    assert make(computer).present() == ""
    assert asked == []


def test_path_that_cannot_be_read_is_not_written(computer: Computer) -> None:
    computer.registry.unreadable = HERE
    for act in (make(computer).todo, make(computer).install, make(computer).uninstall):
        with pytest.raises(InstallError, match="the user's PATH: Access is denied"):
            act()
    assert make(computer).folders() == []
    assert computer.registry.values == {}


def test_registry_that_refuses(computer: Computer) -> None:
    computer.registry.writable = False
    with pytest.raises(InstallError, match="the user's PATH: Access is denied"):
        make(computer).install()
    assert computer.announced == 0
