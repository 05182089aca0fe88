"""Setting up the debugger: the decisions behind ``install.ps1``, and what ``--doctor`` looks for.

``python -m pykd_handle.install`` does the whole installation; the script only finds a Python to
run it with. Needs nothing but the standard library, so that it runs from a clone or a wheel before
anything is installed.
"""

from .bootstrapper import BOOTSTRAPPER_HELP, Found, find_bootstrapper
from .errors import InstallError
from .machine import Machine, this_machine
from .options import Options, parse_options
from .places import Places
from .plan import run
from .pythons import Interpreter, Survey, python_help, survey
from .registry import Registry, Value

__all__ = (
    "BOOTSTRAPPER_HELP",
    "Found",
    "InstallError",
    "Interpreter",
    "Machine",
    "Options",
    "Places",
    "Registry",
    "Survey",
    "Value",
    "find_bootstrapper",
    "parse_options",
    "python_help",
    "run",
    "survey",
    "this_machine",
)
