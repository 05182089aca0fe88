"""Symbol paths as the debugger has them: ``_NT_SYMBOL_PATH`` and its like.

Elements stand between semicolons: a folder; ``cache*DIR``, which keeps what the elements behind it
bring; ``srv*DIR*...*URL`` and ``symsrv*symsrv.dll*DIR*...*URL``, a row of stores of which the
nearest stands first (Microsoft's "Symbol path for Windows debuggers" and "Advanced SymSrv use").
"""

from __future__ import annotations

from pathlib import Path

from ...hints import List, Tuple
from ...values import NamedTuple

__all__ = ("MICROSOFT", "SymbolPath", "SymbolServer", "parse_symbol_path")

MICROSOFT = "https://msdl.microsoft.com/download/symbols"
"""The server that ``srv*`` means where it names none."""

_MOST_ELEMENTS = 100
_MOST_STORES = 10  # the debugger's own limit


class SymbolServer(NamedTuple):
    """One element: folders to look in, the nearest first, and the URL of a server behind them, or
    "". What comes from there is to be kept in the first of the folders that can be written."""

    folders: Tuple[Path, ...]
    url: str = ""


class SymbolPath(NamedTuple):
    """The elements in order; ``unknown`` are those that are not understood."""

    servers: Tuple[SymbolServer, ...]
    unknown: Tuple[str, ...] = ()


def parse_symbol_path(text: str, default: Path) -> SymbolPath:
    """The elements of a path; ``default`` is the store where it names none (``srv**URL``)."""
    servers: List[SymbolServer] = []
    unknown: List[str] = []
    kept: Tuple[Path, ...] = ()  # of a cache that stands before
    for element in text.split(";")[:_MOST_ELEMENTS]:
        words = [word.strip().strip('"') for word in element.split("*")]
        first = words[0].lower()
        if len(words) == 1:
            if _is_url(first):
                servers.append(SymbolServer((*kept, default), _url(words[0])))
            elif first:
                servers.append(SymbolServer((Path(words[0]),)))
        elif first == "cache":
            folders = tuple(Path(word) for word in words[1:2] if word) or (default,)
            kept = (*kept, *folders)
            servers.append(SymbolServer(folders))
        elif first == "srv" or [first, words[1].lower()] == ["symsrv", "symsrv.dll"]:
            servers.append(_server(words[1 if first == "srv" else 2 :], kept, default))
        else:
            unknown.append(element.strip())
    return SymbolPath(tuple(servers), tuple(unknown))


def _server(words: List[str], kept: Tuple[Path, ...], default: Path) -> SymbolServer:
    stores = words[:_MOST_STORES]
    urls = [_url(word) for word in stores if _is_url(word.lower())]
    folders = [default if not word else Path(word) for word in stores if not _is_url(word.lower())]
    if not any(stores):
        folders, urls = [default], [MICROSOFT]
    elif urls and not folders:
        folders = [default]
    return SymbolServer(tuple(dict.fromkeys((*kept, *folders))), urls[-1] if urls else "")


def _is_url(word: str) -> bool:
    return word.startswith(("http://", "https://"))


def _url(word: str) -> str:
    scheme, _, rest = word.rstrip("/").partition(":")
    return f"{scheme.lower()}:{rest}"
