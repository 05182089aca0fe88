"""The rig: real pykd and Microsoft's real debugger engine, run under Wine."""

from __future__ import annotations

import fcntl
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Union

from .errors import RigError, RigMissing, RigTimeout
from .places import cache_root, to_windows_path
from .process import Outcome, run_process
from .stamp import rig_stamp
from .wine import ensure_server, stop_server, wine_environment, wine_loader

__all__ = ["Result", "Rig"]

Symbols = Union[None, str, "os.PathLike[str]"]

# Its sitecustomize.py makes imports cheap.
_QUICK = Path(__file__).with_name("quick")


@dataclass(frozen=True)
class Result:
    """What a Windows program printed (as text, with plain line ends) and returned."""

    stdout: str
    stderr: str
    returncode: int

    def ok(self) -> str:
        """The standard output of a run that must have gone well."""
        if self.returncode or self.stderr:
            raise AssertionError(
                f"the program returned {self.returncode}\n{self.stdout}\n{self.stderr}"
            )
        return self.stdout


class Rig:
    """A finished rig on this machine; get one by `Rig.find()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def find(cls) -> Rig:
        """The rig that these sources describe; raises `RigMissing` when it is not built.

        Builds it only when ``PYKD_HANDLE_RIG_BUILD=1`` asks for that.
        """
        if os.environ.get("PYKD_HANDLE_RIG_BUILD") == "1":
            # The builder ends by running the rig, so it imports this module, too.
            from .build import build_rig

            return build_rig(say=lambda step: None)
        folder = cache_root() / f"engine-{rig_stamp()}"
        if not folder.is_dir():
            raise RigMissing(
                f"no rig for these sources in {cache_root()}; run: python -m tests.engine.rig build"
            )
        return cls(folder)

    @property
    def site(self) -> Path:
        """The Windows Python's packages: pykd and tabulate."""
        return self.folder / "site"

    @property
    def wheels(self) -> Path:
        """What the installer's pip fetches, as an index has it."""
        return self.folder / "wheels"

    @property
    def pdbs(self) -> Path:
        """PDBs that Microsoft's linker wrote, each beside the image that it is of."""
        return self.folder / "pdbs"

    @property
    def engine(self) -> Path:
        """The folder of pykd, which is the folder of Microsoft's engine."""
        return self.site / "pykd"

    @property
    def extension(self) -> str:
        """The Windows path of ``pykd.pyd``, for ``.load``."""
        return to_windows_path(self.engine / "pykd.pyd")

    def python(
        self,
        source: Union[str, Path],
        *args: Union[str, os.PathLike[str]],
        dump: Optional[Path] = None,
        symbols: Symbols = None,
        path: Iterable[Path] = (),
        timeout: float = 60,
        cwd: Optional[Path] = None,
        env: Optional[Mapping[str, str]] = None,
        until: str = "",
    ) -> Result:
        """Run a script (a `Path`) or a piece of code (a `str`) in the Windows CPython 3.9.

        ``dump`` is opened by pykd before the script starts. ``path`` holds folders to import
        from. ``symbols`` is a folder of PDB files, or a symbol path as text. Arguments that are
        paths are handed over as Windows paths, text as it is. A run that is to be cut off ends
        soon after ``until`` stands on its standard error, long before ``timeout``.
        """
        with tempfile.TemporaryDirectory(prefix="rig-") as folder:
            if isinstance(source, Path):
                script = source
            else:
                script = Path(folder, "code.py")
                script.write_text(source, encoding="utf-8")
            command = [to_windows_path(self.folder / "python" / "python.exe")]
            command += [to_windows_path(self.folder / "launch.py")]
            command += [to_windows_path(dump) if dump else "-", to_windows_path(script)]
            command += [arg if isinstance(arg, str) else to_windows_path(arg) for arg in args]
            return self._run("python", command, symbols, path, timeout, cwd, env, until)

    def host(
        self,
        dump: Optional[Path],
        commands: Sequence[str],
        *,
        kernel: Optional[str] = None,
        symbols: Symbols = None,
        path: Iterable[Path] = (),
        dml: bool = False,
        banner: bool = False,
        timeout: float = 60,
        cwd: Optional[Path] = None,
        env: Optional[Mapping[str, str]] = None,
    ) -> str:
        """Open a dump in the debugger engine, run the commands, return what they print.

        With ``kernel`` (``com:ipport=PORT,port=127.0.0.1``) in place of a dump it attaches to a
        live machine. ``banner`` adds what the engine says while it opens the target, ``dml``
        gives the markup instead of the text.
        """
        result = self.host_result(
            dump, commands, kernel=kernel, symbols=symbols, path=path, dml=dml, banner=banner,
            timeout=timeout, cwd=cwd, env=env,
        )  # fmt: skip
        if result.returncode:
            raise RigError(
                f"kdhost returned {result.returncode}: {result.stderr.strip()}\n{result.stdout}"
            )
        return result.stdout

    def host_result(
        self,
        dump: Optional[Path],
        commands: Sequence[str],
        *,
        kernel: Optional[str] = None,
        symbols: Symbols = None,
        path: Iterable[Path] = (),
        dml: bool = False,
        banner: bool = False,
        timeout: float = 60,
        cwd: Optional[Path] = None,
        env: Optional[Mapping[str, str]] = None,
        until: str = "",
    ) -> Result:
        """The same as `host`, with the standard error and the return code; ``until`` as for
        `python`."""
        command = [to_windows_path(self.folder / "kdhost.exe")]
        command += ["-e", to_windows_path(self.engine), "-t", str(max(1, int(timeout)))]
        if dump is not None:
            command += ["-z", to_windows_path(dump)]
        if kernel is not None:
            command += ["-k", kernel]
        command += ["-y", self._symbol_path(symbols)]
        if not banner:
            command.append("-q")
        if dml:
            command.append("-dml")
        for each in commands:
            command += ["-c", each]
        return self._run("kdhost", command, symbols, path, timeout, cwd, env, until)

    def _symbol_path(self, symbols: Symbols) -> str:
        # Without a path of its own the engine asks Microsoft's server, which costs 5 s off-line.
        if symbols is None:
            return to_windows_path(self.folder / "no-symbols")
        return symbols if isinstance(symbols, str) else to_windows_path(symbols)

    def environment(self, symbols: Symbols = None, path: Iterable[Path] = ()) -> Dict[str, str]:
        """The environment that every program of the rig gets."""
        home = to_windows_path(self.folder / "python")
        env = wine_environment(self.folder / "prefix")
        env.update(
            # An engine that loads pykd.pyd finds python39.dll by the PATH alone.
            WINEPATH=f"{home};{to_windows_path(self.engine)}",
            PYTHONHOME=home,
            PYTHONPATH=";".join(map(to_windows_path, [_QUICK, *path, self.site])),
            PYTHONIOENCODING="utf-8",
            _NT_SYMBOL_PATH=self._symbol_path(symbols),
            # A triage dump holds no image: the engine learns the PDB's name from the file.
            _NT_EXECUTABLE_IMAGE_PATH=self._symbol_path(symbols),
        )
        return env

    def _run(
        self,
        what: str,
        command: List[str],
        symbols: Symbols,
        path: Iterable[Path],
        timeout: float,
        cwd: Optional[Path],
        env: Optional[Mapping[str, str]],
        until: str,
    ) -> Result:
        prefix = self.folder / "prefix"
        full_env = {**self.environment(symbols, path), **(env or {})}
        with (self.folder / "use.lock").open("w") as lock:
            # Shared: any number of runs at once, in this process and in others.
            fcntl.flock(lock, fcntl.LOCK_SH)
            ensure_server(prefix)
            outcome = run_process([wine_loader(), *command], full_env, cwd, timeout, until)
            if outcome.returncode is None and not until:
                self._end_server(prefix, lock.fileno())
        return self._result(what, outcome, timeout)

    @staticmethod
    def _end_server(prefix: Path, lock: int) -> None:
        """After a run that hung and was killed: the server, too, unless another run needs it."""
        fcntl.flock(lock, fcntl.LOCK_UN)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop_server(prefix)

    @staticmethod
    def _result(what: str, outcome: Outcome, timeout: float) -> Result:
        stdout, stderr = (
            stream.decode("utf-8", "replace").replace("\r\n", "\n")
            for stream in (outcome.stdout, outcome.stderr)
        )
        if outcome.returncode is None:
            raise RigTimeout(what, timeout, stdout, stderr)
        return Result(stdout, stderr, outcome.returncode)
