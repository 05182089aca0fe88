"""A Windows computer made of a folder and two dictionaries, for tests of the installer."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import struct
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from pykd_handle.setup.install import Machine, Options, Value, run
from pykd_handle.setup.install.machine import Outcome
from pykd_handle.setup.install.origin import MARK
from pykd_handle.version import __version__

__all__ = ["CORE", "Computer", "FakeRegistry", "install", "write_image"]

CORE = "SOFTWARE\\Python\\PythonCore"
_MACHINES = {64: 0x8664, 32: 0x14C, 0: 0xAA64}


def write_image(path: Path, bits: int = 64, exports: Sequence[str] = ("py",)) -> Path:
    """A program file that holds nothing but a header and a list of exported names."""
    section = 0x1000
    wide = bits != 32
    optional_size = 240 if wide else 224
    names = b"".join(name.encode() + b"\0" for name in exports)
    name_table = section + 40
    first_name = name_table + 4 * len(exports)
    places, at = [], first_name
    for name in exports:
        places.append(at)
        at += len(name) + 1
    directory = struct.pack("<24xIII", len(exports), 0, name_table) + bytes(4)
    body = directory + b"".join(struct.pack("<I", place) for place in places) + names
    header = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40)
    header += b"PE\0\0" + struct.pack("<HH12xHH", _MACHINES[bits], 1, optional_size, 0x2000)
    optional = struct.pack("<H", 0x20B if wide else 0x10B).ljust(112 if wide else 96, b"\0")
    optional += struct.pack("<II", section, len(body))
    header += optional.ljust(optional_size, b"\0")
    header += b".edata\0\0" + struct.pack("<IIII16x", len(body), section, len(body), 0x400)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header.ljust(0x400, b"\0") + body)
    return path


class FakeRegistry:
    """Values by (bits, hive, key, name), like winreg's two views."""

    def __init__(self) -> None:
        self.values: Dict[Tuple[int, str, str, str], Value] = {}
        self.writable = True
        self.unreadable: Optional[Tuple[int, str, str, str]] = None

    def put(self, hive: str, key: str, name: str, text: str, bits: int = 64) -> None:
        self.values[bits, hive, key, name] = Value(text)

    def subkeys(self, hive: str, key: str, bits: int) -> List[str]:
        start = key + "\\"
        found = [
            stored[len(start) :].split("\\")[0]
            for (view, root, stored, _) in self.values
            if view == bits and root == hive and stored.startswith(start)
        ]
        return list(dict.fromkeys(found))

    def value(self, hive: str, key: str, name: str, bits: int) -> Optional[Value]:
        if (bits, hive, key, name) == self.unreadable:
            raise PermissionError(13, "Access is denied")
        return self.values.get((bits, hive, key, name))

    def set_value(self, hive: str, key: str, name: str, value: Value, bits: int) -> None:
        if not self.writable:
            raise PermissionError(13, "Access is denied")
        self.values[bits, hive, key, name] = value

    def delete_value(self, hive: str, key: str, name: str, bits: int) -> None:
        del self.values[bits, hive, key, name]


class Computer:
    """Its folders lie in ``folder``; ``answers`` holds what programs say, by their arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = FakeRegistry()
        self.local = folder / "Local"
        self.environ = {"LOCALAPPDATA": str(self.local), "PATH": ""}
        self.installed = {"pip": "23.0"}
        self.fails: Dict[str, str] = {}
        self.ran: List[List[str]] = []
        self.read: Dict[str, str] = {}
        self.announced = 0

    @property
    def extensions(self) -> Path:
        return self.local / "Dbg" / "EngineExtensions"

    @property
    def own(self) -> Path:
        return self.local / "pykd_handle"

    def machine(self) -> Machine:
        return Machine(self.registry, self.environ, self._run, self._announce, self._copy)

    def add_python(
        self, key: str = "3.9", hive: str = "HKCU", bits: int = 64, ending: str = os.sep
    ) -> Path:
        """Lay a Python out and register it under this key; returns its folder."""
        folder = self.folder / f"Python{key}-{hive}"
        digits = key.split("-")[0].replace(".", "")
        write_image(folder / f"python{digits}.dll", bits, ("Py_Initialize",))
        (folder / "python.exe").write_bytes(b"")
        path = f"{CORE}\\{key}\\InstallPath"
        self.registry.put(hive, path, "", f"{folder}{ending}", bits)
        return folder

    def add_bootstrapper(self, folder: Optional[Path] = None, bits: int = 64) -> Path:
        return write_image((folder or self.extensions) / "pykd.dll", bits, ("info", "pip", "py"))

    def _run(self, command: Sequence[str]) -> Outcome:
        """A Python with a pip that keeps track of what it would have."""
        executable, isolated, site_later, option, code, *words = command
        assert Path(executable).is_file(), executable
        assert (isolated, site_later, option) == ("-I", "-S", "-c")
        assert code.startswith("import site\n")
        words = ["-m", *words] if "runpy" in code else ["-c", code.split("site.main()\n")[1]]
        self.ran.append(words)
        for part, message in self.fails.items():
            if part in " ".join(words):
                return Outcome(1, message)
        for requirements in (word for word in words if word.endswith(".txt")):
            self.read[Path(requirements).name] = Path(requirements).read_text()
        if words[0] == "-c" and "importlib.metadata" in words[1]:
            return Outcome(0, f"{json.dumps(self.installed)}\n")
        if words[:3] == ["-m", "pip", "install"]:
            found = re.findall(r"^(\w+)==(\S+)", self.read["requirements.txt"], re.MULTILINE)
            self.installed.update(found)
            if words[-2].startswith("file:"):
                self.installed["pykd-handle"] = __version__
        if words[:3] == ["-m", "pip", "uninstall"]:
            del self.installed["pykd-handle"]
        if words[:2] == ["-m", "ensurepip"]:
            self.installed["pip"] = "23.0"
        return Outcome(0, "")

    def _announce(self) -> None:
        self.announced += 1

    def _copy(self, source: Path, target: Path) -> None:
        """With the second stream, which is a file of its own where names may hold a colon."""
        for stream in ("", MARK):
            if Path(f"{source}{stream}").is_file():
                shutil.copyfile(f"{source}{stream}", f"{target}{stream}")


def install(computer: Computer, **options: object) -> Tuple[int, str]:
    """Install into a computer: the exit code, and what was printed."""
    out = io.StringIO()
    code = run(Options(**options), computer.machine(), out)  # type: ignore[arg-type]
    return code, out.getvalue()
