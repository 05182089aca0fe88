"""A computer under Wine that a test may change: the rig's parts, with a prefix of its own."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Union

from ..rig import Result, Rig, to_windows_path
from ..rig.places import cache_root
from ..rig.process import run_process
from ..rig.wine import ensure_server, stop_server, wine_environment, wine_loader

__all__ = ["WindowsMachine"]

_SOURCE = Path(__file__).with_name("bootstrapper.cpp")
_COMPILE = (
    "x86_64-w64-mingw32-g++", "-O1", "-s", "-shared", "-static", "-Wno-cast-function-type",
)  # fmt: skip


class WindowsMachine:
    """Windows as it is before anything of ours is on it: a Python that is not registered yet.

    Its Python has pip and nothing else. Its registry and its user's folders are its own, so a
    test may write to them. Close it at the end.
    """

    def __init__(self, rig: Rig, folder: Path) -> None:
        self._rig = rig
        self.folder = folder
        self.prefix = folder / "prefix"
        # A second prefix costs 20 MB; Wine's own files in it are links.
        shutil.copytree(rig.folder / "prefix", self.prefix, symlinks=True)
        self.python_home = folder / "Python39"
        shutil.copytree(rig.folder / "python", self.python_home, copy_function=_link)
        # Run from its own folder, a program asks where it really lies.
        for name in ("python.exe", "python39.dll"):
            (self.python_home / name).unlink()
            shutil.copy2(rig.folder / "python" / name, self.python_home)
        self._add_runtime()
        self._add_pip()
        ensure_server(self.prefix)

    def close(self) -> None:
        """End everything that runs on it."""
        stop_server(self.prefix)

    def _add_runtime(self) -> None:
        # Every Windows has a .NET runtime, which pykd asks for. It goes where Windows has it.
        system = self.prefix / "drive_c" / "windows" / "system32" / "mscoree.dll"
        system.unlink()
        shutil.copy2(self._rig.folder / "python" / "mscoree.dll", system)

    def _add_pip(self) -> None:
        shutil.copytree(_compiled_pip(self._rig), self.python_home / "Lib" / "site-packages")

    # -- folders --------------------------------------------------------------------------------

    @property
    def local(self) -> Path:
        """The user's ``%LOCALAPPDATA%``."""
        return next((self.prefix / "drive_c" / "users").glob("*/AppData/Local"))

    @property
    def extensions(self) -> Path:
        """Where a 64-bit debugger looks for extensions."""
        # Whoever came first has made the folder, as "Dbg" or "DBG"; to Windows it is the same.
        (found,) = [path for path in self.local.iterdir() if path.name.lower() == "dbg"]
        return found / "EngineExtensions"

    @property
    def site(self) -> Path:
        """The packages of its Python."""
        return self.python_home / "Lib" / "site-packages"

    # -- what a test does with it ---------------------------------------------------------------

    def register(self, key: str, folder: str) -> None:
        r"""Register a Python for this user, as the installer of python.org does."""
        code = (
            "import sys, winreg\n"
            "key, folder = sys.argv[1:]\n"
            "core = winreg.CreateKey(winreg.HKEY_CURRENT_USER,\n"
            "    rf'SOFTWARE\\Python\\PythonCore\\{key}')\n"
            "for name, text in (('InstallPath', folder),\n"
            "        ('PythonPath', f'{folder}Lib;{folder}DLLs')):\n"
            "    winreg.SetValue(core, name, winreg.REG_SZ, text)\n"
        )
        self.python("-c", code, key, folder).ok()

    def registry_value(self, key: str, name: str) -> Optional[str]:
        """A text value below ``HKEY_CURRENT_USER``."""
        code = (
            "import json, sys, winreg\n"
            "try:\n"
            "    opened = winreg.OpenKey(winreg.HKEY_CURRENT_USER, sys.argv[1])\n"
            "    print(json.dumps(winreg.QueryValueEx(opened, sys.argv[2])[0]))\n"
            "except FileNotFoundError:\n"
            "    print('null')\n"
        )
        found: Optional[str] = json.loads(self.python("-c", code, key, name).ok())
        return found

    def make_bootstrapper(self, target: Path) -> Path:
        """Compile the stand-in for pykd-ext."""
        subprocess.run([*_COMPILE, "-o", str(target), str(_SOURCE)], check=True)
        return target

    def python(
        self,
        *words: Union[str, Path],
        env: Optional[Mapping[str, str]] = None,
        cwd: Optional[Path] = None,
        timeout: float = 120,
    ) -> Result:
        """Run its Python with these words; paths become Windows paths."""
        command = [self.python_home / "python.exe", *words]
        return self._run(command, self._environment(env), timeout, cwd)

    def debugger(self, dump: Path, commands: Sequence[str], symbols: Optional[Path] = None) -> str:
        """Start its debugger on a dump and run the commands; what they print."""
        words: List[Union[str, Path]] = [self._rig.folder / "kdhost.exe", "-e", self._rig.engine]
        words += ["-z", dump, "-y", symbols or self._rig.folder / "no-symbols", "-q"]
        for command in commands:
            words += ["-c", command]
        env = {"_NT_EXECUTABLE_IMAGE_PATH": to_windows_path(symbols)} if symbols else {}
        result = self._run(words, self._environment(env), 120)
        assert result.returncode == 0, result
        return result.stdout

    def _environment(self, extra: Optional[Mapping[str, str]]) -> Dict[str, str]:
        return {**wine_environment(self.prefix), "PYTHONIOENCODING": "utf-8", **(extra or {})}

    def _run(
        self,
        words: Sequence[Union[str, Path]],
        env: Mapping[str, str],
        timeout: float,
        cwd: Optional[Path] = None,
    ) -> Result:
        command = [word if isinstance(word, str) else to_windows_path(word) for word in words]
        outcome = run_process([wine_loader(), *command], env, cwd or self.folder, timeout)
        assert outcome.returncode is not None, (command, outcome)
        stdout, stderr = (
            text.decode("utf-8", "replace").replace("\r\n", "\n")
            for text in (outcome.stdout, outcome.stderr)
        )
        return Result(stdout, stderr, outcome.returncode)


def _compiled_pip(rig: Rig) -> Path:
    """A folder with the pip of the tests' own Python, compiled for that of the rig, which takes as
    long under Wine as all else that is done with it; kept for the next time."""
    spec = importlib.util.find_spec("pip")
    if spec is None or spec.origin is None:
        raise RuntimeError("the tests' own Python has no pip to lend")
    pip = Path(spec.origin).parent
    (info,) = pip.parent.glob("pip-*.dist-info")
    kept = cache_root() / info.stem
    if not kept.is_dir():
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=cache_root()))
        shutil.copytree(pip, draft / "pip", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(info, draft / info.name)
        code = "import compileall, sys; compileall.compile_dir(sys.argv[1], quiet=2)"
        rig.python(code, draft, timeout=400).ok()
        try:
            draft.rename(kept)
        except OSError:  # another worker was first
            shutil.rmtree(draft)
    return kept


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(source)
