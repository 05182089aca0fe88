"""The rig holds what it promises: the real pykd, on the real engine, undisturbed by this machine.

What is expected comes from the dumps' own bytes and from what is known of pykd 0.3.4.15.
"""

from __future__ import annotations

import json
import os
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict

import pytest

from .rig import Rig, RigError, RigMissing, RigTimeout, to_windows_path
from .rig.process import run_process
from .triage import triage_blocks

PYKD_VERSION = "0.3.4.15"
ENGINE_VERSION = "10.0.15063"


def minidump_build(dump: Path) -> int:
    """BuildNumber of a minidump's SystemInfoStream (7)."""
    raw = dump.read_bytes()
    count, directory = struct.unpack_from("<II", raw, 8)
    streams: Dict[int, int] = {}
    for kind, _, at in struct.iter_unpack("<III", raw[directory : directory + 12 * count]):
        streams[kind] = at
    return int.from_bytes(raw[streams[7] + 16 : streams[7] + 20], "little")


# --- the parts ---------------------------------------------------------------------------------


def test_pykd_is_the_published_wheel(rig: Rig) -> None:
    tags = (rig.site / f"pykd-{PYKD_VERSION}.dist-info" / "WHEEL").read_text()
    assert "Tag: cp39-none-win_amd64" in tags
    assert rig.python("import pykd; print(pykd.__version__)").ok() == f"{PYKD_VERSION}\n"


def test_python_is_a_windows_cpython_39(rig: Rig) -> None:
    code = "import os, sys; print(sys.platform, *sys.version_info[:2], os.sep, sys.maxsize)"
    assert rig.python(code).ok().split() == ["win32", "3", "9", "\\", str(2**63 - 1)]


def test_python_has_its_extension_modules(rig: Rig) -> None:
    modules = "ctypes, hashlib, lzma, bz2, socket, ssl, sqlite3, unicodedata, decimal, zlib, csv"
    assert rig.python(f"import {modules}; print(lzma.decompress(lzma.compress(b'x')))").ok()


def test_tabulate_is_there(rig: Rig) -> None:
    code = "import tabulate; print(tabulate.tabulate([[1, 2]], tablefmt='plain'))"
    assert rig.python(code).ok() == "1  2\n"


def test_engine_is_microsofts(rig: Rig, real_minidump: Path) -> None:
    said = rig.host(real_minidump, [], banner=True)
    assert f"Microsoft (R) Windows Debugger Version {ENGINE_VERSION}" in said
    code = "import pykd; print(pykd.dbgCommand('version'))"
    assert f"dbgeng:  image {ENGINE_VERSION}" in rig.python(code, dump=real_minidump).ok()


# --- running Python ----------------------------------------------------------------------------


def test_script_gets_arguments_paths_and_folders(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("NAME = 'beside'\n")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "away.py").write_text("NAME = 'away'\n")
    script = tmp_path / "script.py"
    script.write_text("import sys, beside, away\nprint(beside.NAME, away.NAME, sys.argv)\n")
    result = rig.python(script, "a b", '"q"', "", tmp_path, path=[tmp_path / "far"])
    argv = [to_windows_path(script), "a b", '"q"', "", to_windows_path(tmp_path)]
    assert result.ok() == f"beside away {argv}\n"


def test_text_comes_back_as_it_was(rig: Rig) -> None:
    code = "import sys; print('ünï → \\u2713'); print('zweite', file=sys.stderr)"
    result = rig.python(code)
    assert (result.stdout, result.stderr, result.returncode) == ("ünï → ✓\n", "zweite\n", 0)
    with pytest.raises(AssertionError, match="zweite"):
        result.ok()


def test_much_output_is_complete(rig: Rig) -> None:
    out = rig.python("for n in range(50000): print(f'{n:08d}')").ok()
    assert out == "".join(f"{n:08d}\n" for n in range(50000))


def test_return_code_and_traceback_come_back(rig: Rig) -> None:
    assert rig.python("import sys; sys.exit(7)").returncode == 7
    result = rig.python("raise ValueError('wrong')")
    assert result.returncode == 1
    assert result.stderr.endswith("ValueError: wrong\n")


