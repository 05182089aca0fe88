"""What a debugger wants of a kernel: debugger data, processor block, module list, version."""

from __future__ import annotations

import struct
from typing import List

from .bodies import Bodies
from .memory import PAGE
from .processes import MockThread

__all__ = ("SHARED_DATA", "Processor")

SHARED_DATA = 0xFFFFF78000000000
"""Where ``KUSER_SHARED_DATA`` lies in 64-bit Windows."""

_KDBG_SIZE = 0x380  # what Windows 10 says; the fields after those of the layout are zero
_CODE, _DATA = 0x10, 0x18
_DESCRIPTORS = {
    0x10: 0x00209B0000000000,
    0x18: 0x0040930000000000,
    0x20: 0x00CFFB000000FFFF,
    0x28: 0x00CFF3000000FFFF,
    0x30: 0x0020FB0000000000,
}


class Processor(Bodies):
    """A kernel with one processor that a debugger can find its way from; on top of `Bodies`."""

    def start_processor(self) -> None:
        """Write the globals, the processor block, the list of modules, the debugger's data."""
        # int 3; ret
        self.memory.write(self.symbol("DbgBreakPointWithStatus"), b"\xcc\xc3")
        self._version()
        self._modules()
        self.prcb = 0
        if self.arch == "x64":
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

    # -- x64 ------------------------------------------------------------------------------------

    def _processor_block(self) -> None:
        pcr_size = self.struct("_KPCR").size
        block = self.struct("_KPRCB")
        # The block stands inside the _KPCR; where the layout does not say, at 0x180 as always.
        inside = self.struct("_KPCR")
        self._prcb_offset = inside.offset("Prcb") if inside.has("Prcb") else 0x180
        size = max(pcr_size, self._prcb_offset + block.size)
        pcr = self.allocate(size, self.blocks, alignment=PAGE)
        self.prcb = pcr + self._prcb_offset
        gdt = self.allocate(0x70, self.blocks, alignment=PAGE)
        for selector, value in _DESCRIPTORS.items():
            self.memory.write(gdt + selector, value.to_bytes(8, "little"))
        view = self.view("_KPCR", pcr)
        view["GdtBase"] = gdt
        view["Self"] = pcr
        view["CurrentPrcb"] = self.prcb
        view["MajorVersion"] = view["MinorVersion"] = 1
        prcb = self.view("_KPRCB", self.prcb)
        prcb["MajorVersion"] = prcb["MinorVersion"] = 1
        special = "ProcessorState.SpecialRegisters"
        prcb[f"{special}.Cr0"] = 0x80050033
        prcb[f"{special}.Cr3"] = self.system.directory_base & ~0xFFF
        prcb[f"{special}.Cr4"] = 0x3506F8 | (0x1000 if self.five_levels else 0)
        prcb[f"{special}.Gdtr.Limit"] = 0x6F
        prcb[f"{special}.Gdtr.Base"] = gdt
        prcb[f"{special}.MsrGsBase"] = pcr
        prcb[f"{special}.MsrGsSwap"] = pcr
        context = prcb.at("ProcessorState.ContextFrame")
        prcb.put("Context", context)
        self.stack = self.allocate(PAGE, self.blocks, alignment=PAGE)
        self.memory.write(context, self.context_record())
        self.set_pointer(self.symbol("KiProcessorBlock"), self.prcb)
        self.run_thread(self.process_threads[0])

    def context_record(self) -> bytes:
        """The processor's registers as a CONTEXT of x64: in the kernel, on the kernel's stack."""
        data = bytearray(0x4D0)
        struct.pack_into("<II", data, 0x30, 0x10005F, 0x1F80)
        struct.pack_into("<6HI", data, 0x38, _CODE, 0x2B, 0x2B, 0x53, 0x2B, _DATA, 0x246)
        struct.pack_into("<Q", data, 0x98, self.stack + 0xF00)  # Rsp
        struct.pack_into("<Q", data, 0xF8, self.symbol("DbgBreakPointWithStatus"))  # Rip
        struct.pack_into("<H", data, 0x100, 0x27F)
        struct.pack_into("<II", data, 0x118, 0x1F80, 0xFFFF)  # MxCsr of the saved state
        return bytes(data)

    @property
    def process_threads(self) -> List[MockThread]:
        """The threads of the current process; one is made where it has none."""
        if not self._current.threads and self.has_struct("_ETHREAD"):
            self.thread(self._current)
        return self._current.threads

    def run_thread(self, thread: MockThread) -> None:
        """Let the processor run this thread; its process is the current one."""
        thread.view["Tcb.State"] = 2  # running
        if self.prcb:
            self.view("_KPRCB", self.prcb)["CurrentThread"] = thread.address

    def _shared_data(self) -> None:
        """``KUSER_SHARED_DATA``, whose head has stood still since Windows XP."""
        page = bytearray(PAGE)
        root = "C:\\Windows".encode("utf-16-le")
        struct.pack_into("<IiI", page, 0x14, self.time & 0xFFFFFFFF, *(self.time >> 32,) * 2)
        page[0x30 : 0x30 + len(root)] = root
        struct.pack_into("<IIBxxxII", page, 0x260, self.build, 1, 1, self.major, self.minor)
        struct.pack_into("<I", page, 0x3C0, 1)  # ActiveProcessorCount
        self.memory.write(SHARED_DATA, bytes(page))

    def _debugger_data(self) -> None:
        """``KDDEBUGGER_DATA64``: every field that names a global of ours, and the offsets."""
        address = self.symbol("KdDebuggerDataBlock")
        data = self.view("_KDDEBUGGER_DATA64", address)
        self.empty_list(address)
        data["Header.OwnerTag"] = int.from_bytes(b"KDBG", "little")
        data["Header.Size"] = _KDBG_SIZE
        for field in data.struct:
            if self.has_symbol(field.name):
                data[field.name] = self.symbol(field.name)
        data["KernBase"] = self.base
        data["MmPageSize"] = PAGE
        thread, process = self.struct("_ETHREAD"), self.struct("_EPROCESS")
        prcb, pcr = self.struct("_KPRCB"), self.struct("_KPCR")
        data["OffsetKThreadTeb"] = thread.offset("Tcb.Teb")
        data["OffsetKThreadKernelStack"] = thread.offset("Tcb.KernelStack")
        data["OffsetKThreadInitialStack"] = thread.offset("Tcb.InitialStack")
        data["OffsetKThreadApcProcess"] = thread.offset("Tcb.ApcState.Process")
        data["OffsetKThreadState"] = thread.offset("Tcb.State")
        data["OffsetKThreadNextProcessor"] = thread.offset("Tcb.NextProcessor")
        data["SizeEProcess"] = process.size
        data["OffsetEprocessPeb"] = process.offset("Peb")
        data["OffsetEprocessParentCID"] = process.offset("InheritedFromUniqueProcessId")
        data["OffsetEprocessDirectoryTableBase"] = process.offset("Pcb.DirectoryTableBase")
        data["SizeEThread"] = thread.size
        data["SizePrcb"] = prcb.size
        data["OffsetPrcbCurrentThread"] = prcb.offset("CurrentThread")
        data["OffsetPrcbNumber"] = prcb.offset("Number")
        data["OffsetPrcbProcStateContext"] = prcb.offset("ProcessorState.ContextFrame")
        data["OffsetPrcbProcStateSpecialReg"] = prcb.offset("ProcessorState.SpecialRegisters")
        if prcb.has("Context"):
            data["OffsetPrcbContext"] = prcb.offset("Context")
        data["SizePcr"] = max(pcr.size, self._prcb_offset + prcb.size)
        data["OffsetPcrSelfPcr"] = pcr.offset("Self")
        data["OffsetPcrCurrentPrcb"] = pcr.offset("CurrentPrcb")
        data["OffsetPcrContainedPrcb"] = self._prcb_offset
        for name, selector in (
            ("GdtR0Code", 0x10),
            ("GdtR0Data", 0x18),
            ("Gdt64R3CmCode", 0x23),
            ("GdtR3Data", 0x2B),
            ("GdtR3Code", 0x33),
            ("GdtTss", 0x40),
            ("Gdt64R3CmTeb", 0x53),
        ):
            data.put(name, selector)
