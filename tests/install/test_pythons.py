"""Which Pythons the bootstrapper sees. The rules are those of pykd-ext's public source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pykd_handle.setup.install import InstallError, survey
from pykd_handle.setup.install.pythons import Survey, python_help

from .computer import CORE, Computer


def look(computer: Computer, bits: int = 64) -> Survey:
    return survey(computer.registry, bits)


def names(found: Survey) -> list[str]:
    return [one.name for one in found.visible]


def test_nothing_registered(computer: Computer) -> None:
    assert look(computer) == (64, (), ())
    assert look(computer).default is None
    assert look(computer).best() is None


def test_registered_for_the_user(computer: Computer) -> None:
    folder = computer.add_python("3.9", "HKCU")
    (one,) = look(computer).visible
    assert (one.version, one.bits, one.folder) == ((3, 9), 64, folder)
    assert one.executable == folder / "python.exe"
    assert one.key == "HKCU PythonCore\\3.9"
    assert look(computer).best() == look(computer).default == one


def test_versions_are_numbers_not_text(computer: Computer) -> None:
    for key in ("3.12", "3.9", "3.10", "2.7", "3.8"):
        computer.add_python(key)
    assert names(look(computer)) == ["2.7", "3.8", "3.9", "3.10", "3.12"]


def test_machine_comes_before_user(computer: Computer) -> None:
    computer.add_python("3.9", "HKCU")
    theirs = computer.add_python("3.9", "HKLM")
    assert [one.folder for one in look(computer).visible] == [theirs]


def test_default_is_the_highest_python_3_and_best_one_that_pykd_has_a_wheel_for(
    computer: Computer,
) -> None:
    computer.add_python("2.7")
    found = look(computer)
    assert found.default is not None
    assert found.default.name == "2.7"
    assert found.best() is None
    for key, default, best in (
        ("3.8", "3.8", "3.8"),
        ("3.9", "3.9", "3.9"),
        ("3.13", "3.13", "3.9"),
    ):
        computer.add_python(key)
        found = look(computer)
        chosen = found.best()
        assert found.default is not None
        assert chosen is not None
        assert (found.default.name, chosen.name) == (default, best)


def test_32_bit_keys_have_a_suffix(computer: Computer) -> None:
    folder = computer.add_python("3.9-32", bits=32)
    (one,) = look(computer, 32).visible
    assert (one.version, one.bits, one.folder) == ((3, 9), 32, folder)
    # What it would not run is not offered.
    computer.add_python("3.8", bits=32)
    assert names(look(computer, 32)) == ["3.9"]
    assert look(computer, 32).rejected == ("HKCU PythonCore\\3.8: only the key 3.8-32 is used",)


def test_bitness_is_that_of_the_dll(computer: Computer) -> None:
    folder = computer.add_python("3.9")
    computer.registry.put("HKCU", f"{CORE}\\3.9-32\\InstallPath", "", f"{folder}/", bits=32)
    assert look(computer, 32).rejected == (
        "HKCU PythonCore\\3.9-32: 64-bit, the debugger is 32-bit",
    )


def test_library_that_is_not_there(computer: Computer) -> None:
    folder = computer.add_python("3.9")
    (folder / "python39.dll").unlink()
    assert look(computer).visible == ()
    assert look(computer).rejected == (
        f"HKCU PythonCore\\3.9: {folder / 'python39.dll'} is not there",
    )


def test_folder_without_a_closing_backslash(computer: Computer) -> None:
    # The bootstrapper puts folder and file together as they are.
    folder = computer.add_python("3.9", ending="")
    assert look(computer).visible == ()
    (reason,) = look(computer).rejected
    assert "InstallPath does not end with a backslash" in reason
    assert reason.endswith(f"so {folder}python39.dll is looked for")


def test_keys_that_say_nothing(computer: Computer) -> None:
    computer.registry.put("HKLM", f"{CORE}\\3.9\\Help", "", "x")
    computer.registry.put("HKLM", f"{CORE}\\Launcher\\InstallPath", "", "x")
    computer.registry.put("HKCU", f"{CORE}\\3.8\\InstallPath", "", "")
    assert look(computer).rejected == (
        "HKLM PythonCore\\3.9: no InstallPath",
        "HKLM PythonCore\\Launcher: not a version",
        "HKCU PythonCore\\3.8: no InstallPath",
    )


def test_key_that_cannot_be_read(computer: Computer) -> None:
    computer.add_python("3.9")
    computer.add_python("3.8")
    computer.registry.unreadable = (64, "HKCU", f"{CORE}\\3.9\\InstallPath", "")
    assert names(look(computer)) == ["3.8"]
    (reason,) = look(computer).rejected
    assert reason.endswith("its InstallPath can't be read: Access is denied")


def test_named_by_the_user(computer: Computer, tmp_path: Path) -> None:
    folder = computer.add_python("3.8")
    computer.add_python("3.9")
    found = look(computer)
    assert found.named(folder / "python.exe").name == "3.8"
    assert found.named(folder).name == "3.8"
    (tmp_path / "link").symlink_to(folder)
    assert found.named(tmp_path / "link" / "python.exe").name == "3.8"


def test_named_one_that_cannot_serve(computer: Computer, tmp_path: Path) -> None:
    newer = computer.add_python("3.13")
    with pytest.raises(InstallError, match=r"Python 3\.13 .*: pykd has no wheel for it; use"):
        look(computer).named(newer / "python.exe")
    with pytest.raises(InstallError, match="is not registered as a 64-bit Python under PythonCore"):
        look(computer).named(tmp_path / "venv" / "python.exe")


@pytest.mark.parametrize(("bits", "kind", "arch"), [(64, "64-bit", "x64"), (32, "32-bit", "x86")])
def test_help_says_exactly_what_to_install(bits: int, kind: str, arch: str) -> None:
    text = python_help(bits)
    assert f"Python 3.9.13 from python.org, 'Windows installer ({kind})'" in text
    assert text.endswith(f"winget install --id Python.Python.3.9 --exact --architecture {arch}")
