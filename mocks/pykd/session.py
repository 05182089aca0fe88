"""What kind of session it is, which process is current, expressions and commands."""

from __future__ import annotations

from .engine import ENUMS
from .errors import DbgException
from .expression import evaluate
from .native import CPUType, dumpType, executionStatus, native, systemVersion, u32, u64
from .reads import Reads

__all__ = ("Session",)

_CPUS = {"x86": "I386", "x64": "AMD64", "arm64": "ARM64"}


class SystemVersion:
    """What the engine knows of the system; the stand-in tells the build."""

    def __init__(self, build: int) -> None:
        self._build = build

    @property
    def buildNumber(self) -> int:
        return self._build


class Session(Reads):
    """The functions of pykd that are about the session."""

    @native
    def isKernelDebugging(self) -> bool:
        self.need_session()
        return self.kernel

    @native
    def isDumpAnalyzing(self) -> bool:
        self.need_session()
        return self.dump

    @native
    def isWindbgExt(self) -> bool:
        return self.extension

    @native
    def ptrSize(self) -> int:
        return self.pointer_size

    @native
    def is64bitSystem(self) -> bool:
        self.need_session()
        return self.pointer_size == 8

    @native
    def pageSize(self) -> int:
        self.need_session()
        return 0x1000

    @native
    def getCPUType(self) -> CPUType:
        self.need_session()
        return ENUMS["CPUType"].names[_CPUS[self.image.build.arch]]

    @native
    def getCPUMode(self) -> CPUType:
        return self.getCPUType()

    @native
    def getSystemVersion(self) -> systemVersion:
        self.need_session()
        return SystemVersion(self.image.build.number)

    @native
    def getDumpType(self) -> dumpType:
        self.need_session()
        if not self.dump:
            raise DbgException("Call IDebugControl::GetDebuggeeType failed")
        # A process's small dump, too, is "KernelSmall" to pykd.
        return ENUMS["dumpType"].names["KernelSmall" if self.small else "KernelFull"]

    @native
    def getExecutionStatus(self) -> executionStatus:
        self.need_session()
        return ENUMS["executionStatus"].names["Break"]

    @native
    def getImplicitProcess(self) -> int:
        self.need_session()
        return self.extend(self.process)

    @native
    def setImplicitProcess(self, offset: u64, /) -> None:
        self.need_session()
        address = offset & self.mask
        if address and address not in [each.address for each in self.image.processes.all]:
            raise DbgException(
                "Call IDebugSystemObjects::SetImplicitProcessDataOffset failed\nHRESULT 0xd0000147"
            )
        # Zero is the process that the session began with.
        self.implicit = address or None

    @native
    def getImplicitThread(self) -> int:
        self.need_session()
        return self.extend(self.image.processor.current_thread)

    @native
    def getIP(self) -> int:
        self.need_session()
        return self.extend(self.image.globals.address("DbgBreakPointWithStatus"))

    @native
    def addr64(self, address: u64, /) -> int:
        return self.extend(address) if address >> 32 == 0 else address

    @native
    def expr(self, expression: str, cplusplus: bool = False) -> object:
        self.need_session()
        if cplusplus or "@@" in expression:
            raise NotImplementedError("the stand-in evaluates no C++")
        return evaluate(self, expression)

    @native
    def dbgCommand(self, command: str, suppressOutput: bool = True, outputMask: u32 = 0) -> object:
        self.need_session()
        if command.startswith("!"):
            return None  # no such extension: the engine prints that, pykd gives nothing
        if command.startswith(".echo "):
            text = command[6:] + "\n"
            if suppressOutput:
                return text
            self.printed.append(text)
            return None
        raise DbgException("Call IDebugControl::ExecuteWide failed\nHRESULT 0x80040205")

    # -- output ---------------------------------------------------------------------------------

    @native
    def dprint(self, str: str, dml: bool = False) -> None:
        self.printed.append(str)

    @native
    def dprintln(self, str: str, dml: bool = False) -> None:
        self.printed.append(str + "\n")

    @native
    def setStatusMessage(self, message: str, /) -> None:
        self.status.append(message)
