"""The bootstrapper: found where the debugger looks, refused when it can't serve, put in place."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

import pykd_handle.setup.install
from pykd_handle.setup.install import InstallError, Places, find_bootstrapper
from pykd_handle.setup.install.bootstrapper import BootstrapperStep
from pykd_handle.setup.install.origin import MARK, origin

from .computer import Computer, write_image
from .script import SCRIPT


def places(computer: Computer, bits: int = 64, chosen: Path | None = None) -> Places:
    return Places(computer.environ, bits, chosen)


def test_nothing_there(computer: Computer) -> None:
    assert find_bootstrapper(places(computer)) == []
    step = BootstrapperStep(computer.machine(), places(computer), None)
    with pytest.raises(InstallError) as caught:
        step.todo()
    assert str(caught.value).startswith(f"no pykd.dll in {computer.extensions}: get pykd.dll from")
    assert str(caught.value).endswith("-Bootstrapper FILE")
    assert (step.present(), step.leftover()) == ("", "")


def test_found_in_the_users_folder(computer: Computer) -> None:
    path = computer.add_bootstrapper()
    assert find_bootstrapper(places(computer)) == [(path, "")]
    step = BootstrapperStep(computer.machine(), places(computer), None)
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
            BootstrapperStep(computer.machine(), places(computer), given).todo()


def test_given_file_that_is_none(computer: Computer, tmp_path: Path) -> None:
    (tmp_path / "pykd.zip").write_bytes(b"PK\3\4")
    with pytest.raises(InstallError, match=r"no program file \(perhaps still a .zip\?\)"):
        BootstrapperStep(computer.machine(), places(computer), tmp_path / "pykd.zip").todo()
    with pytest.raises(InstallError, match=r"nowhere\.dll: not there"):
        BootstrapperStep(computer.machine(), places(computer), tmp_path / "nowhere.dll").todo()


def test_given_file_is_put_in_place_once(computer: Computer, tmp_path: Path) -> None:
    given = write_image(tmp_path / "download.dll", 64, ("info", "py"))
    step = BootstrapperStep(computer.machine(), places(computer), given)
    target = computer.extensions / "pykd.dll"
    assert step.todo() == f"copy {given} to {target}"
    step.install()
    assert target.read_bytes() == given.read_bytes()
    assert step.todo() == ""
    newer = write_image(tmp_path / "newer.dll", 64, ("py", "select"))
    step = BootstrapperStep(computer.machine(), places(computer), newer)
    assert step.todo()
    step.install()
    assert target.read_bytes() == newer.read_bytes()


def test_given_folder(computer: Computer, tmp_path: Path) -> None:
    given = write_image(tmp_path / "download.dll")
    step = BootstrapperStep(computer.machine(), places(computer, chosen=tmp_path / "ext"), given)
    step.todo()
    step.install()
    assert step.present() == str(tmp_path / "ext" / "pykd.dll")
    assert not computer.extensions.exists()


def test_folder_that_cannot_be_written_to(computer: Computer, tmp_path: Path) -> None:
    given = write_image(tmp_path / "download.dll")
    (tmp_path / "file").write_bytes(b"")
    step = BootstrapperStep(computer.machine(), places(computer, chosen=tmp_path / "file"), given)
    with pytest.raises(InstallError, match=r"close every debugger .* -ExtensionPath"):
        step.install()


@pytest.mark.parametrize(
    "environ", [{}, {"LOCALAPPDATA": ""}, {"LOCALAPPDATA": "here"}, {"USERPROFILE": "%HOME%"}]
)
def test_users_folder_unknown(environ: dict[str, str]) -> None:
    with pytest.raises(InstallError, match="neither LOCALAPPDATA nor USERPROFILE is set to a"):
        Places(environ, 64)


@pytest.mark.parametrize("local", [None, "", "here", "%USERPROFILE%"])
def test_users_folder_without_its_variable(tmp_path: Path, local: str | None) -> None:
    environ = {"USERPROFILE": str(tmp_path)}
    if local is not None:
        environ["LOCALAPPDATA"] = local
    assert Places(environ, 64).own == tmp_path / "AppData" / "Local" / "pykd_handle"


# --- where it comes from -----------------------------------------------------------------------

DOWNLOAD = "https://objects.example.com/releases/pykd-ext/x64/pykd.dll"
# As a browser writes it: MS-FSCC names the stream, and how Windows uses it.
DOWNLOADED = (
    f"[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://example.com/releases?page=2\r\n"
    f"HostUrl={DOWNLOAD}?X-Amz-Signature=5eCrEt#1\r\n"
)
without_colons = pytest.mark.skipif(sys.platform == "win32", reason="a stream is not a file there")


def downloaded(folder: Path, mark: str) -> Path:
    given = write_image(folder / "it's downloaded.dll")
    Path(f"{given}{MARK}").write_bytes(mark.encode("utf-8", "surrogateescape"))
    return given


@without_colons
def test_mark_of_the_web_stays(computer: Computer, tmp_path: Path) -> None:
    given = downloaded(tmp_path, DOWNLOADED)
    # Of the address, what may be the key to a download is left out.
    digest = hashlib.sha256(given.read_bytes()).hexdigest()
    step = BootstrapperStep(computer.machine(), places(computer), given)
    target = computer.extensions / "pykd.dll"
    advice = (
        "its mark of the web stays; if the debugger does not load it, and you trust its origin:"
    )
    told = [f"sha256 {digest}, from {DOWNLOAD}", f"{advice} Unblock-File -LiteralPath '{target}'"]
    assert step.remarks() == told
    step.install()
    assert Path(f"{target}{MARK}").read_bytes() == DOWNLOADED.encode()
    assert step.remarks() == told
    # The same of one that has been there before.
    assert BootstrapperStep(computer.machine(), places(computer), None).remarks() == told


@without_colons
@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (
            "[ZoneTransfer]\nZoneId=3\n",
            "from another computer (its mark of the web names no address)",
        ),
        ("", "from another computer (its mark of the web names no address)"),
        ("[ZoneTransfer]\nReferrerUrl=https://a.example/b\n", "from https://a.example/b"),
        (
            "HostUrl=about:internet\n",
            "from another computer (its mark of the web names no address)",
        ),
        ("HostUrl=https://a/\x1b[2J\xe9\udcff\n", "from https://a/\\x1b[2J\\xe9\\ufffd"),
        (f"HostUrl=https://{'a' * 100_000}", f"from https://{'a' * 192}"),
    ],
)
def test_marks_that_say_little_or_too_much(tmp_path: Path, mark: str, said: str) -> None:
    assert origin(downloaded(tmp_path, mark)).partition(", ")[2] == said


def test_quotes_in_the_name_end_no_command(computer: Computer, tmp_path: Path) -> None:
    where = places(computer, chosen=tmp_path / "it's here")
    step = BootstrapperStep(computer.machine(), where, downloaded(tmp_path, DOWNLOADED))
    assert step.remarks()[1].endswith("it''s here" + os.sep + "pykd.dll'")


def test_no_way_to_copy_without_the_mark() -> None:
    """Neither by bytes nor by taking the mark off."""
    folder = Path(pykd_handle.setup.install.__file__).parent
    for path in (*folder.glob("*.py"), SCRIPT):
        text = path.read_text(encoding="utf-8")
        assert "shutil." not in text.replace("shutil would leave", ""), path
        runs = text.replace("Unblock-File -LiteralPath '{quoted}'", "")
        assert "Unblock-File" not in runs, path
