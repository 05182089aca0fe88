"""Threads and processes that an object leads to, by image name and client id."""

from __future__ import annotations

from ..kernel import Kernel
from ..layout import PROCESS_OBJECT, THREAD_OBJECT, dispatcher_type, fields
from ..values import CorruptedError, Maybe, NamedTuple, Reason, known, maybe
from .view import View

__all__ = (
    "ENDED_FIELDS",
    "Client",
    "client_id",
    "has_ended",
    "owner",
    "owner_of",
    "process_at",
    "thread_at",
)

ENDED_FIELDS = ("Terminated", "CrossThreadFlags")
"""The fields of an ``_ETHREAD`` that `has_ended` looks at."""

_THREAD = fields(
    "_ETHREAD",
    "Tcb.Header.Type",
    "Cid.UniqueProcess",
    "Cid.UniqueThread",
    "Tcb.Process",
    "ThreadsProcess",
)
_PROCESS = fields("_EPROCESS", "Pcb.Header.Type")


def client_id(image: Maybe[str], *ids: Maybe[int]) -> str:
    """How the debugger names a process or thread: ``smss.exe Cid 0138.013c``, hexadecimal.

    An image name that can't be read is left out. Raises `UnavailableError` where an id can't.
    """
    cid = "Cid " + ".".join(f"{known(value):04x}" for value in ids)
    return f"{image} {cid}" if image else cid


class Client(NamedTuple):
    """A thread: its ids, and the image of its process."""

    pid: int
    tid: int
    image: Maybe[str]

    @property
    def words(self) -> str:
        """See `client_id`."""
        return client_id(self.image, self.pid, self.tid)


def thread_at(kernel: Kernel, address: int) -> Client:
    """The thread whose ``_ETHREAD`` lies at ``address``. Raises `PykdHandleError`, `CorruptedError`
    where that is none."""
    thread = _dispatcher(kernel, View(kernel.target, _THREAD, address), "Tcb", THREAD_OBJECT)
    pid, tid = thread["Cid.UniqueProcess"], thread["Cid.UniqueThread"]
    return Client(pid, tid, maybe(_image_of, kernel, thread))


def owner_of(kernel: Kernel, address: int) -> int:
    """The ``_EPROCESS`` of the thread whose ``_ETHREAD`` lies at ``address``. Raises as `thread_at`
    does."""
    return owner(_dispatcher(kernel, View(kernel.target, _THREAD, address), "Tcb", THREAD_OBJECT))


def has_ended(thread: View) -> bool:
    """Whether the thread whose `ENDED_FIELDS` a view has is gone. Raises as `View` does."""
    if thread.has("Terminated"):
        return thread["Terminated"] != 0
    # Some public symbols of 24H2 lack the bits of this word; this one is the lowest everywhere.
    return thread["CrossThreadFlags"] & 1 != 0


def owner(thread: View) -> int:
    """The ``_EPROCESS`` of a thread. Raises as `View.pointer` does."""
    # KTHREAD.Process (Windows 7 and later), else the ETHREAD's own.
    way = "ThreadsProcess" if thread.has("ThreadsProcess") else "Tcb.Process"
    return thread.pointer(way, "the thread's process")


def _image_of(kernel: Kernel, thread: View) -> Maybe[str]:
    return kernel.image_name(kernel.processes.read(owner(thread)))


def process_at(kernel: Kernel, address: int) -> str:
    """The process whose ``_EPROCESS`` lies at ``address``, in words. Raises as `thread_at` does."""
    _dispatcher(kernel, View(kernel.target, _PROCESS, address), "Pcb", PROCESS_OBJECT)
    process = kernel.processes.read(address)
    return maybe(client_id, kernel.image_name(process), process.pid) or f"0x{address:x}"


def _dispatcher(kernel: Kernel, view: View, part: str, kind: int) -> View:
    what = "thread" if kind == THREAD_OBJECT else "process"
    if not kernel.target.is_kernel_address(view.address):
        raise CorruptedError(view.address, Reason.FIELD_NOWHERE, f"the {what}")
    if dispatcher_type(view[f"{part}.Header.Type"]) != kind:
        raise CorruptedError(view.address, Reason.NOTHING_SUCH_HERE, what)
    return view
