"""The object namespace: directories with their hash buckets, and the entries in them."""

from __future__ import annotations

from .object import MockObject
from .pool import Pool
from .written import whole

__all__ = ("Names", "hash_of")

whole("_OBJECT_DIRECTORY", "_OBJECT_DIRECTORY_ENTRY", "_DEVICE_MAP")

_BUCKETS = 37


def hash_of(name: str) -> int:
    """The hash under which a directory keeps a name, before it is taken modulo 37."""
    value = 0
    for char in name.upper():
        value = value + (value << 1) + (value >> 1) + ord(char) & 0xFFFFFFFF
    return value


class Names:
    """Enters objects into directories, which are objects too (`Objects.directory` makes them)."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._memory = pool.memory

    def _bucket(self, directory: MockObject, value: int) -> int:
        first = directory.body("_OBJECT_DIRECTORY").at("HashBuckets")
        return first + value % _BUCKETS * self._memory.build.pointer_size

    def insert(self, directory: MockObject, found: MockObject) -> int:
        """Put a named object into a directory; returns the address of the directory entry."""
        found.info("name")["Directory"] = directory.address
        value = hash_of(found.name)
        view = self._pool.new("_OBJECT_DIRECTORY_ENTRY", tag=b"ObDi")
        bucket = self._bucket(directory, value)
        view["ChainLink"] = self._memory.pointer(bucket)
        view["Object"] = found.address
        view.put("HashValue", value)
        self._memory.set_pointer(bucket, view.address)
        found.directory_entry = view.address
        return view.address

    def remove(self, directory: MockObject, found: MockObject) -> None:
        """Take an object out of its directory, as when a temporary object is closed."""
        link = self._bucket(directory, hash_of(found.name))
        while self._memory.pointer(link) != found.directory_entry:
            link = self._memory.pointer(link)  # ChainLink is the first field of an entry
        self._memory.set_pointer(link, self._memory.pointer(found.directory_entry))
        found.info("name")["Directory"] = found.directory_entry = 0
