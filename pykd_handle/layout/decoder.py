"""Decoding bytes: one structure or a whole page of them, with as few Python steps as possible.

All fields of a decoder that do not overlap are taken by one `struct` call; bit fields that share
a storage unit share its value.
"""

from __future__ import annotations

import struct

from ..hints import Callable, Dict, List, Optional, Sequence, Tuple
from ..values import NamedTuple

__all__ = ("Decoder", "Slot", "Unpack")

Unpack = Callable[[bytes, int], Tuple[int, ...]]

_CODES = {
    (1, False): "B",
    (1, True): "b",
    (2, False): "H",
    (2, True): "h",
    (4, False): "I",
    (4, True): "i",
    (8, False): "Q",
    (8, True): "q",
}


class Slot(NamedTuple):
    """Where one value lies: byte offset, size in bytes, then shift and mask (mask 0: all bits)."""

    offset: int
    size: int
    shift: int = 0
    mask: int = 0
    signed: bool = False


class Decoder:
    """Takes the values of a fixed list of fields out of bytes.

    ``start`` and ``end`` say which bytes of the structure are needed, so that a caller reads no
    more than these; ``stride`` is the size of the structure.
    """

    __slots__ = ("_groups", "_plain", "_steps", "end", "slots", "start", "stride")

    def __init__(self, stride: int, slots: Sequence[Slot]) -> None:
        self.stride = stride
        self.slots = tuple(slots)
        self.start = min((s.offset for s in slots), default=0)
        self.end = max((s.offset + s.size for s in slots), default=0)
        units = sorted({(s.offset, s.size, s.signed) for s in slots})
        groups: List[List[Tuple[int, int, bool]]] = []
        for unit in units:
            for group in groups:
                last = group[-1]
                if unit[0] >= last[0] + last[1]:
                    group.append(unit)
                    break
            else:
                groups.append([unit])
        order: Dict[Tuple[int, int, bool], int] = {}
        self._groups: List[Tuple[struct.Struct, int]] = []
        for group in groups:
            text, position = "<", group[0][0]
            for offset, size, signed in group:
                if offset > position:
                    text += f"{offset - position}x"
                text += _CODES[size, signed]
                order[offset, size, signed] = len(order)
                position = offset + size
            self._groups.append((struct.Struct(text), group[0][0]))
        self._steps = tuple(
            (order[s.offset, s.size, s.signed], s.shift, s.mask) for s in self.slots
        )
        # The common case: one group, no bits, values wanted in the order in which they lie.
        self._plain = len(self._groups) == 1 and self._steps == tuple(
            (index, 0, 0) for index in range(len(self._steps))
        )

    @property
    def unpack(self) -> Optional[Unpack]:
        """Takes the values out of bytes, at the offset where ``start`` lies; None where that takes
        more than one step."""
        return self._groups[0][0].unpack_from if self._plain else None

    def decode(self, data: bytes, base: int = 0) -> Tuple[int, ...]:
        """The values of the structure whose offset 0 lies at ``data[base]``.

        ``base`` may be negative where ``data`` begins inside the structure. Raises
        `struct.error` where ``data`` is too short.
        """
        if self._plain:
            unpacker, start = self._groups[0]
            return unpacker.unpack_from(data, base + start)
        raw: List[int] = []
        for unpacker, start in self._groups:
            raw.extend(unpacker.unpack_from(data, base + start))
        return tuple(
            (raw[index] >> shift) & mask if mask else raw[index]
            for index, shift, mask in self._steps
        )
