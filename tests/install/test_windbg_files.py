"""The gallery's files agree with each other and with the package."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from uuid import UUID

import pykd_handle
from pykd_handle.setup.install.files import FILE_NAMES
from pykd_handle.version import __version__

FOLDER = Path(pykd_handle.__file__).parent / "windbg"


def test_every_file_is_installed() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FILE_NAMES) - {"handle.py"}


def test_files_are_ascii() -> None:
    for path in FOLDER.iterdir():
        path.read_text(encoding="ascii")


def test_manifest() -> None:
    # The form is that of the manifest in microsoft/WinDbg-Samples.
    number = (FOLDER / "ManifestVersion.txt").read_text().split()
    assert number == ["1", "1.0.0.0", "1"]
    root = ElementTree.parse(FOLDER / f"manifest.{number[0]}.xml").getroot()
    assert (root.tag, root.get("Version")) == ("ExtensionPackages", number[1])
    (package,) = root.findall("ExtensionPackage")
    assert package.findtext("Version") == f"{__version__}.0"
    (script,) = package.findall("Components/ScriptComponent")
    assert (script.get("Type"), script.get("FilePathKind")) == ("Engine", "RepositoryRelative")
    source = (FOLDER / str(script.get("File"))).read_text()
    (alias,) = script.findall("FunctionAliases/FunctionAlias")
    assert f'new host.functionAlias(khandle, "{alias.get("Name")}")' in source
    assert script.find("LoadTriggers/TriggerSet/TargetTrigger[@Type='Kernel']") is not None


def test_gallery() -> None:
    root = ElementTree.parse(FOLDER / "config.xml").getroot()
    settings = {each.get("Name"): each.get("Value") for each in root.iter("Setting")}
    assert settings["LocalCacheRootFolder"] == "FOLDER"
    assert settings["IsEnabled"] == "true"
    assert str(UUID(str(settings["Id"]))).upper() == settings["Id"]


def test_one_command_everywhere() -> None:
    command = '"!pykd.py -g -m pykd_handle"'
    for name in ("khandle.wds", "khandle.js"):
        assert re.findall('"!pykd.*?"', (FOLDER / name).read_text()) == [command]
