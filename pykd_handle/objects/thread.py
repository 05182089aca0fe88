"""Threads as objects: client id and the process that they belong to."""

from __future__ import annotations

from typing import Any, Dict

from ..kernel import KernelObject
from ..kernel.fields import read_fields
from ..values import Absent, Maybe, MissingField, Unavailable, unavailable
from .base import Describer, Description, named
from .process import client_id

__all__ = ("ThreadDescriber",)


def _missing(field: str) -> Unavailable:
    return unavailable(MissingField("_ETHREAD", field))


class ThreadDescriber(Describer):
    """Describes Thread objects."""

    types = ("Thread",)

    def describe(self, item: KernelObject) -> Description:
        """``!handle`` prints no name for a thread; its client id is the name that we add."""
        struct = self.target.struct("_ETHREAD")
        fields = ["Cid.UniqueProcess", "Cid.UniqueThread"]
        # Two ways to the owner: KTHREAD.Process (Windows 7 and later), else the ETHREAD's own.
        owner_field = struct.first("Tcb.Process", "ThreadsProcess")
        if owner_field:
            fields.append(owner_field)
        if struct.has("Terminated"):
            fields.append("Terminated")
        values = read_fields(self.target, struct, item.header.body, *fields)
        found = dict(zip(fields, values))
        pid, tid = values[0], values[1]
        owner = found.get(owner_field or "", _missing("Tcb.Process"))
        image: Maybe[str]
        if isinstance(owner, Absent):
            image = owner
        elif self.target.is_kernel_address(owner):
            image = self.kernel.image_name(self.kernel.processes.read(owner))
        else:
            image = Unavailable("the thread's process is no address of the kernel", owner)
        terminated = found.get("Terminated", _missing("Terminated"))
        details: Dict[str, Any] = {
            "pid": pid,
            "tid": tid,
            "image": image,
            "exited": bool(terminated) if isinstance(terminated, int) else terminated,
        }
        plain = named(self.kernel, item)
        return Description(client_id(image, pid, tid), plain.classic_name, plain.directory, details)
