"""What a script may rely on: the names of the package, frozen here."""

import copy
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pykd_handle

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "python.md").read_text("utf-8")

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


# What docs/python.md promises of each; more may come.
MEMBERS = {
    "Kernel": "processes doubts process named current_process kernel_table cid_table types explain "
    "reference_traces "
    "system time notes remarks close",
    "Process": "pid image created handle_count most_handles exited session object traces address "
    "memory regions region_at user_space "
    "handles pages handle remarks",
    "Table": "handles pages handle remarks",
    "Handle": "value process type name access rights rights_together references_kept attributes "
    "object entry free error",
    "Hole": "hidden error",
    "Object": "type name details all_details handle_count pointer_count address header "
    "type_address pick",
}
KEYWORDS = {"open_dump": ("path", "symbols", "download"), "connect": ("symbols",)}


def test_what_is_absent_is_that_in_a_copy_too() -> None:
    """A script that asks several dumps at once gets its answers out of pickles."""
    absent = pykd_handle.NO_VALUE
    copies = [pickle.loads(pickle.dumps(absent, protocol)) for protocol in range(5)]
    assert all(each is absent for each in [copy.deepcopy(absent), copy.copy(absent), *copies])


@pytest.mark.parametrize("name", MEMBERS)
def test_the_members_of_the_nouns(name: str) -> None:
    (cell,) = re.findall(rf"^\| `{name}` \|(.*)\|$", PAGE, re.MULTILINE)
    named = set(re.findall(r"`(?:table\.)?(\w+)(?:\([^`]*\))?`", cell))
    wanted = set(MEMBERS[name].split())
    if name == "Process":  # the page says: a `Table`, with
        wanted -= set(MEMBERS["Table"].split())
    assert named - {"Table", "Handle"} == wanted
    for member in MEMBERS[name].split():
        found = getattr(getattr(pykd_handle, name), member)
        assert isinstance(found, property) or callable(found), member
        assert found.__doc__, member


@pytest.mark.parametrize("name", KEYWORDS)
def test_what_the_openers_take(name: str) -> None:
    taken = inspect.signature(getattr(pykd_handle, name)).parameters
    assert set(KEYWORDS[name]) <= set(taken)
    assert set(re.findall(r"(\w+)(?=[=,)])", PAGE.split(f"| `{name}(")[1].split("`")[0])) - {
        "None", "False"
    } == set(KEYWORDS[name])  # fmt: skip


def test_importing_the_package_imports_nothing_of_it() -> None:
    code = (
        "import sys, pykd_handle; "
        "print([name for name in sys.modules if name.startswith('pykd_handle.')])"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert loaded.strip() == "['pykd_handle.hints', 'pykd_handle.version']"
