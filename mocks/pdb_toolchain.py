"""Compile and link a module for Windows with clang and lld-link."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple

__all__ = [
    "FIRST_RVA",
    "MACHINES",
    "Machine",
    "ToolchainError",
    "ToolchainMissing",
    "link_module",
    "symbols_source",
    "toolchain_version",
]

PAGE = 0x1000
# The linker puts the first section behind one page of headers.
FIRST_RVA = PAGE


class Machine(NamedTuple):
    """One architecture, in the words of the tools."""

    target: str
    machine: str
    symbol_prefix: str
    base: int


MACHINES: Mapping[str, Machine] = {
    "x64": Machine("x86_64-pc-windows-msvc", "x64", "", 0xFFFFF80000000000),
    "x86": Machine("i686-pc-windows-msvc", "x86", "_", 0x82000000),
    "arm64": Machine("aarch64-pc-windows-msvc", "arm64", "", 0xFFFFF80000000000),
}


class ToolchainMissing(RuntimeError):
    """clang or lld-link is not on this machine."""


class ToolchainError(RuntimeError):
    """The compiler or the linker refused; its first error is the message."""


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ToolchainMissing(f"{name} is not installed (Debian: apt-get install clang lld)")
    return found


def toolchain_version() -> str:
    """Both tools' versions; raises `ToolchainMissing`."""
    return "".join(_version(_tool(name)) for name in ("clang", "lld-link"))


@lru_cache(maxsize=None)
def _version(tool: str) -> str:
    return subprocess.run([tool, "--version"], capture_output=True, text=True).stdout


def symbols_source(machine: Machine, symbols: Mapping[str, int], size: int) -> Tuple[str, str]:
    """Assembler text with one label for each symbol, and the name of the first one.

    All of them lie in one section of ``size`` bytes at `FIRST_RVA` that takes no room in the
    file. The linker records them as public symbols: all that Microsoft's PDBs have, too.
    """
    lines = [".bss"]
    at = FIRST_RVA
    first = ""
    for rva, name in sorted((rva, name) for name, rva in symbols.items()):
        if rva < FIRST_RVA or rva > FIRST_RVA + size:
            raise ValueError(f"symbol {name} at rva {rva:#x} lies outside the module's data")
        label = f'"{machine.symbol_prefix}{name}"'
        if rva > at:
            lines.append(f".skip {rva - at}")
        lines += [f".globl {label}", f"{label}:"]
        at, first = rva, first or name
    if not first:
        first = "start"
        lines += [f".globl {machine.symbol_prefix}start", f"{machine.symbol_prefix}start:"]
    if FIRST_RVA + size > at:
        lines.append(f".skip {FIRST_RVA + size - at}")
    return "\n".join(lines) + "\n", first


def link_module(
    machine: Machine, name: str, base: int, types: str, symbols: str, entry: str, folder: Path
) -> Tuple[bytes, bytes]:
    """Make ``name.exe`` and ``name.pdb`` in ``folder``; return their bytes."""
    sources: Dict[str, str] = {"types.cpp": types, "symbols.s": symbols}
    flags: Dict[str, List[str]] = {
        # Types are kept although nothing uses them; no C++ beyond records.
        "types.cpp": [
            *("-g", "-gcodeview", "-fno-eliminate-unused-debug-types", "-fms-extensions"),
            *("-std=c++17", "-Wno-everything"),
        ],
        "symbols.s": [],
    }
    for source, text in sources.items():
        (folder / source).write_text(text, encoding="utf-8")
        _run(
            [
                *(_tool("clang"), f"--target={machine.target}", *flags[source]),
                *("-c", source, "-o", f"{source}.obj"),
            ],
            folder,
        )
    _run(
        [
            _tool("lld-link"),
            *("/nologo", "/debug", f"/pdb:{name}.pdb", f"/pdbaltpath:{name}.pdb"),
            *("/subsystem:native", "/nodefaultlib", "/safeseh:no", f"/entry:{entry}"),
            *(f"/machine:{machine.machine}", f"/base:{base:#x}", f"/out:{name}.exe"),
            # A name of its own keeps the data in front of everything else, at FIRST_RVA.
            "/merge:.bss=ALMOSTRO",
            *(f"{source}.obj" for source in sources),
        ],
        folder,
    )
    return (folder / f"{name}.exe").read_bytes(), (folder / f"{name}.pdb").read_bytes()


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        lines = (done.stderr + done.stdout).splitlines()
        errors = [line for line in lines if "error" in line]
        raise ToolchainError((errors or lines or ["failed without a message"])[0])
