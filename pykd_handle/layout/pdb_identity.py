"""What names one build of a PDB."""

from __future__ import annotations

import struct

__all__ = ("PdbIdentity",)


class PdbIdentity:
    """What names one build of a PDB: GUID (32 upper-case digits), age, file name."""

    __slots__ = ("age", "guid", "name")

    def __init__(self, guid: str, age: int, name: str = "") -> None:
        self.guid = guid.upper().replace("-", "")
        self.age = age
        self.name = name

    @classmethod
    def of_guid(cls, guid: bytes, age: int, name: str) -> PdbIdentity:
        """That of a ``GUID`` as it lies in memory: three little-endian numbers and eight bytes."""
        first, second, third = struct.unpack_from("<IHH", guid)
        return cls(f"{first:08X}{second:04X}{third:04X}{guid[8:16].hex()}", age, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PdbIdentity) and (self.guid, self.age) == (other.guid, other.age)

    def __hash__(self) -> int:
        return hash((self.guid, self.age))

    def __str__(self) -> str:
        return f"{self.guid}-{self.age}"

    def __repr__(self) -> str:
        return f"PdbIdentity({self.guid!r}, {self.age!r}, {self.name!r})"
