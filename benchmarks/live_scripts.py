"""What runs in the debugger's Python for `benchmarks.live_reads`."""

from __future__ import annotations

__all__ = ("LISTING", "TYPED_VAR")

LISTING = """
import io, sys
import pykd
from pykd_handle.cli import main
connection, words, mark = sys.argv[1], sys.argv[2].split(), int(sys.argv[3])
pykd.attachKernel(connection)
stdout, sys.stdout = sys.stdout, io.StringIO()
pykd.rdmsr(mark + 1)
code = main(words)
pykd.rdmsr(mark + 2)
text, sys.stdout = sys.stdout.getvalue(), stdout
print(code, text.count("Object: "))
"""

# As such scripts are written: a typedVar for each structure, a field at a time.
TYPED_VAR = """
import sys
import pykd
connection, words, mark = sys.argv[1], sys.argv[2].split(), int(sys.argv[3])
pykd.attachKernel(connection)
flags = int(words[1], 16)
nt = pykd.module("nt")
pykd.rdmsr(mark + 1)
cookie = pykd.ptrByte(nt.offset("ObHeaderCookie"))
types = nt.offset("ObTypeIndexTable")
masks = nt.offset("ObpInfoMaskToOffset")
process = nt.typedVar("_EPROCESS", pykd.getImplicitProcess())
table = nt.typedVar("_HANDLE_TABLE", int(process.ObjectTable))
code, limit = int(table.TableCode), int(table.NextHandleNeedingPool)
size = nt.type("_HANDLE_TABLE_ENTRY").size()
body = nt.type("_OBJECT_HEADER").fieldOffset("Body")


def text_of(string):
    length, buffer = int(string.Length), int(string.Buffer)
    return bytes(pykd.loadBytes(buffer, length)).decode("utf-16-le") if length else ""


def path_of(block):
    parts = []
    while block:
        control = nt.typedVar("_CM_KEY_CONTROL_BLOCK", block)
        name = nt.typedVar("_CM_NAME_CONTROL_BLOCK", int(control.NameBlock))
        at = name.Name.getAddress()
        parts.append(bytes(pykd.loadBytes(at, int(name.NameLength))).decode("latin-1"))
        block = int(control.ParentKcb)
    return "\\\\".join(reversed(parts))


found = 0
for index in range(limit // 4):
    leaf = code & ~3
    if code & 3:
        leaf = pykd.ptrQWord(leaf + index // 256 * 8)
    entry = nt.typedVar("_HANDLE_TABLE_ENTRY", leaf + index % 256 * size)
    if index % 256 == 0 or not int(entry.LowValue):
        continue
    header = int(entry.ObjectPointerBits) << 4 | 0xFFFF000000000000
    access = int(entry.GrantedAccessBits)
    found += 1
    if not flags & 2:
        continue
    object_header = nt.typedVar("_OBJECT_HEADER", header)
    counts = int(object_header.PointerCount), int(object_header.HandleCount)
    number = int(object_header.TypeIndex) ^ cookie ^ header >> 8 & 0xFF
    kind = nt.typedVar("_OBJECT_TYPE", pykd.ptrQWord(types + number * 8))
    type_name = text_of(kind.Name)
    mask = int(object_header.InfoMask)
    if type_name == "File":
        name = text_of(nt.typedVar("_FILE_OBJECT", header + body).FileName)
    elif type_name == "Key":
        name = path_of(int(nt.typedVar("_CM_KEY_BODY", header + body).KeyControlBlock))
    elif mask & 2:
        place = header - pykd.ptrByte(masks + (mask & 3))
        name = text_of(nt.typedVar("_OBJECT_HEADER_NAME_INFO", place).Name)
pykd.rdmsr(mark + 2)
print(0, found)
"""
