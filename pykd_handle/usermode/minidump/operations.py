"""The HandleOperationListStream: the recorded history of handles, where a verifier kept one."""

from __future__ import annotations

from ...hints import Callable, Dict, List, Set, Tuple
from ...values import Sentence
from ..operation import OPERATION_SIZE, HandleOperation, decode_operations
from .container import HANDLE_OPERATIONS, Container
from .table import Table

__all__ = ("Operations", "OperationsOnce")

# As many as are kept in memory: 37 MB (PROCESS_HANDLE_TRACING_MAX_SLOTS of ntpsapi.h).
_MOST_OPERATIONS = 0x20000
# And of one handle: decoded, they take five times as much.
_MOST_OF_A_HANDLE = 0x1000


class Operations:
    """The operations of a dump by handle; read when they are first asked for."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._by_handle: Dict[int, List[bytes]] = {}
        self.count = 0
        stream = container.stream(HANDLE_OPERATIONS)
        if stream is None:
            return
        with container.remarked("the handle operations can't be read: {}"):
            table = Table(container, stream, "handle operations", OPERATION_SIZE)
            if table.remark is not None:
                container.remarks.append(table.remark)
            for raw in table.entries(OPERATION_SIZE):
                if self.count == _MOST_OPERATIONS:
                    container.remarks.append(
                        Sentence(
                            "{} of the dump's handle operations were left out",
                            table.count - self.count,
                        )
                    )
                    break
                handle = int.from_bytes(raw[:8], "little")
                self._by_handle.setdefault(handle, []).append(raw)
                self.count += 1

    def of(self, handle: int) -> Tuple[HandleOperation, ...]:
        """The operations on a handle, in the order of the dump."""
        found = self._by_handle.get(handle, [])
        if len(found) > _MOST_OF_A_HANDLE:
            self._container.remarks.append(
                Sentence(
                    "{} of the {} operations on handle 0x{:x} were left out",
                    len(found) - _MOST_OF_A_HANDLE,
                    len(found),
                    handle,
                )
            )
        return tuple(
            operation for raw in found[:_MOST_OF_A_HANDLE] for operation in decode_operations(raw)
        )

    def __contains__(self, handle: int) -> bool:
        """Whether there are operations on a handle."""
        return handle in self._by_handle


class OperationsOnce:
    """The operations during one walk through the handles: those on a handle are told once.

    A damaged dump may have thousands of descriptors of one handle with thousands of operations.
    ``repeated`` counts the questions that came again. ``operations`` gives those of the dump.
    """

    def __init__(self, operations: Callable[[], Operations]) -> None:
        self._operations = operations
        self._told: Set[int] = set()
        self.repeated = 0

    def of(self, handle: int) -> Tuple[HandleOperation, ...]:
        """The operations on a handle where they were not told yet."""
        operations = self._operations()
        if handle not in operations:
            return ()
        if handle in self._told:
            self.repeated += 1
            return ()
        self._told.add(handle)
        return operations.of(handle)
