"""Questions to a pykd module, asked of the real one and of the stand-in alike.

Runs on both sides: on Linux against the stand-in, in the rig's Windows Python against the real
module. Each probe is an expression; its answer says the value, the value's type, or the exception.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, List

__all__ = ("PROBES", "answer", "answers", "sweep")

# What the expressions may name: `pykd`; `nt`, the module; `P`, the current process; `T` and `V`,
# a type and a value of one; and places that the image has, see `tests/engine/test_contract.py`:
# `NOWHERE`, an address without memory; `LAST`, the last 16 bytes before a page that is missing;
# `TEXT`, the bytes of "caf\xe9" and a zero; `WIDE`, a UNICODE_STRING, and `BUFFER`, its pointer;
# `ENTRY`, a handle table entry.
_GROUPS = {
    "session": """
        pykd.isKernelDebugging()
        pykd.isDumpAnalyzing()
        pykd.isWindbgExt()
        pykd.ptrSize()
        pykd.is64bitSystem()
        pykd.pageSize()
        pykd.getCPUType()
        pykd.getCPUMode()
        pykd.getCPUType() == pykd.CPUType.AMD64
        int(pykd.CPUType.AMD64)
        pykd.getDumpType()
        pykd.dumpType.values[1024]
        pykd.getExecutionStatus()
        pykd.getImplicitProcess() == P
        pykd.getImplicitThread()
        pykd.getIP()
        pykd.version
        pykd.__version__
        pykd.addr64(0x80000000)
        pykd.addr64(P)
        pykd.addr64(-1)
        pykd.noSuchName
        pykd.numVariant()
        len(pykd.getModulesList())
    """,
    "modules": """
        pykd.module("nt").name()
        pykd.module("NT").name()
        pykd.module("ntkrnlmp")
        pykd.module("nosuch")
        pykd.module(nt.begin()).begin()
        pykd.module(nt.begin() + 0x1000).name()
        pykd.module(1)
        pykd.module()
        pykd.module(None)
        pykd.module(1.5)
        pykd.module("nt", 1)
        nt.begin()
        nt.end()
        nt.size()
        nt.image()
        nt.symfile().split("\\\\")[-1]
        nt.um()
        nt.unloaded()
        int(nt)
        hex(nt)
        nt + 1
        bool(nt)
        nt == pykd.module("nt")
        nt.begin(1)
        nt.offset("PsInitialSystemProcess")
        nt.offset("NoSuch")
        nt.offset(5)
        nt.offset(arg2="x")
        nt.rva("PsInitialSystemProcess")
        nt.hasSymbol("PsInitialSystemProcess")
        nt.hasSymbol("NoSuch")
        "PsInitialSystemProcess" in nt
        nt.PsInitialSystemProcess
        nt["PsInitialSystemProcess"]
        nt.NoSuch
        nt["NoSuch"]
        nt.findSymbol(nt.offset("PsInitialSystemProcess"))
        nt.findSymbol(nt.offset("PsInitialSystemProcess") + 3)
        nt.findSymbol(nt.offset("PsInitialSystemProcess") + 3, False)
        nt.findSymbol(nt.begin())
        nt.findSymbol(NOWHERE)
        nt.findSymbolAndDisp(nt.offset("PsInitialSystemProcess") + 3)
        sorted(nt.enumSymbols("Ps*"))
        nt.enumSymbols("NoSuch*")
        nt.sizeof("_HANDLE_TABLE")
        nt.type("NoSuch")
        nt.type("PsInitialSystemProcess")
        nt.typedVar("NoSuch", P)
        nt.typedVar("_EPROCESS", P).getAddress()
        nt.typedVar("PsInitialSystemProcess")
    """,
    "symbols": """
        pykd.getOffset("nt!PsInitialSystemProcess")
        pykd.getOffset("PsInitialSystemProcess")
        pykd.getOffset("nt!psinitialsystemprocess")
        pykd.getOffset("nt!NoSuch")
        pykd.getOffset("no!NoSuch")
        pykd.getOffset("nt!_HANDLE_TABLE")
        pykd.getOffset("nt")
        pykd.getOffset("")
        pykd.getOffset(5)
        pykd.findSymbol(nt.offset("PsInitialSystemProcess"))
        pykd.findSymbol(nt.offset("PsInitialSystemProcess") + 8)
        pykd.findSymbol(nt.offset("PsInitialSystemProcess") + 8, False)
        pykd.findSymbol(nt.begin())
        pykd.findSymbol(NOWHERE)
        pykd.findSymbol(5)
        pykd.findSymbolAndDisp(nt.offset("PsInitialSystemProcess") + 8)
        pykd.findSymbolAndDisp(NOWHERE)
        pykd.sizeof("nt!_HANDLE_TABLE")
        pykd.sizeof("nt!NoSuch")
    """,
    "numbers": """
        pykd.ptrPtr(nt.offset("PsInitialSystemProcess"))
        pykd.ptrQWord(P)
        pykd.ptrDWord(P)
        pykd.ptrWord(P)
        pykd.ptrByte(P)
        pykd.ptrMWord(P)
        pykd.ptrSignByte(nt.offset("PsInitialSystemProcess"))
        pykd.ptrSignWord(nt.offset("PsInitialSystemProcess"))
        pykd.ptrSignDWord(nt.offset("PsInitialSystemProcess"))
        pykd.ptrSignQWord(nt.offset("PsInitialSystemProcess"))
        pykd.ptrPtr(NOWHERE)
        pykd.ptrByte(NOWHERE + 0x123)
        pykd.ptrQWord(0)
        pykd.ptrQWord(True)
        pykd.ptrQWord(-1)
        pykd.ptrQWord(2**64)
        pykd.ptrQWord(2**64 - 1)
        pykd.ptrQWord("0")
        pykd.ptrQWord(1.5)
        pykd.ptrQWord(None)
        pykd.ptrQWord()
        pykd.ptrQWord(P, 1)
        pykd.ptrQWord(arg1=P)
        pykd.ptrQWord(nt)
        pykd.ptrPtr(V("_EPROCESS", P).ObjectTable)
        pykd.ptrQWord(LAST + 8)
        pykd.ptrQWord(LAST + 9)
    """,
    "ranges": """
        pykd.loadBytes(P, 4)
        pykd.loadBytes(P, 0)
        pykd.loadBytes(NOWHERE, 0)
        pykd.loadBytes(NOWHERE, 4)
        pykd.loadBytes(LAST, 16)
        pykd.loadBytes(LAST, 17)
        pykd.loadBytes(LAST + 16, 1)
        pykd.loadBytes(P, -1)
        pykd.loadBytes(P, 2**32)
        pykd.loadBytes(P, 2**31)
        pykd.loadBytes(offset=P, count=2)
        pykd.loadBytes(P, count=2)
        pykd.loadBytes(P, 2, phyAddr=False)
        pykd.loadBytes(P, 2, None)
        pykd.loadBytes(P, 2, 0)
        pykd.loadBytes(P)
        pykd.loadBytes(P, 2, False, 1)
        pykd.loadBytes(P, "2")
        pykd.loadBytes(P, 2.0)
        pykd.loadBytes(P, 2, "x")
        pykd.loadBytes(P, 2, nt)
        pykd.loadBytes(P, 2, nosuch=1)
        pykd.loadBytes(nt, 2)
        pykd.loadWords(P, 4)
        pykd.loadWords(P, 0)
        pykd.loadDWords(P, 4)
        pykd.loadDWords(P, 0)
        pykd.loadQWords(P, 2)
        pykd.loadQWords(P, 0)
        pykd.loadQWords(LAST, 2)
        pykd.loadQWords(LAST, 3)
        pykd.loadQWords(LAST + 3, 2)
        pykd.loadQWords(LAST & ~0xfff, 512)[-2:]
        pykd.loadQWords(NOWHERE, 512)
        pykd.loadSignBytes(nt.offset("PsInitialSystemProcess"), 8)
        pykd.loadSignWords(nt.offset("PsInitialSystemProcess"), 4)
        pykd.loadSignDWords(nt.offset("PsInitialSystemProcess"), 2)
        pykd.loadSignQWords(nt.offset("PsInitialSystemProcess"), 1)
        pykd.loadPtrs(P, 3)
        pykd.loadPtrs(P, 0)
        pykd.loadPtrs(NOWHERE, 3)
        pykd.loadPtrList(nt.offset("PsActiveProcessHead"))
        pykd.loadPtrList(NOWHERE)
        pykd.loadChars(nt.begin(), 2)
        pykd.loadChars(nt.begin(), 0)
        pykd.loadChars(TEXT, 3)
        pykd.loadChars(TEXT, 4)
        pykd.loadChars(NOWHERE, 8)
        pykd.loadCStr(P + T("_EPROCESS").fieldOffset("ImageFileName"))
        pykd.loadCStr(TEXT)
        pykd.loadCStr(NOWHERE)
        pykd.loadWStr(pykd.ptrPtr(BUFFER))
        pykd.loadWStr(NOWHERE)
        pykd.loadWChars(pykd.ptrPtr(BUFFER), 3)
        pykd.loadUnicodeString(WIDE)
        pykd.loadUnicodeString(NOWHERE)
        pykd.loadAnsiString(NOWHERE)
        pykd.isValid(P)
        pykd.isValid(NOWHERE)
        pykd.isValid(0)
        pykd.isVaRegionValid(P, 8)
        pykd.isVaRegionValid(NOWHERE, 8)
        pykd.compareMemory(P, P, 8)
        pykd.compareMemory(P, P + 8, 8)
        pykd.compareMemory(P, NOWHERE, 8)
    """,
    "expressions": """
        pykd.expr("@$proc")
        pykd.expr("$proc")
        pykd.expr("@$PROC")
        pykd.expr("@$thread")
        pykd.expr("nt!PsInitialSystemProcess")
        pykd.expr("nt!psinitialsystemprocess")
        pykd.expr("NT!PsInitialSystemProcess")
        pykd.expr("PsInitialSystemProcess")
        pykd.expr("poi(nt!PsInitialSystemProcess)")
        pykd.expr("POI(nt!PsInitialSystemProcess)")
        pykd.expr("poi nt!PsInitialSystemProcess")
        pykd.expr("poi(nt!PsInitialSystemProcess)+8")
        pykd.expr("qwo(nt!PsInitialSystemProcess)")
        pykd.expr("dwo(nt!PsInitialSystemProcess)")
        pykd.expr("wo(nt!PsInitialSystemProcess)")
        pykd.expr("by(nt!PsInitialSystemProcess)")
        pykd.expr("10")
        pykd.expr("0n10")
        pykd.expr("0x10")
        pykd.expr("0t17")
        pykd.expr("0y101")
        pykd.expr("0b101")
        pykd.expr("10h")
        pykd.expr("-1")
        pykd.expr("0-1")
        pykd.expr("fffff804`00000000")
        pykd.expr("80000000")
        pykd.expr("0x80000000")
        pykd.expr("00000000`80000000")
        pykd.expr("0n2147483648")
        pykd.expr("7fffffff+1")
        pykd.expr("80000000+1")
        pykd.expr("ffffffff")
        pykd.expr("0xfffffffffffffffff")
        pykd.expr("nt")
        pykd.expr("nt!")
        pykd.expr("nt!NoSuch")
        pykd.expr("")
        pykd.expr("(")
        pykd.expr("poi(0)")
        pykd.expr("poi(ffffad04`99999000)")
        pykd.expr("1+2*3")
        pykd.expr("(1+2)*3")
        pykd.expr("7/2")
        pykd.expr("1/0")
        pykd.expr("1 << 4")
        pykd.expr("ff & f0")
        pykd.expr("f0 | f")
        pykd.expr("5 ^ 3")
        pykd.expr("5 mod 3")
        pykd.expr("5 % 3")
        pykd.expr("5 and 3")
        pykd.expr("not 1")
        pykd.expr("@$nosuch")
        pykd.expr("@$t0")
        pykd.expr("@$t20")
        pykd.expr("@$ptrsize")
        pykd.expr("@$pagesize")
        pykd.expr("File")
        pykd.expr("ALPC Port")
        pykd.expr("hello world")
        pykd.expr("14 13")
        pykd.expr("14,13")
        pykd.expr("14)")
        pykd.expr("(14 13)")
        pykd.expr("(14,13)")
        pykd.expr("(14))")
        pykd.expr("()")
        pykd.expr("(@$proc)")
        pykd.expr("14 +")
        pykd.expr("14 + zz")
        pykd.expr("0n19z")
        pykd.expr(5)
    """,
    "commands": """
        pykd.dbgCommand(".echo hi")
        pykd.dbgCommand(".echo hi", True)
        pykd.dbgCommand("!nosuchcommand")
        pykd.dbgCommand("nosuchcommand")
        pykd.dbgCommand(5)
        pykd.dprint(5)
        pykd.dprint(nt)
        pykd.setStatusMessage("busy")
        pykd.setImplicitProcess(NOWHERE)
        pykd.setImplicitProcess(pykd.ptrPtr(nt.offset("PsInitialSystemProcess")))
        pykd.getImplicitProcess()
        pykd.expr("@$proc")
        pykd.setImplicitProcess(P)
        pykd.getImplicitProcess() == P
        pykd.setImplicitProcess(0)
        pykd.getImplicitProcess() == P
    """,
    "types": """
        pykd.typeInfo("nt!_HANDLE_TABLE").name()
        pykd.typeInfo("_HANDLE_TABLE").name()
        pykd.typeInfo("nt!NoSuch")
        pykd.typeInfo("no!NoSuch")
        pykd.typeInfo("NoSuch")
        pykd.typeInfo("")
        pykd.typeInfo(5)
        pykd.typeInfo("UInt4B").name()
        pykd.typeInfo("nt!UInt4B")
        pykd.typeInfo("UInt4B*").name()
        pykd.typeInfo("Void").name()
        pykd.typeInfo("nt!_LIST_ENTRY*").name()
        pykd.typeInfo("nt!_LIST_ENTRY**").name()
        pykd.typeInfo("nt!_LIST_ENTRY[2]").size()
        pykd.typeInfo("nt!_LIST_ENTRY[3][2]").name()
        pykd.typeInfo("nt!_LIST_ENTRY*[3]").name()
        pykd.typeInfo("nt!_HANDLE_TABLE.TableCode")
        str(T("_LIST_ENTRY"))
        str(T("_LIST_ENTRY").Flink)
        str(T("_HANDLE_TABLE_ENTRY").ObjectPointerBits)
        str(T("_EPROCESS").ImageFileName)
        T("_HANDLE_TABLE").size()
        T("_HANDLE_TABLE").size(1)
        T("_HANDLE_TABLE").getNumberFields() == len(T("_HANDLE_TABLE"))
        T("_HANDLE_TABLE").fieldName(99)
        T("_HANDLE_TABLE").fieldName(-1)
        T("_HANDLE_TABLE").fieldOffset("TableCode")
        T("_HANDLE_TABLE").fieldOffset("NoSuch")
        T("_HANDLE_TABLE").fieldOffset("HandleTableList.Blink")
        T("_HANDLE_TABLE").fieldOffset("")
        T("_HANDLE_TABLE").fieldOffset()
        T("_HANDLE_TABLE").fieldOffset(1.5)
        T("_HANDLE_TABLE").field("TableCode").name()
        T("_HANDLE_TABLE").field("NoSuch")
        T("_HANDLE_TABLE").field(99)
        T("_HANDLE_TABLE").field("HandleTableList.Blink").name()
        T("_HANDLE_TABLE").TableCode.name()
        T("_HANDLE_TABLE").NoSuch
        T("_HANDLE_TABLE")["TableCode"].name()
        T("_HANDLE_TABLE")["NoSuch"]
        T("_HANDLE_TABLE").hasField("TableCode")
        T("_HANDLE_TABLE").hasField("NoSuch")
        T("_HANDLE_TABLE").hasField("HandleTableList.Blink")
        "TableCode" in T("_HANDLE_TABLE")
        "NoSuch" in T("_HANDLE_TABLE")
        sorted(dir(T("_LIST_ENTRY")))
        bool(T("_HANDLE_TABLE"))
        T("_HANDLE_TABLE") == T("_HANDLE_TABLE")
        hash(T("_HANDLE_TABLE"))
        int(T("_HANDLE_TABLE"))
        T("_HANDLE_TABLE").isUserDefined()
        T("_HANDLE_TABLE").isBase()
        T("_HANDLE_TABLE").bitOffset()
        T("_HANDLE_TABLE").bitWidth()
        T("_HANDLE_TABLE").deref()
        T("_HANDLE_TABLE").ptrTo().name()
        T("_HANDLE_TABLE").arrayOf(3).size()
        T("_HANDLE_TABLE").TableCode.fields()
        T("_HANDLE_TABLE").TableCode.getNumberFields()
        T("_HANDLE_TABLE").TableCode.field("x")
        T("_HANDLE_TABLE").TableCode.fieldOffset("x")
        T("_HANDLE_TABLE").TableCode.hasField("x")
        T("_HANDLE_TABLE").TableCode.deref()
        T("_HANDLE_TABLE").TableCode.bitWidth()
        T("_HANDLE_TABLE").QuotaProcess.name()
        T("_HANDLE_TABLE").QuotaProcess.deref().size()
        T("_HANDLE_TABLE").QuotaProcess.field("Pcb")
        T("_EPROCESS").ImageFileName.deref().name()
        T("_EPROCESS").ImageFileName.getNumberFields()
        T("_EPROCESS").ImageFileName.field(0).name()
        T("_EPROCESS").UniqueProcessId.deref().name()
        T("_EPROCESS").UniqueProcessId.deref().isVoid()
        T("_EPROCESS").UniqueProcessId.deref().isBase()
        T("_EPROCESS").UniqueProcessId.deref().size()
        T("_EPROCESS").fieldOffset("Pcb.DirectoryTableBase")
        T("_EPROCESS").fieldOffset("Pcb.NoSuch")
        T("_EPROCESS").fieldOffset("ObjectTable.TableCode")
        T("_EPROCESS").fieldOffset("ImageFileName[2]")
    """,
    "values": """
        V("_EPROCESS", P).getAddress()
        V("_EPROCESS", P).sizeof() == T("_EPROCESS").size()
        V("_EPROCESS", P).type().name()
        V("_EPROCESS", P).getLocation()[1]
        str(V("_LIST_ENTRY", P))
        str(V("_LIST_ENTRY", NOWHERE))
        str(V("_LIST_ENTRY", P).Blink)
        str(V("_LIST_ENTRY", NOWHERE).Blink)
        str(V("_EPROCESS", P).ObjectTable.TableCode)
        str(V("_EPROCESS", P).ImageFileName)
        int(V("_LIST_ENTRY", P))
        int(V("_LIST_ENTRY", NOWHERE))
        int(V("_LIST_ENTRY", NOWHERE).Flink)
        V("_LIST_ENTRY", P).rawBytes()
        V("_LIST_ENTRY", NOWHERE).rawBytes()
        [(name, offset, int(value)) for name, offset, value in V("_LIST_ENTRY", P).fields()]
        V("NoSuch", P)
        V("_EPROCESS", 2**64)
        V("_EPROCESS", -1)
        V("_EPROCESS", "x")
        V("_EPROCESS", nt).getAddress()
        pykd.typedVar("nt!_LIST_ENTRY")
        pykd.typedVar("nt!PsInitialSystemProcess")
        pykd.typedVar(P)
        pykd.typedVar(T("_LIST_ENTRY"), P).getAddress()
        pykd.typedVar("_LIST_ENTRY", P).getAddress()
        int(V("_EPROCESS", P).ObjectTable)
        hex(V("_EPROCESS", P).ObjectTable)
        "%x" % V("_EPROCESS", P).ObjectTable
        format(V("_EPROCESS", P).ObjectTable, "x")
        V("_EPROCESS", P).ObjectTable.deref().getAddress()
        int(V("_EPROCESS", P).ObjectTable.TableCode)
        V("_EPROCESS", P).ObjectTable[0].getAddress()
        V("_EPROCESS", P).UniqueProcessId == 0x1234
        V("_EPROCESS", P).UniqueProcessId + 1
        1 + V("_EPROCESS", P).UniqueProcessId
        V("_EPROCESS", P).UniqueProcessId - 1
        V("_EPROCESS", P).UniqueProcessId & 0xff
        V("_EPROCESS", P).UniqueProcessId | 0xff
        V("_EPROCESS", P).UniqueProcessId >> 4
        V("_EPROCESS", P).UniqueProcessId << 4
        V("_EPROCESS", P).UniqueProcessId / 16
        V("_EPROCESS", P).UniqueProcessId // 16
        V("_EPROCESS", P).UniqueProcessId < 5
        -V("_EPROCESS", P).UniqueProcessId
        ~V("_EPROCESS", P).UniqueProcessId
        float(V("_EPROCESS", P).UniqueProcessId)
        bool(V("_EPROCESS", P).UniqueProcessId)
        [0][V("_EPROCESS", P).ObjectTable.ExtraInfoPages]
        V("_EPROCESS", P).UniqueProcessId.deref()
        V("_EPROCESS", P).UniqueProcessId[0]
        V("_EPROCESS", P).UniqueProcessId.rawBytes()
        len(V("_EPROCESS", P).UniqueProcessId)
        V("_EPROCESS", P).NoSuch
        V("_EPROCESS", P)["NoSuch"]
        V("_EPROCESS", P).field("NoSuch")
        V("_EPROCESS", P).fieldOffset("NoSuch")
        V("_EPROCESS", P).hasField("Pcb")
        "Pcb" in V("_EPROCESS", P)
        V("_EPROCESS", P)[9999]
        V("_EPROCESS", P).fieldName(9999)
        int(V("_EPROCESS", P)["UniqueProcessId"])
        int(V("_EPROCESS", P).field("Pcb.DirectoryTableBase"))
        V("_EPROCESS", P).Pcb.DirectoryTableBase.deref()
        V("_EPROCESS", P).Pcb.DirectoryTableBase.x
        V("_EPROCESS", P).Pcb.DirectoryTableBase["x"]
        V("_EPROCESS", P).Pcb.DirectoryTableBase[0]
        V("_EPROCESS", P).Pcb.DirectoryTableBase.field("x")
        V("_EPROCESS", P).Pcb.DirectoryTableBase.hasField("x")
        [int(letter) for letter in V("_EPROCESS", P).ImageFileName]
        int(V("_EPROCESS", P).ImageFileName[0])
        V("_EPROCESS", P).ImageFileName[99].getAddress()
        len(V("_EPROCESS", P).ImageFileName)
        pykd.loadCStr(V("_EPROCESS", P).ImageFileName)
        V("_EPROCESS", P).castTo("_KPROCESS").sizeof() == T("_KPROCESS").size()
        int(V("_HANDLE_TABLE_ENTRY", ENTRY).ObjectPointerBits)
        int(V("_HANDLE_TABLE_ENTRY", ENTRY).GrantedAccessBits)
        str(V("_HANDLE_TABLE_ENTRY", ENTRY).ObjectPointerBits)
        len(nt.typedVarList(nt.PsActiveProcessHead, "_EPROCESS", "ActiveProcessLinks"))
        len(pykd.typedVarList(nt.PsActiveProcessHead, T("_EPROCESS"), "ActiveProcessLinks"))
        [each.getAddress() for each in pykd.typedVarArray(P, "nt!_LIST_ENTRY", 2)]
        pykd.containingRecord(P, "nt!_EPROCESS", "ActiveProcessLinks").getAddress()
        nt.containingRecord(P, "_EPROCESS", "ActiveProcessLinks").getAddress()
    """,
}  # fmt: skip

PROBES: Dict[str, List[str]] = {
    name: [line.strip() for line in text.splitlines() if line.strip()]
    for name, text in _GROUPS.items()
}


def answers(pykd: Any, places: Dict[str, int]) -> Dict[str, Any]:
    """What a module says to each probe; ``places`` are the addresses that the probes name."""
    scope = {
        **places,
        "pykd": pykd,
        "nt": pykd.module("nt"),
        "P": pykd.getImplicitProcess(),
        "T": lambda name: pykd.typeInfo("nt!" + name),
        "V": lambda name, address: pykd.typedVar("nt!" + name, address),
    }
    return {probe: answer(probe, scope) for group in PROBES.values() for probe in group}


def answer(probe: str, scope: Dict[str, Any]) -> List[Any]:
    """What one probe gives or raises."""
    try:
        value = eval(probe, scope)
    except Exception as error:
        name = f"{type(error).__module__}.{type(error).__name__}"
        return ["raises", name.replace("builtins.", ""), _text(error)]
    if isinstance(value, int) and type(value) is not int and type(value) is not bool:
        # A member of an enumeration.
        return ["gives", type(value).__name__, f"{value} {int(value)}"]
    return ["gives", type(value).__name__, json.loads(json.dumps(value))]


def _text(error: Exception) -> str:
    """What of an exception's text is to be the same: the first lines, without the engine's own."""
    text = str(error)
    if type(error).__name__ == "ArgumentError":
        return ""  # names C++ types
    if "Not Implemented" in text:
        return "Not Implemented"  # names a file of pykd's author
    if "get_locationType" in text:
        return "get_locationType"
    return text


def sweep(pykd: Any, names: List[str]) -> Dict[str, Any]:
    """Every field of these structures, with all that a `typeInfo` says of it."""
    found = {}
    for name in names:
        info = pykd.typeInfo("nt!" + name)
        rows = []
        for field, kind in info.fields():
            bits = [kind.bitOffset(), kind.bitWidth()] if kind.isBitField() else None
            is_what = [
                kind.isBase(), kind.isPointer(), kind.isArray(), kind.isEnum(),
                kind.isUserDefined(), kind.isVoid(), kind.isBitField(), kind.isFunction(),
            ]  # fmt: skip
            target = kind.deref().name() if kind.isPointer() or kind.isArray() else None
            rows.append(
                [field, info.fieldOffset(field), kind.name(), kind.size(), bits, is_what, target]
            )
        found[name] = [info.name(), info.size(), sorted(rows)]
    return found


def _main(arguments: List[str]) -> int:
    import pykd

    question = json.loads(arguments[0])
    result = {
        "answers": answers(pykd, question["places"]),
        "fields": sweep(pykd, question["types"]),
    }
    sys.stdout.write("\n" + json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
