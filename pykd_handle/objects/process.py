"""Processes as objects: image name and client id."""

from __future__ import annotations

from ..kernel.object_header import ObjectHeader
from ..kernel.process import Process as Record
from ..values import Maybe
from .base import Facts, Names, detail
from .client import client_id
from .view import View

__all__ = ("Process",)


class Process(Facts):
    """Describes Process objects; their fields are read by `pykd_handle.kernel.process`."""

    types = ("Process",)
    struct = "_EPROCESS"

    def names(self, header: ObjectHeader, process: View) -> Names:
        """Image and id are its name: a process has none of its own."""
        name = client_id(process.cell(self.image), process.cell(self.pid))
        return super().names(header, process)._replace(name=name)

    @detail(more=False)
    def image(self, process: View) -> Maybe[str]:
        return self.kernel.image_name(self._read(process))

    @detail(more=False)
    def pid(self, process: View) -> Maybe[int]:
        return self._read(process).pid

    @detail(more=False)
    def exited(self, process: View) -> Maybe[bool]:
        return self.kernel.processes.exited(self._read(process))

    def _read(self, process: View) -> Record:
        return self.kernel.processes.read(process.address)