def test_callers_environment_stays_outside(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("_NT_SYMBOL_PATH", "srv*")
    monkeypatch.setenv("STRAY", "1")
    code = "import os; print([os.environ.get(n) for n in ('STRAY', 'GIVEN', '_NT_SYMBOL_PATH')])"
    here = to_windows_path(rig.folder / "no-symbols")
    assert rig.python(code, env={"GIVEN": "2"}).ok() == f"{[None, '2', here]}\n"


def test_working_folder(rig: Rig, tmp_path: Path) -> None:
    code = "import os; print(os.getcwd())"
    assert rig.python(code, cwd=tmp_path).ok() == f"{to_windows_path(tmp_path)}\n"


def test_endless_script_is_ended_and_the_next_one_runs(rig: Rig) -> None:
    code = "import time\nprint('begun', flush=True)\nwhile True: time.sleep(1)"
    started = time.monotonic()
    with pytest.raises(RigTimeout, match="begun") as caught:
        rig.python(code, timeout=3)
    assert time.monotonic() - started < 15
    assert caught.value.stdout == "begun\n"
    assert rig.python("print('next')").ok() == "next\n"


def test_timeout_of_one_run_spares_another(rig: Rig) -> None:
    with ThreadPoolExecutor() as pool:
        long = pool.submit(rig.python, "import time; time.sleep(6); print('through')")
        time.sleep(1)
        with pytest.raises(RigTimeout):
            rig.python("while True: pass", timeout=2)
        assert long.result().ok() == "through\n"


def test_runs_beside_each_other(rig: Rig) -> None:
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(rig.python, f"import pykd; print({n})") for n in range(4)]
        assert [run.result().ok() for run in runs] == [f"{n}\n" for n in range(4)]


def test_output_ends_with_the_program_not_with_the_pipe(tmp_path: Path) -> None:
    # Wine's service processes inherit a run's pipes and live on.
    started = time.monotonic()
    outcome = run_process(["sh", "-c", "sleep 20 & echo done"], dict(os.environ), tmp_path, 10)
    assert (outcome.stdout, outcome.returncode) == (b"done\n", 0)
    assert time.monotonic() - started < 5


# --- pykd on real dumps ------------------------------------------------------------------------


def test_user_mode_minidump(rig: Rig, real_minidump: Path) -> None:
    code = (
        "import json, pykd\n"
        "print(json.dumps([pykd.dbgCommand('vertarget'), pykd.isKernelDebugging(),\n"
        "    str(pykd.getDumpType()), pykd.ptrSize(), pykd.isWindbgExt()]))"
    )
    target, kernel, kind, pointer, extension = json.loads(rig.python(code, dump=real_minidump).ok())
    assert f"Windows 10 Version {minidump_build(real_minidump)}" in target
    assert (kernel, pointer, extension) == (False, 8, False)
    # pykd's own word for every small dump, a process's too.
    assert kind == "KernelSmall"


def test_kernel_triage_dump(rig: Rig, real_triage_dump: Path) -> None:
    code = "import pykd; print(pykd.isKernelDebugging()); print(pykd.dbgCommand('vertarget'))"
    kernel, first, *rest = rig.python(code, dump=real_triage_dump).ok().splitlines()
    header = real_triage_dump.read_bytes()[:0x40]
    (build,) = struct.unpack_from("<I", header, 0xC)
    (modules,) = struct.unpack_from("<Q", header, 0x20)
    assert kernel == "True"
    assert first.startswith(f"Windows 10 Kernel Version {build} ")
    where = f"PsLoadedModuleList = 0x{modules >> 32:08x}`{modules & 0xFFFFFFFF:08x}"
    assert any(line.endswith(where) for line in rest)


def test_memory_is_the_dumps_memory(rig: Rig, real_triage_dump: Path) -> None:
    blocks = triage_blocks(real_triage_dump)
    assert len(blocks) > 100
    code = (
        "import pykd\n"
        f"for address, size in {[(block.address, len(block.data)) for block in blocks]}:\n"
        "    print(bytes(pykd.loadBytes(address, size)).hex())"
    )
    got = rig.python(code, dump=real_triage_dump).ok().split()
    assert [bytes.fromhex(line) for line in got] == [block.data for block in blocks]


def test_one_missing_byte_costs_the_whole_read(rig: Rig, real_triage_dump: Path) -> None:
    blocks = triage_blocks(real_triage_dump)
    starts = {block.address for block in blocks}
    last = next(block for block in blocks if block.end % 0x1000 == 0 and block.end not in starts)
    code = (
        "import pykd, sys\n"
        "end = int(sys.argv[1])\n"
        "print(len(pykd.loadBytes(end - 16, 16)))\n"
        "try:\n"
        "    print(pykd.loadBytes(end - 16, 17))\n"
        "except pykd.MemoryException as error:\n"
        "    print(isinstance(error, pykd.DbgException), error)"
    )
    good, bad = rig.python(code, str(last.end), dump=real_triage_dump).ok().splitlines()
    assert good == "16"
    assert bad == f"True Memory exception at 0x{last.end - 16:x} target virtual address"


