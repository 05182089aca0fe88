#! python3
"""The script behind ``!py handle.py 14 13`` in WinDbg; all of it is `pykd_handle`.

Also run as ``!py -g -m pykd_handle 14 13``, which needs no path to a file.
"""

import sys

from pykd_handle.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
