"""`MockProcess` and `MockThread`: one process or thread of a synthetic kernel."""

from __future__ import annotations

from typing import List, Optional, Sequence, Union

from .clock import NOW
from .entry_codec import AUDIT, INHERIT, PROTECT
from .handle_table import MockTable
from .memory import Memory
from .object import MockObject
from .types import Types
from .view import View

__all__ = ("MockProcess", "MockThread")


class MockThread:
    """A thread: ``address`` is that of its ``_ETHREAD``."""

    def __init__(self, object: MockObject, process: MockProcess, tid: int) -> None:
        self.object = object
        self.address = object.address
        self.process = process
        self.tid = tid
        self.view: View = object.body("_ETHREAD")


class MockProcess:
    """A process: ``address`` is that of its ``_EPROCESS``, ``table`` its handle table."""

    def __init__(
        self, memory: Memory, types: Types, object: MockObject, name: str, pid: int
    ) -> None:
        self._memory = memory
        self._types = types
        self.object = object
        self.address = object.address
        self.name = name
        self.pid = pid
        self.directory_base = 0
        """``DirectoryTableBase``, with its low bits."""
        self.view: View = object.body("_EPROCESS")
        self.threads: List[MockThread] = []
        self.user = Memory(memory.build)
        """What this process alone has in the lower half of its address space."""
        self.table: MockTable

    def __repr__(self) -> str:
        return f"<process {self.name!r} {self.pid:#x} at {self.address:#x}>"

    def handle(
        self,
        found: Union[MockObject, MockProcess, MockThread],
        access: Optional[int] = None,
        inherit: bool = False,
        protect: bool = False,
        audit: bool = False,
        value: Optional[int] = None,
        refcnt: Optional[int] = None,
    ) -> int:
        """Open a handle to an object; returns its value.

        ``access`` is all that the type knows where nothing is said, ``value`` a chosen handle,
        ``refcnt`` the references that the entry keeps. The object's counts go up with it.
        """
        item = found if isinstance(found, MockObject) else found.object
        attributes = PROTECT * protect | INHERIT * inherit | AUDIT * audit
        kept = self.table.codec.most_references if refcnt is None else refcnt
        if access is None:
            kind = self._types[item.type_name].body("_OBJECT_TYPE")
            access = kind["TypeInfo.GenericMapping.GenericAll"]
        opened = self.table.open(item.header, access, attributes, kept, value)
        self._count(item, 1, kept)
        return opened

    def handles(
        self, count: int, found: Union[MockObject, Sequence[MockObject]], access: int = 0x1F0003
    ) -> List[int]:
        """Open ``count`` handles at once, to the given objects in turn; returns their values."""
        items = [found] if isinstance(found, MockObject) else list(found)
        kept = self.table.codec.most_references
        values = self.table.open_many([item.header for item in items], access, count, kept)
        share, rest = divmod(count, len(items))
        for place, item in enumerate(items):
            self._count(item, share + (place < rest), kept)
        return values

    def _count(self, item: MockObject, number: int, kept: int) -> None:
        item.add_counts(number, number * (kept + 1))
        item.count_holder(self.address, number)
        kind = self._types[item.type_name].body("_OBJECT_TYPE")
        kind["TotalNumberOfHandles"] = kind["TotalNumberOfHandles"] + number
        most = max(kind["HighWaterNumberOfHandles"], kind["TotalNumberOfHandles"])
        kind["HighWaterNumberOfHandles"] = most

    def close(self, handle: int) -> None:
        """Free the entry of a handle (the object's own counts stay as they are)."""
        self.table.close(handle)

    def entry(self, handle: int) -> View:
        """The entry of a handle."""
        return self._memory.view("_HANDLE_TABLE_ENTRY", self.table.entry_address(handle))

    def exit(self, status: int = 0) -> None:
        """End the process: no handle table any more, an exit time; it stays in the list."""
        self._memory.unlink(self.table.view.at("HandleTableList"))
        self.view["ObjectTable"] = 0
        self.view["ExitTime.QuadPart"] = NOW
        self.view.put("ExitStatus", status)
        self.view.put("ProcessExiting", 1)
        self.view.put("ActiveThreads", 0)
