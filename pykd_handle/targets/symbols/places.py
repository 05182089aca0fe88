"""Where symbols are looked for, in order, when no file is given.

A folder that is given comes first, then what the environment says as for the debugger, then the
folder of the dump, then what earlier runs and WinDbg have kept: what came with the evidence never
beats what the analyst set up.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...hints import List, Mapping, Optional, Tuple
from ...input_file import is_folder
from ...values import NamedTuple
from .path import SymbolPath, SymbolServer, parse_symbol_path

__all__ = (
    "CACHE",
    "VARIABLES",
    "Place",
    "cache_folder",
    "environment_path",
    "kept_parts",
    "places",
    "searched",
    "servers",
)

VARIABLES = ("_NT_SYMBOL_PATH", "_NT_ALT_SYMBOL_PATH")
"""The variables, the one that counts more first."""

CACHE = "PYKD_HANDLE_CACHE"
"""The variable that names another folder for what is kept; empty: nothing is."""


class Place(NamedTuple):
    """A folder to look in. ``origin`` is the variable that names it, "the cache", or "" for one
    that is given or holds the dump; ``where`` says that for a message. ``set_up`` tells that the
    user named it, ``given`` that it was in this run."""

    folder: Path
    where: str
    origin: str = ""
    given: bool = False
    deep: bool = True

    @property
    def set_up(self) -> bool:
        """Whether the user has named it."""
        return self.given or self.origin in VARIABLES


def cache_folder(environ: Mapping[str, str] = os.environ) -> Optional[Path]:
    """The folder of the user where this program keeps files, or None where it is to keep none."""
    if CACHE in environ:
        return Path(environ[CACHE]) if environ[CACHE] else None
    if os.name == "nt":
        base = environ.get("LOCALAPPDATA")
        return Path(base, "pykd-handle") if base else None
    base = environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "pykd-handle"
    except RuntimeError:  # nobody's home
        return None


def environment_path(environ: Mapping[str, str] = os.environ) -> List[Tuple[str, SymbolPath]]:
    """The symbol paths of the environment, each with the name of its variable."""
    default = _kept(environ) or Path("sym")
    found = [(name, environ.get(name, "")) for name in VARIABLES]
    return [(name, parse_symbol_path(text, default)) for name, text in found if text]


def searched(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the user has said where to look: that nothing is there is then worth a line."""
    return any(environ.get(name) for name in VARIABLES)


def servers(environ: Mapping[str, str] = os.environ) -> List[SymbolServer]:
    """The servers that the symbol paths of the environment name, in order, each with its stores."""
    paths = [path for _, path in environment_path(environ)]
    return list(dict.fromkeys(one for path in paths for one in path.servers if one.url))


def places(
    given: Optional[Path],
    beside: Optional[Path],
    environ: Mapping[str, str] = os.environ,
    absent: bool = False,
) -> List[Place]:
    """The folders to look in, in order; ``beside`` holds the dump. Each comes once, and those that
    are not there only where the ``absent`` ones are asked for."""
    found: List[Place] = []
    if given is not None:
        found.append(Place(given, f"in {given}", given=True))
    for name, path in environment_path(environ):
        for server in path.servers:
            found += [Place(folder, f"on {name}", name) for folder in server.folders]
    if beside is not None:
        found.append(Place(beside, "beside the dump", deep=False))
    kept = [_kept(environ)]
    if os.name == "nt" and environ.get("ProgramData"):
        kept.append(Path(environ["ProgramData"], "Dbg", "sym"))  # WinDbg's own
    found += [Place(folder, "in the cache", "the cache") for folder in kept if folder is not None]
    seen = set()
    once = []
    for place in found:
        key = os.path.normcase(place.folder)
        if key not in seen and (absent or place.given or is_folder(place.folder)):
            seen.add(key)
            once.append(place)
    return once


def kept_parts(environ: Mapping[str, str] = os.environ) -> Optional[Path]:
    """The folder for the parts of ISF files that are in use, or None."""
    folder = cache_folder(environ)
    return None if folder is None else folder / "parts"


def _kept(environ: Mapping[str, str]) -> Optional[Path]:
    folder = cache_folder(environ)
    return None if folder is None else folder / "symbols"
