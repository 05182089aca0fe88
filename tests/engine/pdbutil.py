"""What llvm-pdbutil prints of a PDB, taken apart: structures, public symbols, which PDB it is."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

__all__ = ["Dumped", "Shape", "dumped"]

_NUMBERS = {
    "bool": (1, False), "char": (1, True), "signed char": (1, True), "unsigned char": (1, False),
    "short": (2, True), "unsigned short": (2, False), "wchar_t": (2, False),
    "char16_t": (2, False), "char32_t": (4, False), "int": (4, True), "unsigned": (4, False),
    "long": (4, True), "unsigned long": (4, False), "HRESULT": (4, True), "__int64": (8, True),
    "unsigned __int64": (8, False),
}  # fmt: skip
_OPAQUE = {"void": 0, "float": 4, "double": 8, "long double": 10}
_CHAR8 = 0x7C  # char8_t, which LLVM 14 has no name for
_TYPE = r"(0x\w+(?: \(.*?\))?|<no type>)"
_RECORD = re.compile(r"^ +0x(\w+) \| (LF_\w+) \[size = \d+\](?: `(.*)`)?$", re.M)
_MEMBER = re.compile(rf"- LF_MEMBER \[name = `(.*)`, Type = {_TYPE}, offset = (\d+), attrs = ")
_UDTS = ("LF_STRUCTURE", "LF_CLASS", "LF_UNION")
Shape = Tuple[Any, ...]
"""A type in a form that two readers can be compared in: its kind, then what makes it up."""


class _Record(NamedTuple):
    leaf: str
    name: str
    text: str

    def said(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        return found.group(1) if found else ""

    @property
    def forward(self) -> bool:
        return "options: forward ref" in self.text

    @property
    def local(self) -> bool:
        """Whether it is of a function, where others may be called the same, or has no name."""
        return bool(re.search(r"options:.*\bscoped\b", self.text)) or self.name == "<unnamed-tag>"

    @property
    def nameless(self) -> bool:
        """Whether the compiler made the name up; a mention has nothing else."""
        return "<unnamed-" in self.name and not self.forward


class Dumped:
    """One PDB. ``structs`` has the index of each definition of a name, ``sections`` where each
    begins in the image, ``publics`` each symbol with its section and offset."""

    def __init__(self, path: Path) -> None:
        words = ("-types", "-publics", "-section-headers", "-summary")
        command = ["llvm-pdbutil", "dump", *words, str(path)]
        text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        self.text = text.decode("utf-8", "replace")
        types = self.text.partition("Types (TPI Stream)")[2].partition(" Public Symbols ")[0]
        heads = list(_RECORD.finditer(types))
        ends = [head.start() for head in heads[1:]] + [len(types)]
        self._records = {
            int(head.group(1), 16): _Record(
                head.group(2), head.group(3) or "", types[head.end() : end]
            )
            for head, end in zip(heads, ends)
        }
        self.structs: Dict[str, List[int]] = {}
        for index, record in self._records.items():
            if record.leaf in _UDTS and not record.forward and not record.local:
                self.structs.setdefault(record.name, []).append(index)
        places = re.findall(r"^ *(\w+) virtual address$", self.text, re.M)
        self.sections = [int(place, 16) for place in places]
        found = re.findall(r"S_PUB32 .*`(.*)`\n.*addr = (\d+):(\d+)", self.text)
        self.publics = [(name, int(section), int(offset)) for name, section, offset in found]

    def size(self, index: int) -> int:
        """The size of a structure in bytes."""
        return int(self._records[index].said(r"sizeof (\d+)"))

    def fields(self, index: int) -> Dict[str, Tuple[int, Shape]]:
        """The offset and the type of each field of a structure; of two of one name the first."""
        listed = self._records[index].said(r"field list: (\w+)")
        found: Dict[str, Tuple[int, Shape]] = {}
        if listed:
            for name, kind, offset in _MEMBER.findall(self._records[int(listed, 16)].text):
                found.setdefault(name, (int(offset), self._shape(kind)))
        return found

    def _shape(self, said: str) -> Shape:
        number, _, name = said.partition(" ")
        index, name = int(number, 16), name[1:-1]
        if index < 0x1000:
            if index >= 0x100:
                return "pointer", 4 if index < 0x600 else 8, ""
            if name in _OPAQUE:
                return "opaque", _OPAQUE[name]
            return ("integer", 1, False) if index == _CHAR8 else ("integer", *_NUMBERS[name])
        record = self._records[index]
        if record.leaf == "LF_MODIFIER":
            return self._shape(record.said(f"referent = {_TYPE}"))
        if record.leaf == "LF_POINTER":
            size = {"ptr32": 4, "ptr64": 8}[record.said(r"kind = (\w+)")]
            return "pointer", size, self._target(record.said(f"referent = {_TYPE}"))
        if record.leaf == "LF_BITFIELD":
            unit = self._shape(record.said(f"type = {_TYPE}"))
            first, count = record.said(r"bit offset = (\d+)"), record.said(r"# bits = (\d+)")
            return "bits", unit[2] if unit[0] == "enum" else unit[1], int(first), int(count)
        if record.leaf == "LF_ARRAY":
            whole = int(record.said(r"size: (\d+)"))
            return "array", whole, self._shape(record.said(f"element type: {_TYPE}$"))
        if record.leaf == "LF_ENUM":
            return self._enum(record)
        if record.leaf in _UDTS:
            return self._struct(index)
        return "opaque", 0

    def _target(self, said: str) -> str:
        record = self._records.get(int(said.split()[0], 16))
        if record is not None and record.leaf == "LF_MODIFIER":
            return self._target(record.said(f"referent = {_TYPE}"))
        if record is None or record.leaf not in _UDTS:
            return ""
        return "nameless" if record.nameless else record.name

    def _struct(self, index: int) -> Shape:
        """Of a mention the last definition of that name, as Microsoft's reader has it; what has no
        name by its fields."""
        record = self._records[index]
        if record.nameless:
            return "nameless", self.size(index), self.fields(index)
        if record.forward:
            index = self.structs.get(record.name, [0])[-1]
        return "struct", record.name, self.size(index) if index else None

    def _enum(self, record: _Record) -> Shape:
        if record.forward:
            defined = record.said(r"forward ref \((?:->|<-) (0x\w+)\)")
            record = self._records[int(defined, 16)]
        size = self._shape(record.said(f"underlying type: {_TYPE}"))[1]
        listed = self._records[int(record.said(r"field list: (\w+)"), 16)].text
        half = 1 << 8 * size - 1
        values = re.findall(r"- LF_ENUMERATE \[(.*) = (-?\d+)\]", listed)
        constants = {name: (int(value) + half) % (2 * half) - half for name, value in values}
        return "enum", record.name, size, constants

    def identity(self) -> Tuple[str, int]:
        """GUID and age."""
        found = re.search(r"Age: (\d+)\n  GUID: \{(.*)\}", self.text)
        assert found is not None
        return found.group(2), int(found.group(1))


@lru_cache(maxsize=None)
def dumped(path: Path) -> Dumped:
    """Each PDB is dumped once."""
    return Dumped(path)
