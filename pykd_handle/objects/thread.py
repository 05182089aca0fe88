"""Threads as objects: client id and the process that they belong to."""

from __future__ import annotations

from typing import Any, Dict

from ..kernel import KernelObject
from ..kernel.fields import read_fields
from ..layout import fields
from ..values import Absent, Maybe, Unavailable
from .base import Describer, Description, named
from .process import client_id

__all__ = ("ThreadDescriber",)


_THREAD = fields(
    "_ETHREAD",
    "Cid.UniqueProcess",
    "Cid.UniqueThread",
    "Tcb.Process",
    "ThreadsProcess",
    "Terminated",
)


class ThreadDescriber(Describer):
    """Describes Thread objects."""

    types = ("Thread",)

    def describe(self, item: KernelObject) -> Description:
        """``!handle`` prints no name for a thread; its client id is the name that we add."""
        pid, tid, tcb_process, threads_process, terminated = read_fields(
            self.target, _THREAD, item.body
        )
        # Two ways to the owner: KTHREAD.Process (Windows 7 and later), else the ETHREAD's own.
        struct = self.target.find_struct(_THREAD.struct)
        older = struct is not None and struct.has("ThreadsProcess")
        owner = threads_process if older else tcb_process
        image: Maybe[str]
        if isinstance(owner, Absent):
            image = owner
        elif self.target.is_kernel_address(owner):
            image = self.kernel.image_name(self.kernel.processes.read(owner))
        else:
            image = Unavailable("the thread's process is no address of the kernel", owner)
        details: Dict[str, Any] = {
            "pid": pid,
            "tid": tid,
            "image": image,
            "exited": bool(terminated) if isinstance(terminated, int) else terminated,
        }
        plain = named(self.kernel, item)
        return Description(client_id(image, pid, tid), plain.classic_name, plain.directory, details)
