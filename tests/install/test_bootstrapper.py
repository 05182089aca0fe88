"""The bootstrapper: found where the debugger looks, refused when it can't serve, put in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pykd_handle.install import InstallError, Places, find_bootstrapper
from pykd_handle.install.bootstrapper import BootstrapperStep

from .computer import Computer, write_image


def places(computer: Computer, bits: int = 64, chosen: Path | None = None) -> Places:
    return Places(computer.environ, bits, chosen)


def test_nothing_there(computer: Computer) -> None:
    assert find_bootstrapper(places(computer)) == []
    step = BootstrapperStep(places(computer), None)
    with pytest.raises(InstallError) as caught:
        step.todo()
    assert str(caught.value).startswith(f"no pykd.dll in {computer.extensions}: get pykd.dll from")
    assert str(caught.value).endswith("-Bootstrapper FILE")
    assert (step.present(), step.leftover()) == ("", "")


def test_found_in_the_users_folder(computer: Computer) -> None:
    path = computer.add_bootstrapper()
    assert find_bootstrapper(places(computer)) == [(path, "")]
    step = BootstrapperStep(places(computer), None)
    assert (step.todo(), step.present()) == ("", str(path))
    assert step.leftover() == f"{path} stays, other scripts may need it"


def test_32_bit_debuggers_have_a_folder_of_their_own(computer: Computer) -> None:
    computer.add_bootstrapper()
    assert find_bootstrapper(places(computer, 32)) == []
    path = computer.add_bootstrapper(computer.local / "Dbg" / "EngineExtensions32", bits=32)
    assert find_bootstrapper(places(computer, 32)) == [(path, "")]


def test_folders_in_the_debuggers_order(computer: Computer, tmp_path: Path) -> None:
    kit = tmp_path / "Windows Kits" / "10" / "Debuggers" / "x64" / "winext"
    named = tmp_path / "named"
    computer.environ["ProgramFiles(x86)"] = str(tmp_path)
    computer.environ["_NT_DEBUGGER_EXTENSION_PATH"] = f"{named}; "
    found = [computer.add_bootstrapper(folder) for folder in (named, kit, computer.extensions)]
    assert [one.path for one in find_bootstrapper(places(computer))] == found
    chosen = computer.add_bootstrapper(tmp_path / "chosen")
    here = places(computer, chosen=tmp_path / "chosen")
    assert [one.path for one in find_bootstrapper(here)] == [chosen, *found]


@pytest.mark.parametrize(
    ("bits", "exports", "fault"),
    [
        (32, ("py",), "32-bit, the debugger is 64-bit"),
        (0, ("py",), "for another processor, the debugger is 64-bit"),
        (64, ("go",), "has no command !py"),
        (64, ("PyInit_pykd", "py"), "pykd.pyd itself, which loses arguments on Python 3"),
    ],
)
def test_file_that_cannot_serve(
    computer: Computer, tmp_path: Path, bits: int, exports: tuple[str, ...], fault: str
) -> None:
    write_image(computer.extensions / "pykd.dll", bits, exports)
    (one,) = find_bootstrapper(places(computer))
    assert fault in one.fault
    for given in (None, write_image(tmp_path / "download.dll", bits, exports)):
        with pytest.raises(InstallError, match=fault):
            BootstrapperStep(places(computer), given).todo()


def test_given_file_that_is_none(computer: Computer, tmp_path: Path) -> None:
    (tmp_path / "pykd.zip").write_bytes(b"PK\3\4")
    with pytest.raises(InstallError, match=r"no program file \(perhaps still a .zip\?\)"):
        BootstrapperStep(places(computer), tmp_path / "pykd.zip").todo()
    with pytest.raises(InstallError, match=r"nowhere\.dll: not there"):
        BootstrapperStep(places(computer), tmp_path / "nowhere.dll").todo()


def test_given_file_is_put_in_place_once(computer: Computer, tmp_path: Path) -> None:
    given = write_image(tmp_path / "download.dll", 64, ("info", "py"))
    step = BootstrapperStep(places(computer), given)
    target = computer.extensions / "pykd.dll"
    assert step.todo() == f"copy {given} to {target}"
    step.install()
    assert target.read_bytes() == given.read_bytes()
    assert step.todo() == ""
    newer = write_image(tmp_path / "newer.dll", 64, ("py", "select"))
    step = BootstrapperStep(places(computer), newer)
    assert step.todo()
    step.install()
    assert target.read_bytes() == newer.read_bytes()


def test_given_folder(computer: Computer, tmp_path: Path) -> None:
    given = write_image(tmp_path / "download.dll")
    step = BootstrapperStep(places(computer, chosen=tmp_path / "ext"), given)
    step.todo()
    step.install()
    assert step.present() == str(tmp_path / "ext" / "pykd.dll")
    assert not computer.extensions.exists()


def test_folder_that_cannot_be_written_to(computer: Computer, tmp_path: Path) -> None:
    given = write_image(tmp_path / "download.dll")
    (tmp_path / "file").write_bytes(b"")
    step = BootstrapperStep(places(computer, chosen=tmp_path / "file"), given)
    with pytest.raises(InstallError, match=r"close every debugger .* -ExtensionPath"):
        step.install()


def test_users_folder_unknown() -> None:
    with pytest.raises(InstallError, match="LOCALAPPDATA is not set"):
        Places({}, 64)
