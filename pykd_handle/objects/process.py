"""Processes as objects: image name and client id."""

from __future__ import annotations

from ..kernel.object_header import ObjectHeader
from ..kernel.process import Process as Record
from ..values import Absent, Maybe
from .base import Facts, Names, detail
from .view import View

__all__ = ("Process", "client_id")


def client_id(image: Maybe[str], *ids: Maybe[int]) -> Maybe[str]:
    """How the debugger names a process or thread: ``smss.exe Cid 0138.013c``, hexadecimal.

    Absent where an id is; an image name that can't be read is left out.
    """
    for value in ids:
        if isinstance(value, Absent):
            return value
    cid = "Cid " + ".".join(f"{value:04x}" for value in ids)
    return f"{image} {cid}" if isinstance(image, str) and image else cid


class Process(Facts):
    """Describes Process objects; their fields are read by `pykd_handle.kernel.process`."""

    types = ("Process",)
    struct = "_EPROCESS"

    def names(self, header: ObjectHeader, process: View) -> Names:
        """Image and id are its name: a process has none of its own."""
        name = client_id(process.cell(self.image), process.cell(self.pid))
        return super().names(header, process)._replace(name=name)

    @detail()
    def image(self, process: View) -> Maybe[str]:
        return self.kernel.image_name(self._read(process))

    @detail()
    def pid(self, process: View) -> Maybe[int]:
        return self._read(process).pid

    @detail()
    def exited(self, process: View) -> Maybe[bool]:
        return self.kernel.processes.exited(self._read(process))

    def _read(self, process: View) -> Record:
        return self.kernel.processes.read(process.address)
