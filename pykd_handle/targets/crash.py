"""What stopped a system: its bug check, and the registers of the processor that met it.

The places of registers are those in the ``CONTEXT`` of ``winnt.h``, in bytes.
"""

from __future__ import annotations

from ..hints import Dict, Mapping, Tuple
from ..values import NamedTuple

__all__ = ("CONTEXT_SIZES", "BugCheck", "parse_context", "register_names")


class BugCheck(NamedTuple):
    """A bug check: its code, and its four parameters."""

    code: int
    parameters: Tuple[int, ...]


def _run(names: str, start: int, width: int) -> Dict[str, int]:
    return {name: start + index * width for index, name in enumerate(names.split())}


_X64 = _run("rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 rip", 0x78, 8)
_X86 = {
    **_run("edi esi ebx edx ecx eax ebp eip", 0x9C, 4),
    "esp": 0xC4,
}
_ARM64 = {
    **_run(" ".join(f"x{number}" for number in range(29)), 8, 8),
    **_run("fp lr sp pc", 0xF0, 8),
}
_PLACES: Mapping[str, Mapping[str, int]] = {"x64": _X64, "x86": _X86, "arm64": _ARM64}
# Where ContextFlags stands, and the bit that says which machine's it is.
_FLAGS = {"x64": (0x30, 0x100000), "x86": (0, 0x10000), "arm64": (0, 0x400000)}

CONTEXT_SIZES = {architecture: max(places.values()) + 8 for architecture, places in _PLACES.items()}
"""So many bytes of a ``CONTEXT`` hold its registers."""


def register_names(architecture: str) -> Tuple[str, ...]:
    """The registers of a machine that may hold an address, the program counter first."""
    places = _PLACES.get(architecture, {})
    return tuple(sorted(places, key=lambda name: (name not in ("rip", "eip", "pc"), places[name])))


def parse_context(data: bytes, architecture: str) -> Dict[str, int]:
    """The registers in a ``CONTEXT``; none where it is too short or is not one of this machine."""
    if architecture not in _PLACES or len(data) < CONTEXT_SIZES[architecture]:
        return {}
    at, bit = _FLAGS[architecture]
    if not int.from_bytes(data[at : at + 4], "little") & bit:
        return {}
    width = 4 if architecture == "x86" else 8
    places = _PLACES[architecture]
    return {
        name: int.from_bytes(data[places[name] : places[name] + width], "little")
        for name in register_names(architecture)
    }
