"""What a kernel answers to each request (``KdpSendWaitContinue`` and what it calls)."""

from __future__ import annotations

from typing import Callable, Dict, Optional

from ..kernel_image import KernelImage
from .memory import LiveMemory
from .processor import LiveProcessor
from .requests import (
    MOST_BYTES,
    NO_MORE_ENTRIES,
    NO_SUCH_DEVICE,
    SUCCESS,
    UNSUCCESSFUL,
    Api,
    Request,
)

__all__ = ("SILENT", "Answers")

SILENT = frozenset(
    (
        Api.Continue,
        Api.Continue2,
        Api.Reboot,
        Api.CauseBugCheck,
        Api.SetInternalBreakPoint,
        Api.ClearAllInternalBreakpoints,
        Api.SwitchProcessor,
    )
)
"""Requests that a kernel obeys without an answer."""

_LONGEST_SEARCH = 1 << 24


class Answers:
    """Answers requests out of an image; a request that a kernel has no answer to fails."""

    def __init__(self, image: KernelImage) -> None:
        self.memory = LiveMemory(image)
        self.processor = LiveProcessor(image, self.memory)
        self.msrs: Dict[int, int] = {}
        """Model specific registers that can be read."""
        self._known: Dict[int, Callable[[Request], Request]] = {
            Api.ReadVirtual: self._read_virtual,
            Api.WriteVirtual: self._write_virtual,
            Api.ReadPhysical: self._read_physical,
            Api.GetContext: self._get_context,
            Api.SetContext: self._set_context,
            Api.GetContextEx: self._get_context_ex,
            Api.SetContextEx: self._set_context_ex,
            Api.ReadControlSpace: self._read_control_space,
            Api.WriteControlSpace: self._write_control_space,
            Api.WriteBreakPoint: self._write_breakpoint,
            Api.RestoreBreakPoint: self._restore_breakpoint,
            Api.GetVersion: self._version,
            Api.QueryMemory: self._query_memory,
            Api.SearchMemory: self._search_memory,
            Api.ReadMsr: self._read_msr,
        }

    def answer(self, request: Request) -> Optional[Request]:
        """The answer; None where a kernel gives none."""
        if request.api in SILENT:
            return None
        handler = self._known.get(request.api)
        return handler(request) if handler else request.answer(UNSUCCESSFUL)

    # -- memory ---------------------------------------------------------------------------------

    def _read_virtual(self, request: Request) -> Request:
        wanted = min(request.size, MOST_BYTES)
        return request.transferred(request.size, self.memory.read_virtual(request.address, wanted))

    def _read_physical(self, request: Request) -> Request:
        wanted = min(request.size, MOST_BYTES)
        return request.transferred(request.size, self.memory.read_physical(request.address, wanted))

    def _write_virtual(self, request: Request) -> Request:
        data = request.data[: request.size]
        written = self.memory.write_virtual(request.address, data)
        status = SUCCESS if written == request.size else UNSUCCESSFUL
        return request.answer(status, b"", written.to_bytes(4, "little"), 12)

    def _query_memory(self, request: Request) -> Request:
        # AddressSpace: 0 a process's own, 2 the kernel's; flags: read, write, execute.
        space = 0 if self.memory.is_user(request.address) else 2
        return request.answer(SUCCESS, b"", space.to_bytes(4, "little") + b"\7\0\0\0", 16)

    def _search_memory(self, request: Request) -> Request:
        length, pattern = request.number(8, 8), request.data[: request.number(16, 4)]
        place, end = request.address, request.address + min(length, _LONGEST_SEARCH)
        if not pattern:
            return request.answer(UNSUCCESSFUL)
        while place < end:
            found = self.memory.read_virtual(place, min(0x1000, end - place) + len(pattern) - 1)
            index = found.find(pattern)
            if index >= 0:
                return request.answer(SUCCESS, b"", (place + index).to_bytes(8, "little"))
            place += 0x1000
        return request.answer(NO_MORE_ENTRIES)

    # -- the processor --------------------------------------------------------------------------

    def _get_context(self, request: Request) -> Request:
        return request.answer(SUCCESS, self.processor.registers.context)

    def _set_context(self, request: Request) -> Request:
        self.processor.registers.context = request.data
        return request.answer(SUCCESS)

    def _get_context_ex(self, request: Request) -> Request:
        start, size = request.number(0, 4), request.number(4, 4)
        data = self.processor.registers.context[start : start + min(size, MOST_BYTES)]
        return request.answer(SUCCESS, data, len(data).to_bytes(4, "little"), 8)

    def _set_context_ex(self, request: Request) -> Request:
        start = request.number(0, 4)
        data = request.data[: request.number(4, 4)]
        old = self.processor.registers.context
        if start + len(data) > len(old):
            return request.answer(UNSUCCESSFUL)
        self.processor.registers.context = old[:start] + data + old[start + len(data) :]
        return request.answer(SUCCESS, b"", len(data).to_bytes(4, "little"), 8)

    def _read_control_space(self, request: Request) -> Request:
        data = self.processor.registers.control_space(request)
        if not data:
            return request.answer(UNSUCCESSFUL, b"", bytes(4), 12)
        return request.answer(SUCCESS, data, len(data).to_bytes(4, "little"), 12)

    def _write_control_space(self, request: Request) -> Request:
        written = self.processor.registers.write_control_space(request)
        if written is None:
            return request.answer(UNSUCCESSFUL)
        return request.answer(SUCCESS, b"", written.to_bytes(4, "little"), 12)

    def _read_msr(self, request: Request) -> Request:
        value = self.msrs.get(request.number(0, 4))
        if value is None:
            return request.answer(NO_SUCH_DEVICE)
        return request.answer(SUCCESS, b"", value.to_bytes(8, "little"), 4)

    def _write_breakpoint(self, request: Request) -> Request:
        handle = self.processor.write_breakpoint(request.address)
        status = SUCCESS if handle else UNSUCCESSFUL
        return request.answer(status, b"", handle.to_bytes(4, "little"), 8)

    def _restore_breakpoint(self, request: Request) -> Request:
        known = self.processor.breakpoints.pop(request.number(0, 4), None) is not None
        return request.answer(SUCCESS if known else UNSUCCESSFUL)

    def _version(self, request: Request) -> Request:
        return request.answer(SUCCESS, b"", self.processor.version())
