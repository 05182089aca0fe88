"""``python -m pykd_handle.install``, which install.ps1 and the documents name."""

from .setup.install.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
