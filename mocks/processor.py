"""What a debugger wants of a kernel: debugger data, processor block, module list, version."""

from __future__ import annotations

import struct
from typing import Dict, List

from . import processor_arm64, processor_x64, processor_x86
from .bodies import Bodies
from .memory import PAGE
from .processes import MockThread

__all__ = ("Processor",)

# What Windows 10 says, and Windows 7 on 32 bits; what the layout does not name of it is zero.
_KDBG_SIZE = {"x64": 0x380, "x86": 0x340, "arm64": 0x380}
# int 3; ret, and brk #0xF000; ret
_BREAK = {"x64": b"\xcc\xc3", "x86": b"\xcc\xc3", "arm64": bytes.fromhex("00003ed4c0035fd6")}
_PARTS = {"x64": processor_x64, "x86": processor_x86, "arm64": processor_arm64}
_PAE_BIT = 1
_PAE_WORD = 0x36  # of KDDEBUGGER_DATA64


class Processor(Bodies):
    """A kernel with one processor that a debugger can find its way from; on top of `Bodies`."""

    def start_processor(self, pae: bool) -> None:
        """Write the globals, the processor block, the list of modules, the debugger's data."""
        self.pae = pae and self.arch == "x86"
        self.memory.write(self.program_counter, _BREAK[self.arch])
        self._version()
        self._modules()
        self.stack = self.allocate(PAGE, self.blocks, alignment=PAGE)
        self._processor_block()
        self._shared_data()
        self._debugger_data()

    def _version(self) -> None:
        self.major, self.minor = (
            int(part) for part in self.layout.metadata["windows"]["ntos_version"].split(".")[:2]
        )
        machine = {"x64": "amd64", "x86": "x86", "arm64": "arm64"}[self.arch]
        lab = f"{self.build}.1.{machine}fre.mock_release.240101-0000"
        self.memory.write(self.symbol("NtBuildLab"), lab.encode() + b"\0")
        self.set_global("NtBuildNumber", 0xF0000000 | self.build, 4)
        self.set_global("KeNumberProcessors", 1, 4)
        wide = self.pointer_size == 8
        self.set_global("MmHighestUserAddress", 0x7FFFFFFEFFFF if wide else 0x7FFEFFFF)
        self.set_global("MmUserProbeAddress", 0x7FFFFFFF0000 if wide else 0x7FFF0000)
        self.set_global("MmSystemRangeStart", 0xFFFF800000000000 if wide else 0x80000000)

    def _modules(self) -> None:
        """The list of loaded modules, with the kernel alone in it."""
        head = self.symbol("PsLoadedModuleList")
        self.empty_list(head)
        names = ("_KLDR_DATA_TABLE_ENTRY", "_LDR_DATA_TABLE_ENTRY")
        name = next((name for name in names if self.has_struct(name)), "")
        if not name:
            self.link(head, processor_arm64.module_entry(self))
            return
        address = self.allocate(self.struct(name).size, self.nonpaged, tag=b"MmLd")
        entry = self.view(name, address)
        self.link(head, entry.at("InLoadOrderLinks"))
        entry["DllBase"] = self.base
        entry["EntryPoint"] = self.base + self.kernel.entry
        entry["SizeOfImage"] = self.kernel.size
        entry["TimeDateStamp"] = self.kernel.timestamp
        entry.put("CheckSum", self.kernel.checksum)
        entry.put("LoadCount", 1)
        root = "\\SystemRoot\\system32\\"
        self.set_text(entry, "FullDllName", root + "ntoskrnl.exe", self.nonpaged)
        self.set_text(entry, "BaseDllName", "ntoskrnl.exe", self.nonpaged)

    # -- the processor --------------------------------------------------------------------------

    def _processor_block(self) -> None:
        base = self.system.directory_base & ~0xFFF
        if self.arch == "arm64":
            self.pcr = processor_arm64.make_block(self, base)
            self._bare_thread = processor_arm64.make_thread(self)
        elif self.arch == "x64":
            self.pcr = processor_x64.make_block(self, base)
        else:
            self.pcr = processor_x86.make_block(self, base, self.pae)
        self._offsets = self._debugger_offsets()
        self.prcb = self.pcr + self._offsets["OffsetPcrContainedPrcb"]
        registers = self.prcb + self._offsets["OffsetPrcbProcStateContext"]
        self.memory.write(registers, self.context_record())
        if "OffsetPrcbContext" in self._offsets:
            self.set_pointer(self.prcb + self._offsets["OffsetPrcbContext"], registers)
        self.set_pointer(self.symbol("KiProcessorBlock"), self.prcb)
        self.run_current()

    @property
    def shared_data(self) -> int:
        """The address of ``KUSER_SHARED_DATA``."""
        return _PARTS[self.arch].SHARED_DATA

    @property
    def program_counter(self) -> int:
        """Where the processor stands."""
        return self.symbol("DbgBreakPointWithStatus")

    def context_record(self) -> bytes:
        """The processor's registers as a CONTEXT: in the kernel, on a kernel's stack."""
        return _PARTS[self.arch].context(self.program_counter, self.stack + 0xF00)

    @property
    def prcb_size(self) -> int:
        """The size of the ``_KPRCB`` in bytes."""
        return self._offsets["SizePrcb"]

    @property
    def thread_size(self) -> int:
        """The size of an ``_ETHREAD`` in bytes."""
        return self._offsets["SizeEThread"]

    @property
    def process_threads(self) -> List[MockThread]:
        """The threads of the current process; one is made where it has none.

        Without an ``_ETHREAD`` in the layout there are none: see `current_thread`.
        """
        if not self._current.threads and self.has_struct("_ETHREAD"):
            self.thread(self._current)
        return self._current.threads

    @property
    def current_thread(self) -> int:
        """The address of the thread that the processor runs."""
        if self.arch == "arm64":
            return self._bare_thread
        return self.process_threads[0].address

    def run_current(self) -> None:
        """Let the processor run a thread of the current process."""
        if self.arch == "arm64":
            processor_arm64.run(self, self.prcb, self._bare_thread, self._current.address)
            return
        thread = self.process_threads[0]
        thread.view["Tcb.State"] = 2  # running
        self.view("_KPRCB", self.prcb)["CurrentThread"] = thread.address

    def _shared_data(self) -> None:
        """``KUSER_SHARED_DATA``, whose head has stood still since Windows XP."""
        page = bytearray(PAGE)
        root = "C:\\Windows".encode("utf-16-le")
        struct.pack_into("<IiI", page, 0x14, self.time & 0xFFFFFFFF, *(self.time >> 32,) * 2)
        page[0x30 : 0x30 + len(root)] = root
        struct.pack_into("<IIBxxxII", page, 0x260, self.build, 1, 1, self.major, self.minor)
        struct.pack_into("<I", page, 0x3C0, 1)  # ActiveProcessorCount
        self.memory.write(self.shared_data, bytes(page))

    # -- the debugger's data --------------------------------------------------------------------

    def _debugger_data(self) -> None:
        """``KDDEBUGGER_DATA64``: every field that names a global of ours, and the offsets."""
        address = self.symbol("KdDebuggerDataBlock")
        data = self.view("_KDDEBUGGER_DATA64", address)
        # Its own list has 64-bit links everywhere.
        for half in (0, 8):
            self.memory.write(address + half, address.to_bytes(8, "little"))
        data["Header.OwnerTag"] = int.from_bytes(b"KDBG", "little")
        data["Header.Size"] = _KDBG_SIZE[self.arch]
        for field in data.struct:
            if self.has_symbol(field.name):
                data[field.name] = self.symbol(field.name)
        data["KernBase"] = self.base
        data["MmPageSize"] = PAGE
        if self.pae:
            self.memory.write(address + _PAE_WORD, _PAE_BIT.to_bytes(2, "little"))
        for name, offset in self._offsets.items():
            data.put(name, offset)

    def _debugger_offsets(self) -> Dict[str, int]:
        """What the debugger's data says of structures: offsets, sizes, selectors."""
        process = self.struct("_EPROCESS")
        data: Dict[str, int] = {
            "SizeEProcess": process.size,
            "OffsetEprocessParentCID": process.offset("InheritedFromUniqueProcessId"),
            "OffsetEprocessDirectoryTableBase": process.offset("Pcb.DirectoryTableBase"),
        }
        if process.has("Peb"):
            data["OffsetEprocessPeb"] = process.offset("Peb")
        if self.arch == "arm64":
            return {**data, **processor_arm64.OFFSETS}
        thread = self.struct("_ETHREAD")
        prcb, pcr = self.struct("_KPRCB"), self.struct("_KPCR")
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
        contained = self.pointer(self.pcr + pcr.offset(current)) - self.pcr
        data["SizePcr"] = max(pcr.size, contained + prcb.size)
        data["OffsetPcrSelfPcr"] = pcr.offset("Self" if pcr.has("Self") else "SelfPcr")
        data["OffsetPcrCurrentPrcb"] = pcr.offset(current)
        data["OffsetPcrContainedPrcb"] = contained
        data.update((processor_x64 if self.arch == "x64" else processor_x86).SELECTORS)
        return data
