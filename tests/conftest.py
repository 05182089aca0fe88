"""What tests of more than one folder share."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import Iterator, List

import pytest

from .needs import SHARED, real_file, set_aside
from .packaging.build import Distributions, build_distributions

# What takes longest begins first: begun last, it would leave all workers but its own without work.
_FIRST = ("tests/engine/test_install.py", "tests/packaging/test_wheel.py")


def pytest_configure(config: pytest.Config) -> None:
    """Have pytest-xdist hand files out in the order they have here, not by the number of tests."""
    config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)  # behind -k and -m
def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    """Leave out what can't run here, but for one test of each reason, which skips; sort."""
    left_out = set(set_aside(items))
    config.hook.pytest_deselected(items=list(left_out))
    kept = [item for item in items if item not in left_out]
    items[:] = sorted(kept, key=lambda item: not item.nodeid.startswith(_FIRST))


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Iterator[None]:
    """Thousands of tests live as long as the process: no search for garbage goes through them."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of what the project may not give away."""
    return SHARED


@pytest.fixture(scope="session")
def compiler() -> None:
    """What PDBs are made with."""


@pytest.fixture(scope="session")
def unpacker() -> None:
    """What the files that symbol stores have packed are unpacked with."""


@pytest.fixture(scope="session")
def volatility() -> str:
    """The command of volatility3."""
    return shutil.which("vol") or "vol"


@pytest.fixture(scope="session")
def pykd_of_windows() -> None:
    """The published pykd, which is installed with this package there."""


@pytest.fixture(scope="session")
def real_minidump(shared: Path) -> Path:
    """A user-mode minidump of Windows 11 (breakpad's tiny-exe-with-cet-xsave)."""
    return real_file("2e852e97_tiny-exe-with-cet-xsave.dmp")


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The package's sdist and wheel, built once for all tests."""
    return build_distributions(tmp_path_factory.mktemp("build"))


@pytest.fixture(autouse=True, scope="session")
def no_symbols_of_the_user() -> Iterator[None]:
    """What whoever runs the tests has on the symbol path and in the cache is none of their
    business, and they keep nothing there."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_NT_SYMBOL_PATH", "_NT_ALT_SYMBOL_PATH", "PYKD_HANDLE_DOWNLOAD"):
            patch.delenv(name, raising=False)
        patch.setenv("PYKD_HANDLE_CACHE", "")
        yield
