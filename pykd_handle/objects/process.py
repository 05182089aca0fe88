"""Processes as objects: image name and client id."""

from __future__ import annotations

from typing import Any, Dict

from ..kernel import KernelObject
from ..values import Absent, Maybe
from .base import Describer, Description, named

__all__ = ("ProcessDescriber", "client_id")


def client_id(image: Maybe[str], *ids: Maybe[int]) -> Maybe[str]:
    """How the debugger names a process or thread: ``smss.exe Cid 0138.013c``, hexadecimal.

    Absent where an id is; an image name that can't be read is left out.
    """
    for value in ids:
        if isinstance(value, Absent):
            return value
    cid = "Cid " + ".".join(f"{value:04x}" for value in ids)
    return f"{image} {cid}" if isinstance(image, str) and image else cid


class ProcessDescriber(Describer):
    """Describes Process objects."""

    types = ("Process",)

    def describe(self, item: KernelObject) -> Description:
        """``!handle`` prints no name for a process; image and id are the name that we add."""
        process = self.kernel.processes.read(item.body)
        image = self.kernel.image_name(process)
        details: Dict[str, Any] = {
            "image": image,
            "pid": process.pid,
            "exited": self.kernel.processes.exited(process),
        }
        plain = named(self.kernel, item)
        return Description(
            client_id(image, process.pid), plain.classic_name, plain.directory, details
        )
