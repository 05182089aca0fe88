"""Reading several fields of one structure with one read, each field on its own merits.

One read covers everything from the first field to the last; where a part of it is missing, the
fields that are there keep their values and the others say why they have none.
"""

from __future__ import annotations

import struct as _struct
from typing import List, Tuple

from ..layout import Struct
from ..targets import Span, Target
from ..values import Maybe, MemoryUnavailable, unavailable

__all__ = ("decode_fields", "range_of", "read_fields")


def range_of(struct: Struct, address: int, paths: Tuple[str, ...]) -> Tuple[int, int]:
    """The (address, size in bytes) that holds these fields of the structure at ``address``."""
    decoder = struct.decoder(*paths)
    return address + decoder.start, decoder.end - decoder.start


def decode_fields(
    span: Span, struct: Struct, address: int, paths: Tuple[str, ...]
) -> Tuple[Maybe[int], ...]:
    """The values of the fields of the structure at ``address`` out of what a read brought.

    A field whose bytes are missing becomes an `Unavailable` with the address and the reason.
    Raises `MissingField` where the layout has no such field.
    """
    decoder = struct.decoder(*paths)
    try:
        data = span.at(address + decoder.start, decoder.end - decoder.start)
        return decoder.decode(data, -decoder.start)
    except (MemoryUnavailable, _struct.error):
        pass
    values: List[Maybe[int]] = []
    for path in paths:
        single = struct.decoder(path)
        try:
            data = span.at(address + single.start, single.end - single.start)
            values.append(single.decode(data, -single.start)[0])
        except MemoryUnavailable as error:
            values.append(unavailable(error))
    return tuple(values)


def read_fields(
    target: Target, struct: Struct, address: int, *paths: str
) -> Tuple[Maybe[int], ...]:
    """Read fields of the structure at the virtual ``address``: one read, a value for each path."""
    return decode_fields(
        target.read_partial(*range_of(struct, address, paths)), struct, address, paths
    )
