"""The type table and the cookie of a kernel without symbols, from what its memory says.

Every object type stands in the directory ``\\ObjectTypes``, and each knows its own index
(``_OBJECT_TYPE.Index``). All objects in that directory are of the type ``Type``, and the
directories themselves of the type ``Directory``: from a header whose type is known, the cookie
follows as ``TypeIndex ^ second byte of the address ^ index``. It is taken only when all headers
that can be read agree.
"""

from __future__ import annotations

from ..hints import Dict, List, Mapping, Optional, Tuple
from ..targets import Target
from ..values import (
    Absent,
    NamedTuple,
    Reason,
    Unavailable,
    UnavailableError,
    maybe,
)
from .directory import directory_objects
from .object_header import HeaderReader
from .root_directory import find_root_directory
from .strings import read_unicode_string

__all__ = ("TypeDirectory", "find_type_directory", "recover_cookie")

_ENOUGH = 8  # headers that agree; one byte each, so a chance agreement is out of the question
_FEWEST = 3  # so many must be read before they prove a cookie, or speak against one


class TypeDirectory(NamedTuple):
    """``root`` and ``directory`` are the bodies of ``\\`` and ``\\ObjectTypes``, ``types`` those
    of the objects in it, ``missing`` why some of these can't be read, None where all can."""

    root: int
    directory: int
    types: Tuple[int, ...]
    missing: Optional[Unavailable]


def find_type_directory(target: Target, headers: HeaderReader) -> TypeDirectory:
    """Find ``\\ObjectTypes`` from the root. Raises `PykdHandleError` with the reason."""
    root = find_root_directory(target, headers)
    lost: List[Unavailable] = []
    for item in directory_objects(target, root, lost):
        if maybe(_leaf, target, headers, item) == "ObjectTypes":
            missing: List[Unavailable] = []
            types = tuple(directory_objects(target, item, missing))
            return TypeDirectory(root, item, types, missing[0] if missing else None)
    why = Unavailable(Reason.OBJECT_TYPES_NOT_FOUND)
    if lost:
        why = Unavailable(Reason.OBJECT_TYPES_NOT_FOUND_BECAUSE, None, lost[-1])
    raise UnavailableError(why)


def _leaf(target: Target, headers: HeaderReader, body: int) -> str:
    info = headers.read(headers.header_of(body)).name_info
    return read_unicode_string(target, info.length, info.maximum, info.buffer) if info else ""


def recover_cookie(
    headers: HeaderReader, found: TypeDirectory, indices: Mapping[str, int]
) -> Tuple[int, int]:
    """The cookie, or -1 where this kernel stores indices as they are; and how many headers agree.

    ``indices`` maps the names of types to their own indices. Raises `UnavailableError` where too
    few headers can be read, or they do not agree.
    """
    known: List[Tuple[int, str]] = [(found.root, "Directory"), (found.directory, "Directory")]
    known += [(body, "Type") for body in found.types[: _ENOUGH * 2]]
    encoded: Dict[int, int] = {}
    plain = 0
    total = 0
    for body, kind in known:
        index = indices.get(kind)
        header = headers.read(headers.header_of(body))
        if index is None or isinstance(header.type_index, Absent):
            continue
        total += 1
        plain += header.type_index == index
        cookie = header.type_index ^ (header.address >> 8 & 0xFF) ^ index
        encoded[cookie] = encoded.get(cookie, 0) + 1
    if total < _FEWEST:
        raise UnavailableError(Unavailable(Reason.FEW_OBJECTS_OF_KNOWN_TYPE, None, total))
    if plain == total:
        return -1, total
    best, votes = max(encoded.items(), key=lambda item: item[1])
    if votes != total:
        raise UnavailableError(Unavailable(Reason.NO_COMMON_COOKIE, None, votes, total))
    return best, total
