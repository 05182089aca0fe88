"""The processor: its block, its registers, what it runs, and what lies at fixed places for it."""

from __future__ import annotations

import struct
from typing import Dict, List

from . import processor_arm64, processor_x64, processor_x86
from .clock import NOW
from .globals import Globals
from .memory import PAGE
from .pool import Pool
from .process import MockProcess, MockThread
from .processes import Processes
from .written import writes

__all__ = ("Processor",)

writes("_CONTEXT")  # written by offset, see the files of the processors; here for its size
writes("_KPRCB", "NextThread", "IdleThread", "Number", "MinorVersion", "MajorVersion", "BuildType")
writes("_KPRCB", "ProcessorState", "Context", "KernelDirectoryTableBase")
writes("_KPCR", "GdtBase", "GDT", "Self", "SelfPcr", "CurrentPrcb", "PrcbData", "IdtBase", "Irql")
writes("_KPCR", "MajorVersion", "MinorVersion", "KdVersionBlock", "Prcb")

# int 3; ret, and brk #0xF000; ret
_BREAK = {"x64": b"\xcc\xc3", "x86": b"\xcc\xc3", "arm64": bytes.fromhex("00003ed4c0035fd6")}
_PARTS = {"x64": processor_x64, "x86": processor_x86, "arm64": processor_arm64}


