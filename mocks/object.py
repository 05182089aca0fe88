"""`MockObject`: one object of a synthetic kernel."""

from __future__ import annotations

from typing import Dict, Tuple

from .pool import Pool
from .view import View
from .written import whole

__all__ = ("MockObject",)

whole("_OBJECT_HEADER", "_OBJECT_HANDLE_COUNT_ENTRY")


class MockObject:
    """An object: ``address`` is that of its body, ``header`` that of its header.

    ``below`` are its optional headers: structure and address of each, by our name.
    """

    def __init__(
        self, pool: Pool, address: int, type_name: str, below: Dict[str, Tuple[str, int]]
    ) -> None:
        self._pool = pool
        self._memory = pool.memory
        self.address = address
        self.type_name = type_name
        self.name = ""
        self.directory_entry = 0
        """The address of its ``_OBJECT_DIRECTORY_ENTRY``; 0 where it stands in no directory."""
        self._below = below
        self._holders: Dict[int, int] = {}
        self.header = address - self._memory.build.struct("_OBJECT_HEADER").offset("Body")
        self.view = self._memory.view("_OBJECT_HEADER", self.header)

    def __repr__(self) -> str:
        return f"<{self.type_name} {self.name!r} at {self.address:#x}>"

    def body(self, struct: str) -> View:
        """The body seen as a structure."""
        return self._memory.view(struct, self.address)

    def info(self, name: str) -> View:
        """An optional header: ``creator``, ``name``, ``handle``, ``quota``, ``process``, ...

        Raises KeyError where the object has none.
        """
        struct, address = self._below[name]
        return self._memory.view(struct, address)

    def has_info(self, name: str) -> bool:
        """Whether the object has this optional header."""
        return name in self._below

    def add_counts(self, handles: int, references: int) -> None:
        """Count handles and references up or down."""
        self.view["HandleCount"] = self.view["HandleCount"] + handles
        self.view["PointerCount"] = self.view["PointerCount"] + references

    def count_holder(self, process: int, number: int) -> None:
        """Count the handles of one process, where the object has a ``handle`` header.

        One process stands in the header itself, more of them in a database.
        """
        if not self.has_info("handle"):
            return
        self._holders[process] = self._holders.get(process, 0) + number
        info = self.info("handle")
        single = len(self._holders) == 1
        self.view.put("SingleHandleEntry", int(single))
        if single:
            info["SingleEntry.Process"] = process
            info["SingleEntry.HandleCount"] = self._holders[process]
            return
        struct = self._memory.build.struct("_OBJECT_HANDLE_COUNT_DATABASE")
        entry = self._memory.build.struct("_OBJECT_HANDLE_COUNT_ENTRY")
        size = struct.offset("HandleCountEntries") + entry.size * len(self._holders)
        database = self._memory.view(struct.name, self._pool.allocate(size, tag=b"ObHd"))
        database["CountEntries"] = len(self._holders)
        for place, (holder, count) in enumerate(self._holders.items()):
            database[f"HandleCountEntries[{place}].Process"] = holder
            database[f"HandleCountEntries[{place}].HandleCount"] = count
        info["HandleCountDataBase"] = database.address

    @property
    def handle_count(self) -> int:
        """``HandleCount`` of the header."""
        return self.view["HandleCount"]

    @property
    def pointer_count(self) -> int:
        """``PointerCount`` of the header, as stored."""
        return self.view["PointerCount"]
