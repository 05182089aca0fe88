"""A look into a symbol file without taking all of it in: which PDB it is of, where symbols lie.

A kernel's ISF file has several megabytes of JSON; a folder may hold hundreds of them. The text is
searched as it comes out of the decompressor, piece by piece, for the few parts that are wanted. A
PDB has tables that lead to them.
"""

from __future__ import annotations

import re
from pathlib import Path

from ...hints import Dict, Iterable, Mapping, Optional, Pattern
from ...layout import PdbIdentity
from ...layout.isf_file import pieces
from ...values import MissingSymbol, NamedTuple, SymbolsError, attempt

__all__ = ("Allowance", "Peek", "peek")

_NOTHING: Mapping[str, int] = {}
# A match may lie across the border of two pieces; none is longer than this.
_OVERLAP = 1 << 12
_PDB = rb'"pdb"\s*:\s*\{([^{}]{1,2000})\}'
_GUID = rb'"GUID"\s*:\s*"([0-9A-Fa-f-]{32,40})"'
_AGE = rb'"age"\s*:\s*(\d{1,9})'
_NAME = rb'"database"\s*:\s*"([^"\\]{1,255})"'


class Allowance:
    """How many bytes a search may still take in, of all of its files together."""

    def __init__(self, size: int) -> None:
        self.left = size

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0


class Peek(NamedTuple):
    """What a look brought: the PDB's identity, and symbols' offsets from the image base."""

    identity: Optional[PdbIdentity]
    symbols: Dict[str, int]


def peek(
    path: Path,
    names: Iterable[str] = (),
    identity: Optional[PdbIdentity] = None,
    offsets: Mapping[str, int] = _NOTHING,
    allowance: Optional[Allowance] = None,
) -> Optional[Peek]:
    """Look for the identity and these symbols; None where the file can't be read as far as needed,
    or as far as the ``allowance`` goes.

    Stops as soon as everything is found, or the file shows that it is of another kernel: not of
    the one with this ``identity``, or with these ``offsets`` of symbols from the image base. A
    symbol that is not found is left out.
    """
    if path.suffix.lower() == ".pdb":
        return _into_pdb(path, names, identity, offsets, allowance)
    wanted = frozenset(names)
    pattern = _symbol_pattern(wanted) if wanted else None
    found: Optional[PdbIdentity] = None
    symbols: Dict[str, int] = {}
    rest = b""
    try:
        for piece in pieces(path):
            if allowance is not None:
                allowance.left -= len(piece)
                if allowance.spent:
                    return None
            text = rest + piece
            if found is None:
                found = _identity(text)
            if identity is not None and found not in (None, identity):
                break
            if pattern is not None:
                for match in pattern.finditer(text):
                    symbols.setdefault(match.group(1).decode(), int(match.group(2)))
            if found is not None and len(symbols) == len(wanted):
                break
            if any(offsets.get(name, place) != place for name, place in symbols.items()):
                break
            rest = text[-_OVERLAP:]
    except (OSError, SymbolsError):
        return None
    return Peek(found, symbols)


def _into_pdb(
    path: Path,
    names: Iterable[str],
    identity: Optional[PdbIdentity],
    offsets: Mapping[str, int],
    allowance: Optional[Allowance],
) -> Optional[Peek]:
    from ...layout.pdb import Pdb  # takes a few milliseconds to import

    file = attempt(Pdb, path, default=None, error=SymbolsError)
    if file is None:
        return None
    symbols: Dict[str, int] = {}
    try:
        for name in names if identity in (None, file.identity) else ():
            offset = attempt(file.symbol, name, default=None, error=MissingSymbol)
            if offset is not None:
                symbols[name] = offset
                if offsets.get(name, offset) != offset:
                    break
    except SymbolsError:
        return None
    finally:
        if allowance is not None:
            allowance.left -= file.taken
        file.close()
    return Peek(file.identity, symbols)


def _symbol_pattern(names: Iterable[str]) -> Pattern[bytes]:
    # The braces keep structure fields of the same name out: they have no address, but a type.
    either = b"|".join(re.escape(name).encode() for name in sorted(names))
    return re.compile(
        rb'"(' + either + rb')"\s*:\s*\{[^{}]{0,300}?"address"\s*:\s*(\d{1,20})(?=[\s,}])'
    )


def _identity(text: bytes) -> Optional[PdbIdentity]:
    for match in re.finditer(_PDB, text):
        guid = re.search(_GUID, match.group(1))
        age = re.search(_AGE, match.group(1))
        name = re.search(_NAME, match.group(1))
        if guid and age:
            return PdbIdentity(
                guid.group(1).decode(),
                int(age.group(1)),
                name.group(1).decode("utf-8", "replace") if name else "",
            )
    return None
