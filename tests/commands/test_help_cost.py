"""What `--help` imports: it is there at once."""

import subprocess
import sys

HEAVY = {
    "pathlib", "dataclasses", "inspect", "json", "csv", "datetime", "pkgutil", "tabulate",
    "pykd_handle.model", "pykd_handle.kernel", "pykd_handle.objects", "pykd_handle.layout",
    "pykd_handle.targets", "pykd_handle.usermode", "pykd_handle.setup",
}  # fmt: skip


def test_help_imports_nothing_that_it_does_not_need() -> None:
    # What Python itself imports at its start differs: only what comes with the command counts.
    code = (
        "import sys; before = set(sys.modules); sys.argv = ['x', '--help']; "
        "from pykd_handle.cli import main; main(); "
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert "pykd_handle.commands.find" in loaded
    assert not HEAVY & loaded
