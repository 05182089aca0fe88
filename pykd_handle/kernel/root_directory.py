"""The root directory of the object namespace: ``\\``.

``ObpRootDirectoryObject`` leads to it, a global that symbols and the debugger data name. Where
neither is there (a raw image of memory has its debugger data encoded), any named object leads to it
as well: its name header holds the directory that it stands in, whose own name header holds the one
above, up to the one that is called ``\\`` and stands in none.
"""

from __future__ import annotations

from itertools import islice

from ..hints import Iterator
from ..targets import Target
from ..values import PykdHandleError, Reason, Unavailable, UnavailableError, known, maybe
from .handle_entry import HandleEntry
from .handle_table import HandleTable
from .object_header import HeaderReader
from .process import Process, ProcessReader
from .strings import read_unicode_string

__all__ = ("find_root_directory",)

_MOST_PROCESSES = 8
_MOST_HANDLES = 1024  # of each process; System alone has named objects among its first
_DEEPEST = 128


def find_root_directory(target: Target, headers: HeaderReader) -> int:
    """The virtual address of its body. Raises `PykdHandleError` with the reason."""
    place = target.find_symbol("ObpRootDirectoryObject")
    if place is not None:
        root = target.read_pointer(place)
        if not target.is_kernel_address(root):
            raise UnavailableError(Unavailable(Reason.ROOT_DIRECTORY_NOWHERE, None, root))
        return root
    for header in _objects(target):
        body = maybe(_climb, target, headers, header)
        if body:
            return body
    raise UnavailableError(Unavailable(Reason.NO_NAMED_OBJECT_LEADS_TO_THE_ROOT))


def _objects(target: Target) -> Iterator[int]:
    """Object headers behind the first handles of the first processes."""
    for process in islice(ProcessReader(target).all(), _MOST_PROCESSES):
        table = process.object_table if isinstance(process, Process) else 0
        if not table:
            continue
        try:
            rows = (row for page in HandleTable(target, table).pages() for row in page)
            for row in islice(rows, _MOST_HANDLES):
                if isinstance(row, HandleEntry) and target.is_kernel_address(row.pointer):
                    yield row.pointer
        except PykdHandleError:
            continue


def _climb(target: Target, headers: HeaderReader, header: int) -> int:
    """The body of the root above a named object; 0 where the way does not lead there. Raises
    `UnavailableError`."""
    body = 0
    for _ in range(_DEEPEST):
        info = headers.read(header).name_info
        if not info:
            return 0
        above = known(info.directory)
        if above == 0:
            name = read_unicode_string(target, info.length, info.maximum, info.buffer)
            return body if name == "\\" else 0
        if not target.is_kernel_address(above):
            return 0
        body = above
        header = headers.header_of(body)
    return 0
