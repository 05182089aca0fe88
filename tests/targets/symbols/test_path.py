"""Symbol paths, as Microsoft's documentation has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest

from pykd_handle.targets.symbols.path import MICROSOFT, parse_symbol_path

HOME = Path("/home/sym")
A, B, S = Path("/a"), Path("/b"), Path("/server/share")


def servers(text: str) -> List[Any]:
    return [tuple(server) for server in parse_symbol_path(text, HOME).servers]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ; ;", []),
        ("/a", [((A,), "")]),
        ('"/a";/b', [((A,), ""), ((B,), "")]),
        ("srv*/a", [((A,), "")]),
        ("srv*/a*https://x.example/s/", [((A,), "https://x.example/s")]),
        ("SRV*/a*/server/share*http://x", [((A, S), "http://x")]),
        ("symsrv*symsrv.dll*/a*https://x", [((A,), "https://x")]),
        ("SymSrv*SymSrv.DLL*/a", [((A,), "")]),
        (' SRV * "/a" * HTTPS://X/Y/ ', [((A,), "https://X/Y")]),
        ("srv*https://x", [((HOME,), "https://x")]),
        ("srv**https://x", [((HOME,), "https://x")]),
        ("srv*", [((HOME,), MICROSOFT)]),
        ("https://x/", [((HOME,), "https://x")]),
        ("cache*/a", [((A,), "")]),
        ("cache*", [((HOME,), "")]),
        ("/b;cache*/a;srv*https://x", [((B,), ""), ((A,), ""), ((A, HOME), "https://x")]),
        ("cache*/a;srv*/a*/b", [((A,), ""), ((A, B), "")]),
        ("cache*/a*/s;cache*/b;https://x", [((A,), ""), ((B,), ""), ((A, B, HOME), "https://x")]),
        ("srv*/a*https://x*https://y", [((A,), "https://y")]),
    ],
)
def test_elements(text: str, expected: List[Any]) -> None:
    assert servers(text) == expected


def test_what_is_not_understood_is_kept_for_a_remark() -> None:
    path = parse_symbol_path("symsrv*other.dll*/a;/b; foo*bar", HOME)
    assert path.unknown == ("symsrv*other.dll*/a", "foo*bar")
    assert [server.folders for server in path.servers] == [(B,)]


def test_a_path_without_end() -> None:
    assert len(parse_symbol_path("/a;" * 5000, HOME).servers) == 100
    stores = "".join(f"*/{number}" for number in range(5000))
    assert len(parse_symbol_path("srv" + stores, HOME).servers[0].folders) == 10
