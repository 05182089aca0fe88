"""What `--help` and a question for one handle import: they are there at once."""

import subprocess
import sys
from pathlib import Path
from typing import Set

import pytest

HEAVY = {
    "typing", "pathlib", "dataclasses", "inspect", "json", "csv", "datetime", "pkgutil", "tabulate",
    "pykd_handle.model", "pykd_handle.kernel", "pykd_handle.objects", "pykd_handle.layout",
    "pykd_handle.targets", "pykd_handle.usermode", "pykd_handle.setup",
    "pykd_handle.values.bug_checks",
}  # fmt: skip

# What other questions are for: of one handle of a kernel's dump nobody asks these.
OTHERS = {
    "typing", "dataclasses", "inspect", "pkgutil", "uuid", "gzip", "csv", "ssl", "urllib.request",
    "_hashlib",
    "pykd_handle.setup", "pykd_handle.snapshot", "pykd_handle.model.records",
    "pykd_handle.model.recovery", "pykd_handle.model.user", "pykd_handle.model.user_space",
    "pykd_handle.usermode", "pykd_handle.kernel.plausibility", "pykd_handle.kernel.handle_trace",
    "pykd_handle.kernel.reference_trace",
    "pykd_handle.layout.pdb", "pykd_handle.layout.shipped", "pykd_handle.values.bug_checks",
    "pykd_handle.targets.session", "pykd_handle.targets.dump.raw",
    "pykd_handle.targets.dump.triage", "pykd_handle.targets.symbols.folder",
    "pykd_handle.targets.symbols.report", "pykd_handle.targets.symbols.download",
    "pykd_handle.objects.token", "pykd_handle.objects.alpc_port", "pykd_handle.objects.timer",
}  # fmt: skip
# Nor of one of a session with its own symbols: what opens a dump, or a file of symbols.
OTHERS_OF_A_SESSION = {
    "pykd_handle.targets.dump.opening", "pykd_handle.targets.dump.target",
    "pykd_handle.targets.dump.translate", "pykd_handle.targets.symbols.verify",
    "pykd_handle.targets.symbols.folder", "pykd_handle.targets.symbols.nearest",
    "pykd_handle.targets.session.given", "pykd_handle.targets.session.live",
    "pykd_handle.targets.session.engine", "pykd_handle.targets.session.physical",
    "pykd_handle.model.kernel_opening",
}  # fmt: skip
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "windows10_x64.dmp"


# A debugger's session of the stand-in.
SESSION = """
from mocks import KernelImage
from mocks.pykd import StandIn
image = KernelImage()
image.processor.current = image.processes.add("notepad.exe", 0x1234)
image.processor.current.handle(image.objects.event(), 3)
sys.modules["pykd"] = StandIn(image).module
for name in [name for name in sys.modules if name.startswith("pykd_handle")]:
    del sys.modules[name]
"""


_LATER = "import these where they are used, or below `if TYPE_CHECKING`"


def loaded_by(*words: object, session: str = "") -> Set[str]:
    # What Python itself imports at its start differs: only what comes with the command counts.
    code = (
        f"import sys; sys.argv = {['x', *map(str, words)]!r}\n{session}\n"
        "before = set(sys.modules); "
        "from pykd_handle.cli import main; main(); "
        "print('loaded', *sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.partition("loaded ")[2].split())


def test_help_imports_nothing_that_it_does_not_need() -> None:
    loaded = loaded_by("--help")
    assert "pykd_handle.commands.find" in loaded
    assert sorted(HEAVY & loaded) == [], _LATER


def test_one_handle_of_a_session_imports_nothing_that_it_does_not_need() -> None:
    loaded = loaded_by("4", "3", session=SESSION)
    assert "pykd_handle.targets.session.memory" in loaded
    assert sorted(OTHERS_OF_A_SESSION & loaded) == [], _LATER


def test_one_handle_imports_nothing_that_it_does_not_need(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYKD_HANDLE_CACHE", str(tmp_path))
    loaded = loaded_by("--dump", SAMPLE, "--symbols", SAMPLE.with_suffix(".json"), "4", "3")
    assert len(list(tmp_path.rglob("*.json"))) == 1  # the part that is kept
    assert "pykd_handle.objects.event" in loaded
    assert sorted(OTHERS & loaded) == [], _LATER
