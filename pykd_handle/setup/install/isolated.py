"""Starting a Python that runs only what is installed in it.

Without ``-I`` it would import from the folder where the user stands, and from ``PYTHONPATH``. The
user's own packages, which ``-I`` leaves out as well, are let in again: the debugger sees them, and
pip installs into them where the folder of Python is not the user's.
"""

from __future__ import annotations

from pathlib import Path

from ...hints import List

__all__ = ("isolated_code", "isolated_module")

# With -S, site.main() is left to us, so that all folders come in the order that they always have.
_START = "import site\nsite.ENABLE_USER_SITE = True\nsite.main()\n"
_RUN_MODULE = """\
import runpy, sys
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def isolated_code(executable: Path, code: str) -> List[str]:
    """The command that runs ``code``, as ``python -c`` does."""
    return [str(executable), "-I", "-S", "-c", _START + code]


def isolated_module(executable: Path, module: str, *words: str) -> List[str]:
    """The command that runs ``module`` with these words, as ``python -m`` does."""
    return [*isolated_code(executable, _RUN_MODULE), module, *words]
