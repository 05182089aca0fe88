"""The doctor in the real Windows CPython, alone and in sessions of the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

import pytest

from .rig import Result, Rig

REPOSITORY = Path(__file__).resolve().parents[2]
CODE = "import sys\nfrom pykd_handle.setup.doctor import doctor\nsys.exit(doctor(sys.stdout, str))"
PYKD_VERSION = "0.3.4.15"


def doctor(rig: Rig, dump: Optional[Path] = None, symbols: Optional[Path] = None) -> Result:
    return rig.python(CODE, dump=dump, symbols=symbols, path=[REPOSITORY])


def line(result: Result, subject: str) -> str:
    """Status and text of the one line about ``subject``."""
    found: List[str] = [
        each for each in result.stdout.splitlines() if each[9:23].strip() == subject
    ]
    assert len(found) == 1, result.stdout
    return f"{found[0][:8].strip()}: {found[0][24:]}"


def test_outside_of_a_session(rig: Rig) -> None:
    said = doctor(rig)
    assert line(said, "Python").startswith("ok: CPython 3.9.13, 64-bit, in python.exe")
    assert line(said, "pykd") == f"ok: {PYKD_VERSION}"
    assert line(said, "tabulate").startswith("ok: ")
    assert line(said, "session").startswith("note: none: ")
    # Nothing is registered on it, and no bootstrapper is there.
    assert line(said, "registered").startswith("MISSING: no 64-bit Python 3.9 or 3.8")
    assert line(said, "bootstrapper").startswith("MISSING: no pykd.dll in ")
    assert line(said, "bootstrapper").endswith("; ~\\AppData\\Local\\Dbg\\EngineExtensions")
    assert (said.returncode, said.stderr) == (1, "")


def test_kernel_dump_without_symbols(rig: Rig, real_triage_dump: Path) -> None:
    said = doctor(rig, real_triage_dump)
    assert line(said, "engine") == "ok: dbgeng 10.0.15063.400"
    assert line(said, "session").startswith("ok: kernel, dump: Windows 10 Kernel Version 19041")
    assert line(said, "symbols") == (
        "MISSING: nt at 0xfffff8047ba00000: no symbols (no _HANDLE_TABLE_ENTRY)"
    )
    assert line(said, "registered").startswith("note: ")
    assert said.stdout.endswith("\nMissing: symbols. See the lines above.\n")
    assert said.returncode == 1


def test_kernel_dump_with_symbols(
    rig: Rig, real_triage_dump: Path, real_triage_symbols: Path
) -> None:
    said = doctor(rig, real_triage_dump, real_triage_symbols)
    text = line(said, "symbols")
    assert text.startswith("ok: nt at 0xfffff8047ba00000: ")
    assert text.endswith(".pdb")
    assert said.returncode == 0, said.stdout


def test_user_mode_dump(rig: Rig, real_minidump: Path) -> None:
    said = doctor(rig, real_minidump)
    assert line(said, "session").startswith("ok: user mode, dump: Windows 10 Version 22000")
    assert "symbols" not in said.stdout
    assert said.returncode == 0, said.stdout


def test_pykd_that_cannot_be_loaded(rig: Rig, tmp_path: Path) -> None:
    # The real module with the engine's DLL beside it spoilt.
    broken = tmp_path / "pykd"
    broken.mkdir()
    (broken / "__init__.py").write_text((rig.site / "pykd" / "__init__.py").read_text())
    (broken / "pykd.pyd").write_bytes(b"MZ, but no more")
    said = rig.python(CODE, path=[tmp_path, REPOSITORY])
    text = line(said, "pykd")
    assert text.startswith(f"MISSING: {PYKD_VERSION} is installed, but can't be imported: ")
    assert said.returncode == 1


def test_python_without_pykd(rig: Rig) -> None:
    code = f"import sys\nsys.path[:] = [p for p in sys.path if 'site' not in p]\n{CODE}"
    said = rig.python(code, path=[REPOSITORY])
    assert line(said, "pykd") == "MISSING: not installed in this Python"
    assert line(said, "tabulate").startswith("note: not installed")


@pytest.mark.parametrize("markup", [False, True])
def test_in_the_debugger(rig: Rig, real_minidump: Path, tmp_path: Path, markup: bool) -> None:
    script = tmp_path / "doctor.py"
    script.write_text(
        "import sys\nfrom pykd_handle.setup.doctor import doctor\ndoctor(sys.stdout, str)\n"
    )
    commands = [f".load {rig.extension}", f"!py {'Z:' + str(script).replace('/', chr(92))}"]
    said = rig.host(real_minidump, commands, path=[REPOSITORY], dml=markup)
    assert "note     extension" in said
    assert "loses all arguments on Python 3" in said
    assert "in kdhost.exe" in said
    assert "-> .unload it and .load pykd" in (said.replace("&gt;", ">") if markup else said)