def test_unknown_symbol(rig: Rig, real_triage_dump: Path) -> None:
    code = (
        "import pykd\n"
        "try:\n"
        "    pykd.getOffset('nt!NoSuchSymbol')\n"
        "except pykd.SymbolException as error:\n"
        "    print(isinstance(error, pykd.DbgException))"
    )
    assert rig.python(code, dump=real_triage_dump).ok() == "True\n"


# --- the engine's host -------------------------------------------------------------------------


def test_host_runs_commands_in_order(rig: Rig, real_minidump: Path) -> None:
    said = rig.host(real_minidump, [".echo one", "? 2+3", ".echo two"])
    # The engine may put a warning of its own before the first answer.
    assert said.splitlines()[-3:] == [
        "one",
        "Evaluate expression: 5 = 00000000`00000005",
        "two",
    ]


def test_host_goes_on_after_a_command_that_fails(rig: Rig, real_minidump: Path) -> None:
    said = rig.host(real_minidump, ["!nosuchcommand", ".echo next"])
    assert "No export nosuchcommand found" in said
    assert said.splitlines()[-1] == "next"


def test_host_prints_text_or_markup(rig: Rig, real_minidump: Path, tmp_path: Path) -> None:
    script = tmp_path / "dml.py"
    script.write_text(
        "import pykd\npykd.dprintln('<b>bold</b> & ünï'.replace('&', '&amp;'), True)\n"
    )
    commands = [f".load {rig.extension}", f"!py {to_windows_path(script)}"]
    assert rig.host(real_minidump, commands).splitlines()[-1] == "bold & ünï"
    assert (
        rig.host(real_minidump, commands, dml=True).splitlines()[-1].startswith("<b>bold</b> &amp;")
    )


def test_host_says_why_it_did_not_start(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "empty.dmp").write_bytes(b"")
    with pytest.raises(RigError, match="opening the dump failed: 0x"):
        rig.host(tmp_path / "empty.dmp", ["vertarget"])
    with pytest.raises(RigError, match="exactly one of -z DUMP and -k CONNECTION"):
        rig.host(None, ["vertarget"])


def test_host_without_a_live_machine(rig: Rig) -> None:
    with pytest.raises(RigError, match="attaching to the kernel failed"):
        rig.host(None, [], kernel="com:ipport=1,port=127.0.0.1", timeout=20)


def test_pykd_as_an_extension(rig: Rig, real_triage_dump: Path, tmp_path: Path) -> None:
    script = tmp_path / "inside.py"
    script.write_text(
        "import pykd, sys\n"
        "print(pykd.isWindbgExt(), pykd.isKernelDebugging(), len(sys.argv), sys.argv[1:])\n"
    )
    commands = [f".load {rig.extension}", f"!py {to_windows_path(script)} 14 13"]
    # pykd.pyd's own !py under Python 3 keeps pointers to strings that are gone. Up to seven
    # characters lie in the string itself and read as nothing; longer ones read as anything.
    assert rig.host(real_triage_dump, commands).splitlines()[-1] == "True True 3 ['', '']"


def test_extension_sees_the_given_folders(rig: Rig, real_minidump: Path, tmp_path: Path) -> None:
    (tmp_path / "lying_there.py").write_text("print('found')\n")
    script = tmp_path / "elsewhere" / "use.py"
    script.parent.mkdir()
    script.write_text("import lying_there, tabulate\n")
    commands = [f".load {rig.extension}", f"!py {to_windows_path(script)}"]
    assert rig.host(real_minidump, commands, path=[tmp_path]).splitlines()[-1] == "found"


# --- finding it --------------------------------------------------------------------------------


def test_missing_rig_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYKD_HANDLE_RIG", str(tmp_path / "none"))
    monkeypatch.delenv("PYKD_HANDLE_RIG_BUILD", raising=False)
    with pytest.raises(RigMissing, match=r"python -m tests\.engine\.rig build"):
        Rig.find()


def test_windows_path(tmp_path: Path) -> None:
    assert to_windows_path("/a/b c") == r"Z:\a\b c"
    assert to_windows_path(tmp_path).count("\\") == str(tmp_path).count("/")
