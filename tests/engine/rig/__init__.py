"""The real pykd and Microsoft's real debugger engine, under Wine, for the tests.

``python -m tests.engine.rig build`` makes it; `Rig.find` gives it to a test.
"""

from .errors import RigBuildError, RigError, RigMissing, RigTimeout
from .places import cache_root, to_windows_path
from .rig import Result, Rig

__all__ = [
    "Result",
    "Rig",
    "RigBuildError",
    "RigError",
    "RigMissing",
    "RigTimeout",
    "cache_root",
    "to_windows_path",
]
