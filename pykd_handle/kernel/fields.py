"""Reading several fields of one structure with one read, each field on its own merits.

One read covers everything from the first field to the last. A field that this kernel's layout does
not have, and one whose bytes are missing, say so in their place; the others keep their values.
"""

from __future__ import annotations

import struct as _struct

from ..hints import Tuple
from ..layout import Fields, Struct
from ..targets import Span, Target
from ..values import Maybe, MemoryUnavailable, MissingType, maybe, unavailable

__all__ = ("decode_fields", "range_of", "read_fields")


def range_of(struct: Struct, address: int, paths: Tuple[str, ...]) -> Tuple[int, int]:
    """The (address, size in bytes) that holds these fields of the structure at ``address``."""
    decoder = struct.plan(paths).decoder
    return address + decoder.start, decoder.end - decoder.start


def decode_fields(
    span: Span, struct: Struct, address: int, paths: Tuple[str, ...]
) -> Tuple[Maybe[int], ...]:
    """The values of the fields of the structure at ``address`` out of what a read brought.

    A field whose bytes are missing becomes an `Unavailable` with the address and the reason, and
    so does one that the layout does not have.
    """
    decoder, missing = struct.plan(paths)
    values: Tuple[Maybe[int], ...]
    try:
        data = span.at(address + decoder.start, decoder.end - decoder.start)
        values = decoder.decode(data, -decoder.start)
    except (MemoryUnavailable, _struct.error):
        there = (path for path, error in zip(paths, missing) if error is None)
        values = tuple(maybe(_single, span, struct, address, path) for path in there)
    if not any(missing):
        return values
    rest = iter(values)
    return tuple(next(rest) if error is None else unavailable(error) for error in missing)


def _single(span: Span, struct: Struct, address: int, path: str) -> int:
    single = struct.decoder(path)
    data = span.at(address + single.start, single.end - single.start)
    return single.decode(data, -single.start)[0]


def read_fields(target: Target, fields: Fields, address: int) -> Tuple[Maybe[int], ...]:
    """Read fields of the structure at the virtual ``address``: one read, a value for each path."""
    try:
        struct = target.struct(fields.struct)
    except MissingType as error:
        return tuple(unavailable(error) for _ in fields.paths)
    span = target.read_partial(*range_of(struct, address, fields.paths))
    return decode_fields(span, struct, address, fields.paths)
