"""Where symbols are kept, and which servers there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Optional

import pytest

from pykd_handle.targets.symbols.places import cache_folder, places, servers


@pytest.mark.parametrize(
    ("system", "environ", "folder"),
    [
        ("posix", {"XDG_CACHE_HOME": "/c", "LOCALAPPDATA": "/l"}, "/c/pykd-handle"),
        ("posix", {"HOME": "/home/a"}, "/home/a/.cache/pykd-handle"),
        ("nt", {"XDG_CACHE_HOME": "/c", "LOCALAPPDATA": "/l"}, "/l/pykd-handle"),
        ("nt", {}, None),
        ("nt", {"PYKD_HANDLE_CACHE": "/mine"}, "/mine"),
        ("posix", {"PYKD_HANDLE_CACHE": ""}, None),
    ],
)
def test_where_files_are_kept(
    monkeypatch: pytest.MonkeyPatch, system: str, environ: Dict[str, str], folder: Optional[str]
) -> None:
    wanted = folder and Path(folder)  # made before the system seems to be another one
    monkeypatch.setattr("pykd_handle.targets.symbols.places.Path", type(Path()), raising=False)
    monkeypatch.setenv("HOME", environ.get("HOME", "/none"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", system)
        found = cache_folder(environ)
    assert found == wanted


def test_windbgs_own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    windbgs = tmp_path / "Dbg" / "sym"
    windbgs.mkdir(parents=True)
    monkeypatch.setattr("pykd_handle.targets.symbols.places.Path", type(Path()))
    for system, expected in (("nt", [windbgs]), ("posix", [])):
        with monkeypatch.context() as patch:
            patch.setattr(os, "name", system)
            found = places(None, None, {"ProgramData": str(tmp_path), "PYKD_HANDLE_CACHE": ""})
        assert [place.folder for place in found] == expected


def test_nobodys_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a user that the system does not know, as in a container."""

    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    assert cache_folder({}) is None


def test_servers_in_order_each_with_its_stores() -> None:
    found = servers(
        {
            "_NT_ALT_SYMBOL_PATH": "srv*/d*https://z;srv*/a*https://x",
            "_NT_SYMBOL_PATH": "srv*/a*https://x;srv*/b*https://y;srv*/c*https://x",
        }
    )
    assert [(str(one.folders[0]), one.url) for one in found] == [
        (str(Path(store)), url)
        for store, url in (
            ("/a", "https://x"), ("/b", "https://y"), ("/c", "https://x"), ("/d", "https://z")
        )
    ]  # fmt: skip
