"""What a script may rely on: the names of the package, frozen here."""

import subprocess
import sys

import pykd_handle

# Names are added, never removed or renamed.
NAMES = {
    "NO_VALUE", "Absent", "Handle", "Hole", "Kernel", "KernelOnly", "NoSuchHandle", "Object",
    "Process", "PykdHandleError", "Table", "Unavailable", "__version__", "connect", "open_dump",
}  # fmt: skip


def test_the_names_of_the_package() -> None:
    assert set(pykd_handle.__all__) == NAMES == set(dir(pykd_handle))
    for name in NAMES:
        assert getattr(pykd_handle, name) is not None
    assert issubclass(pykd_handle.Hole, pykd_handle.Handle)
    assert issubclass(pykd_handle.Process, pykd_handle.Table)


def test_importing_the_package_imports_nothing_of_it() -> None:
    code = (
        "import sys, pykd_handle; "
        "print([name for name in sys.modules if name.startswith('pykd_handle.')])"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert loaded.strip() == "['pykd_handle.version']"
