"""``python -m pykd_handle``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
