"""Threads as objects: client id and the process that they belong to."""

from __future__ import annotations

from ..kernel.object_header import ObjectHeader
from ..values import Maybe
from .base import Facts, Names, detail
from .client import client_id
from .view import View

__all__ = ("Thread",)


class Thread(Facts):
    """Describes Thread objects."""

    types = ("Thread",)
    struct = "_ETHREAD"
    fields = (
        "Cid.UniqueProcess",
        "Cid.UniqueThread",
        "Tcb.Process",
        "ThreadsProcess",
        "Terminated",
    )

    def names(self, header: ObjectHeader, thread: View) -> Names:
        """The client id is its name: a thread has none of its own."""
        image, pid, tid = thread.cell(self.image), thread.cell(self.pid), thread.cell(self.tid)
        return super().names(header, thread)._replace(name=client_id(image, pid, tid))

    @detail(more=False)
    def pid(self, thread: View) -> int:
        return thread["Cid.UniqueProcess"]

    @detail(more=False)
    def tid(self, thread: View) -> int:
        return thread["Cid.UniqueThread"]

    @detail(more=False)
    def image(self, thread: View) -> Maybe[str]:
        # Two ways to the owner: KTHREAD.Process (Windows 7 and later), else the ETHREAD's own.
        way = "ThreadsProcess" if thread.has("ThreadsProcess") else "Tcb.Process"
        owner = thread.pointer(way, "the thread's process")
        return self.kernel.image_name(self.kernel.processes.read(owner))

    @detail(more=False)
    def exited(self, thread: View) -> bool:
        return thread["Terminated"] != 0
