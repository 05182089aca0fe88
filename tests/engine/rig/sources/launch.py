"""Runs in the Windows Python: launch.py DUMP_OR_DASH SCRIPT [ARGUMENT...].

Opens the dump and runs the script as if it had been started by itself.
"""

import runpy
import sys
from pathlib import Path

dump, script = sys.argv[1:3]
sys.argv[:] = sys.argv[2:]
sys.path[0] = str(Path(script).parent)
if dump != "-":
    import pykd

    pykd.loadDump(dump)
runpy.run_path(script, run_name="__main__")
