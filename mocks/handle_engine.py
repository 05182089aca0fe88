"""A stand-in for the debugger engine's handle data, answering as the real one was seen to.

`tests/engine/test_user_handles.py` and `test_user_live.py` show the real one.
"""

from __future__ import annotations

import struct
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from pykd_handle.targets.dbgeng import EngineError

from .minidump import MockHandle

__all__ = ("NOT_SUPPORTED", "MockEngine", "MockObjects")

NOT_SUPPORTED = 0x80070032
_NO_INTERFACE, _INVALID_HANDLE, _INVALID_ARGUMENT = 0x80004002, 0x80070006, 0x80070057
_MODULE_NOT_FOUND, _TYPE_MISMATCH, _LENGTH_MISMATCH = 0x8007007E, 0xD0000024, 0xD0000004
# DEBUG_HANDLE_DATA_TYPE_* of each class of object information.
_CLASSES = {6: 1, 7: 2, 8: 3, 11: 4, 12: 5, 13: 6, 14: 7, 15: 8}
_NOT_LIVE = (11, 12)


class MockEngine:
    """The engine with one process.

    ``refused`` are handles that can't be duplicated, with the HRESULT; ``count`` False leaves the
    number of handles unknown; ``asked`` records every question.
    """

    def __init__(
        self,
        handles: Sequence[MockHandle],
        *,
        live: bool = True,
        pointer_size: int = 8,
        refused: Optional[Mapping[int, int]] = None,
        count: bool = True,
        symbols: Optional[Mapping[int, str]] = None,
        expressions: Optional[Mapping[str, int]] = None,
    ) -> None:
        self._handles = {each.handle & ~3: each for each in reversed(handles)}
        self._announced = len(self._handles) + len(refused or {})
        self._live = live
        self._pointer_size = pointer_size
        self._refused = dict(refused or {})
        self._count = count
        self._symbols = dict(symbols or {})
        self._expressions = dict(expressions or {})
        self.asked: List[Tuple[int, int]] = []
        self.closed = False

    def live(self) -> bool:
        return self._live

    def pointer_size(self) -> int:
        return self._pointer_size

    def process_id(self) -> int:
        return 0x1234

    def image(self) -> str:
        return "mock.exe"

    def symbol(self, address: int) -> str:
        return self._symbols.get(address, "")

    def evaluate(self, text: str) -> Optional[int]:
        return self._expressions.get(text)

    def close(self) -> None:
        self.closed = True

    def handle_data(self, handle: int, kind: int) -> bytes:
        self.asked.append((handle, kind))
        if kind == 3:
            if not self._count:
                raise EngineError(_LENGTH_MISMATCH if self._live else _NO_INTERFACE)
            return struct.pack("<I", self._announced)
        if kind in (9, 10):
            raise EngineError(_MODULE_NOT_FOUND if self._live else _NO_INTERFACE)
        if handle & ~3 in self._refused:
            raise EngineError(self._refused[handle & ~3])
        found = self._handles.get(handle & ~3)
        if found is None:
            raise EngineError(_INVALID_HANDLE if self._live else _NO_INTERFACE)
        if kind == 0:
            sizes = (0, 0) if self._live else (len(found.type or "") + 1, len(found.name or "") + 1)
            counts = (found.handle_count, found.pointer_count)
            return struct.pack("<IIIIII", *sizes, found.attributes, found.granted_access, *counts)
        if kind in (4, 5):
            text = found.type if kind == 4 else found.name
            return ((text or "") + "\0").encode("utf-16-le")
        if self._live and kind in _NOT_LIVE:
            raise EngineError(_INVALID_ARGUMENT)
        for number, data in found.information:
            if number == _CLASSES.get(kind):
                return data
        raise EngineError(_TYPE_MISMATCH if self._live else _NO_INTERFACE)


class MockObjects:
    """Answers for the types that the engine knows nothing of, by handle."""

    def __init__(self, answers: Mapping[int, Tuple[str, Dict[str, Any]]]) -> None:
        self._answers = dict(answers)

    def describe(self, type_name: str, handle: int) -> Tuple[str, Dict[str, Any]]:
        return self._answers[handle]