class Processor:
    """A kernel's one processor, which runs a thread of System at first.

    ``pae`` says which page tables a 32-bit kernel has.
    """

    def __init__(self, pool: Pool, kernel: Globals, processes: Processes, pae: bool) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        self._globals = kernel
        self._processes = processes
        self._current = processes.system
        self.pae = pae and self._build.arch == "x86"
        self._memory.write(self.program_counter, _BREAK[self._build.arch])
        self._version()
        self.stack = pool.allocate(PAGE, pool.blocks, alignment=PAGE)
        self._processor_block()
        self._shared_data()

    @property
    def current(self) -> MockProcess:
        """The current process; setting it lets the processor run a thread of it."""
        return self._current

    @current.setter
    def current(self, process: MockProcess) -> None:
        self._current = process
        self._run()

    def _version(self) -> None:
        machine = {"x64": "amd64", "x86": "x86", "arm64": "arm64"}[self._build.arch]
        lab = f"{self._build.number}.1.{machine}fre.mock_release.240101-0000"
        self._memory.write(self._globals.address("NtBuildLab"), lab.encode() + b"\0")
        self._globals.set("NtBuildNumber", 0xF0000000 | self._build.number, 4)
        self._globals.set("KeNumberProcessors", 1, 4)
        wide = self._build.pointer_size == 8
        self._globals.set("MmHighestUserAddress", 0x7FFFFFFEFFFF if wide else 0x7FFEFFFF)
        self._globals.set("MmUserProbeAddress", 0x7FFFFFFF0000 if wide else 0x7FFF0000)
        self._globals.set("MmSystemRangeStart", 0xFFFF800000000000 if wide else 0x80000000)

    def _processor_block(self) -> None:
        base = self._processes.system.directory_base & ~0xFFF
        if self._build.arch == "arm64":
            self.pcr = processor_arm64.make_block(self._pool, base)
            self._bare_thread = processor_arm64.make_thread(self._pool)
        elif self._build.arch == "x64":
            self.pcr = processor_x64.make_block(self._pool, base)
        else:
            self.pcr = processor_x86.make_block(self._pool, base, self.pae)
        self.offsets = self._find_offsets()
        """What the debugger's data says of structures: offsets, sizes, selectors."""
        self.prcb = self.pcr + self.offsets["OffsetPcrContainedPrcb"]
        registers = self.prcb + self.offsets["OffsetPrcbProcStateContext"]
        self._memory.write(registers, self.context_record())
        if "OffsetPrcbContext" in self.offsets:
            self._memory.set_pointer(self.prcb + self.offsets["OffsetPrcbContext"], registers)
        self._memory.set_pointer(self._globals.address("KiProcessorBlock"), self.prcb)
        self._run()

    @property
    def shared_data(self) -> int:
        """The address of ``KUSER_SHARED_DATA``."""
        return _PARTS[self._build.arch].SHARED_DATA

    @property
    def program_counter(self) -> int:
        """Where the processor stands."""
        return self._globals.address("DbgBreakPointWithStatus")

    def context_record(self) -> bytes:
        """The processor's registers as a CONTEXT: in the kernel, on a kernel's stack."""
        return _PARTS[self._build.arch].context(self.program_counter, self.stack + 0xF00)

    @property
    def prcb_size(self) -> int:
        """The size of the ``_KPRCB`` in bytes."""
        return self.offsets["SizePrcb"]

    @property
    def thread_size(self) -> int:
        """The size of an ``_ETHREAD`` in bytes."""
        return self.offsets["SizeEThread"]

    @property
    def threads(self) -> List[MockThread]:
        """The threads of the current process; one is made where it has none.

        Without an ``_ETHREAD`` in the layout there are none: see `current_thread`.
        """
        if not self._current.threads and self._build.has_struct("_ETHREAD"):
            self._processes.add_thread(self._current)
        return self._current.threads

    @property
    def current_thread(self) -> int:
        """The address of the thread that the processor runs."""
        if self._build.arch == "arm64":
            return self._bare_thread
        return self.threads[0].address

    def _run(self) -> None:
        """Let the processor run a thread of the current process."""
        if self._build.arch == "arm64":
            processor_arm64.run(self._memory, self.prcb, self._bare_thread, self._current.address)
            return
        thread = self.threads[0]
        thread.view["Tcb.State"] = 2  # running
        self._memory.view("_KPRCB", self.prcb)["CurrentThread"] = thread.address

    def _shared_data(self) -> None:
        """``KUSER_SHARED_DATA``, whose head has stood still since Windows XP."""
        page = bytearray(PAGE)
        root = "C:\\Windows".encode("utf-16-le")
        struct.pack_into("<IiI", page, 0x14, NOW & 0xFFFFFFFF, *(NOW >> 32,) * 2)
        page[0x30 : 0x30 + len(root)] = root
        build = self._build
        struct.pack_into("<IIBxxxII", page, 0x260, build.number, 1, 1, build.major, build.minor)
        struct.pack_into("<I", page, 0x3C0, 1)  # ActiveProcessorCount
        self._memory.write(self.shared_data, bytes(page))

    def _find_offsets(self) -> Dict[str, int]:
        process = self._build.struct("_EPROCESS")
        data: Dict[str, int] = {
            "SizeEProcess": process.size,
            "OffsetEprocessParentCID": process.offset("InheritedFromUniqueProcessId"),
            "OffsetEprocessDirectoryTableBase": process.offset("Pcb.DirectoryTableBase"),
        }
        if process.has("Peb"):
            data["OffsetEprocessPeb"] = process.offset("Peb")
        if self._build.arch == "arm64":
            return {**data, **processor_arm64.OFFSETS}
        thread = self._build.struct("_ETHREAD")
        prcb, pcr = self._build.struct("_KPRCB"), self._build.struct("_KPCR")
        data["OffsetKThreadTeb"] = thread.offset("Tcb.Teb")
        data["OffsetKThreadKernelStack"] = thread.offset("Tcb.KernelStack")
        data["OffsetKThreadInitialStack"] = thread.offset("Tcb.InitialStack")
        data["OffsetKThreadApcProcess"] = thread.offset("Tcb.ApcState.Process")
        data["OffsetKThreadState"] = thread.offset("Tcb.State")
        data["OffsetKThreadNextProcessor"] = thread.offset("Tcb.NextProcessor")
        data["SizeEThread"] = thread.size
        data["SizePrcb"] = prcb.size
        data["OffsetPrcbCurrentThread"] = prcb.offset("CurrentThread")
        data["OffsetPrcbNumber"] = prcb.offset("Number")
        data["OffsetPrcbProcStateContext"] = prcb.offset("ProcessorState.ContextFrame")
        data["OffsetPrcbProcStateSpecialReg"] = prcb.offset("ProcessorState.SpecialRegisters")
        if prcb.has("Context"):
            data["OffsetPrcbContext"] = prcb.offset("Context")
        current = "CurrentPrcb" if pcr.has("CurrentPrcb") else "Prcb"
        contained = self._memory.pointer(self.pcr + pcr.offset(current)) - self.pcr
        data["SizePcr"] = max(pcr.size, contained + prcb.size)
        data["OffsetPcrSelfPcr"] = pcr.offset("Self" if pcr.has("Self") else "SelfPcr")
        data["OffsetPcrCurrentPrcb"] = pcr.offset(current)
        data["OffsetPcrContainedPrcb"] = contained
        data.update((processor_x64 if self._build.arch == "x64" else processor_x86).SELECTORS)
        return data
