"""``.load pykd.pyd`` and ``!py`` typed into a debugger: the real command in the real engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Sequence

import pytest

from mocks import KernelImage
from mocks.sample import sample_image
from tests.render.test_dml import Reader

from .commands import on_stand_in
from .conftest import REPOSITORY
from .pairs import Pair, make_pair
from .rig import Rig, RigTimeout, to_windows_path

SCRIPT = to_windows_path(REPOSITORY / "pykd_handle" / "handle.py")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("sample"), lambda image: None, make=sample_image)


def typed(rig: Rig, pair: Pair, *commands: str, **options: Any) -> str:
    """What the engine prints for these commands, after pykd was loaded."""
    return rig.host(
        pair.dump,
        [f".load {rig.extension}", *commands],
        symbols=pair.symbols,
        path=[REPOSITORY],
        **options,
    )


def expected(pair: Pair, *words: str) -> str:
    """The same command's output on the stand-in, with every letter as pykd's stream takes it."""
    return on_stand_in(pair.image, [words], wide=True)[0].out


def calling(folder: Path, name: str, *words: str) -> str:
    """The Windows path of a script that calls the command with these words."""
    return calling_all(folder, name, [words])


def calling_all(folder: Path, name: str, cases: Sequence[Sequence[str]]) -> str:
    """The same, for one command after another."""
    script = folder / f"{name}.py"
    calls = "".join(f"main({list(words)!r})\n" for words in cases)
    script.write_text(f"from pykd_handle.cli import main\n{calls}")
    return to_windows_path(script)


# --- the text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["", "-l ", "-g "], ids=["default", "local", "global"])
def test_same_text_in_the_debugger(rig: Rig, sample: Pair, tmp_path: Path, mode: str) -> None:
    """In one interpreter after another, where ``-g`` does not keep one."""
    cases = [
        ["14", "13"], ["0", "7"], ["0", "3", "0", "Key"],
        ["0", "3", "@$proc", "File"], ["0", "3", "-1", "File"],
        ["find", "notes.txt"], ["summary"], ["find", "--type", "Key"],
    ]  # fmt: skip
    scripts = [calling_all(tmp_path, f"call{n}", cases[n::2]) for n in range(2)]
    said = typed(rig, sample, *(f"!py {mode}{script}" for script in scripts))
    assert said == "".join(expected(sample, *words) for words in [*cases[::2], *cases[1::2]])
    assert "\\notes.txt\n" in said
    # pykd's stream calls itself "ascii".
    assert "\u041f\u0440\u0438\u0432\u0435\u0442.txt" in said


def test_without_arguments(rig: Rig, sample: Pair) -> None:
    """`!py handle.py` alone: all handles of the current process, by the script itself."""
    assert typed(rig, sample, f"!py {SCRIPT}") == expected(sample)


def test_links_in_the_window(rig: Rig, sample: Pair, tmp_path: Path) -> None:
    """`--format dml`: where the debugger shows no markup, it is the text; where it does, links."""
    words = ["find", "notes.txt"]
    script = calling(tmp_path, "call", *words, "--format", "dml")
    plain = expected(sample, *words)
    assert typed(rig, sample, f"!py {script}") == plain
    markup = typed(rig, sample, f"!py {script}", dml=True)
    reader = Reader(markup)
    assert reader.shown == plain
    (address,) = re.findall(r"ffffad04\w+", plain)
    run = "!pykd.py -g -m pykd_handle"
    assert reader.links == [
        ("1514", f"{run} summary --process 1514 --format dml"),
        (address, f"{run} object {address} --format dml"),
    ]
    # It shows no more than 16,383 units of a text at once.
    rows = typed(
        rig, sample, f"!py {calling(tmp_path, 'rows', '0', '1', '0', '--format', 'dml')}", dml=True
    )
    shown = Reader(rows).shown
    assert len(rows) > 40_000
    assert shown == expected(sample, "0", "1", "0", "--format", "text")


def test_process_switched_by_the_user(rig: Rig, sample: Pair, tmp_path: Path) -> None:
    said = typed(
        rig, sample, ".process fffffa8004f48940", f"!py {calling(tmp_path, 'call', '0', '1')}"
    )
    assert "PROCESS fffffa8004f48940" in said
    listing = expected(sample, "0", "1", "138")
    # By its id it is looked for first, and the text says so.
    assert said.endswith(listing[listing.index("PROCESS") :])


def test_two_commands_in_one_python(rig: Rig, sample: Pair, tmp_path: Path) -> None:
    """With `-g` Python's modules stay; nothing of the first command's memory does."""
    first = calling(tmp_path, "first", "0", "1")
    second = calling(tmp_path, "second", "0", "1", "138")
    said = typed(rig, sample, f"!py -g {first}", f"!py -g {second}", f"!py -g {first}")
    one, two = expected(sample, "0", "1"), expected(sample, "0", "1", "138")
    assert said == one + two + one


# --- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["", "-g "], ids=["default", "global"])
def test_lost_arguments_are_explained(rig: Rig, sample: Pair, mode: str) -> None:
    cases = [
        "14 13", "0 3 0 Section", "ffffad04000067d0", "poi(nt!PsInitialSystemProcess) 3",
        "0 3 @$proc", "--format jsonl 0 3 fffffa8004f48940",
    ]  # fmt: skip
    if not mode:
        del cases[2:5]  # each is a new interpreter
    said = typed(rig, sample, *(f"!py {mode}{SCRIPT} {words}" for words in cases), ".echo next")
    *lines, last = said.splitlines()
    # Whatever pykd.pyd made of them: one line each, and never some other command's output.
    assert len(lines) == len(cases)
    for line in lines:
        assert line.startswith("pykd-handle: the arguments were lost on their way")
        assert "load the pykd-ext bootstrapper" in line
    assert last == "next"


def test_an_alias(rig: Rig, sample: Pair) -> None:
    """As an install makes one; behind it, too, this `!py` loses the arguments."""
    said = typed(rig, sample, f"aS !khandle !py {SCRIPT}", "!khandle", "!khandle 14 13")
    listing = expected(sample)
    assert said.startswith(listing)
    assert said[len(listing) :].startswith("pykd-handle: the arguments were lost")


# --- Ctrl+Break ----------------------------------------------------------------------------------

# What a host does on Ctrl+Break, done at the so-many-th read: IDebugControl::SetInterrupt.
_BREAK = """
import ctypes, pykd
from pykd_handle.cli import main

IID = bytes.fromhex("68e682515e106e41ad9224ef800424ba")
control = ctypes.c_void_p()
ctypes.WinDLL("dbgeng.dll").DebugCreate(IID, ctypes.byref(control))
table = ctypes.cast(control, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
interrupt = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong)(table[4])
reads = 0
load = pykd.loadQWords

def counting(*arguments):
    global reads
    reads += 1
    if reads == {at}:
        interrupt(control, 0)
    return load(*arguments)

pykd.loadQWords = counting
print("code", main({words!r}))
pykd.loadQWords = load
"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    def fill(image: KernelImage) -> None:
        process = image.processes.add("crowd.exe", 0x1234, session=1)
        process.handles(
            3000, [image.objects.event(f"\\BaseNamedObjects\\E{n}") for n in range(3000)]
        )
        image.processor.current = process

    return make_pair(tmp_path_factory.mktemp("crowd"), fill)


def _check_stopped(said: str, whole: str) -> None:
    shown, _, rest = said.partition("pykd-handle: ")
    # The engine sees the key as well: it says so before us or behind, and may end the script before
    # it says what `main` returned.
    shown, _, engine = shown.partition("\r\n")
    assert 0 < shown.count("GrantedAccess:") < 3000
    assert whole.startswith(shown.rstrip("\n"))
    # Not one row that says of memory that it is missing, though every read failed by then.
    assert "not in the dump" not in shown
    assert re.match(r"stopped at handle 0x[0-9a-f]+ of crowd\.exe \(pid 0x1234\); ", rest)
    assert "code 1" in rest or "User Interrupt: CTRL+BREAK" in engine + rest
    assert "code 0" not in rest


@pytest.mark.parametrize("at", [60, 110])
def test_break_in_the_debugger(rig: Rig, crowd: Pair, tmp_path: Path, at: int) -> None:
    script = tmp_path / "stop.py"
    script.write_text(_BREAK.format(at=at, words=["0", "3"]))
    said = typed(rig, crowd, f"!py -g {to_windows_path(script)}", ".echo next")
    _check_stopped(said, expected(crowd, "0", "3"))
    assert said.splitlines()[-1] == "next"


def test_break_without_g(rig: Rig, crowd: Pair, tmp_path: Path) -> None:
    """Under a plain `!py` pykd's SystemExit never comes (Python 3.9), and the listing stops."""
    script = tmp_path / "stop.py"
    script.write_text(_BREAK.format(at=60, words=["0", "3"]))
    said = _patiently(rig, crowd, f"!py {to_windows_path(script)}", ".echo next")
    _check_stopped(said, expected(crowd, "0", "3"))
    assert said.splitlines()[-1] == "next"


def _patiently(rig: Rig, pair: Pair, *commands: str) -> str:
    # pykd looks for Ctrl+Break four times a second. If it looks between the key and the end of
    # the script, a few milliseconds, it waits for ever; then this test says nothing.
    for _ in range(3):
        try:
            return typed(rig, pair, *commands, timeout=20)
        except RigTimeout:
            continue
    pytest.fail("pykd hung three times")


def test_break_in_a_python_with_a_debugger(rig: Rig, crowd: Pair, tmp_path: Path) -> None:
    script = tmp_path / "stop.py"
    script.write_text(_BREAK.format(at=60, words=["0", "3"]))
    result = rig.python(script, dump=crowd.dump, symbols=crowd.symbols, path=[REPOSITORY])
    whole = expected(crowd, "0", "3")
    shown, code = result.stdout.rsplit("code", 1)
    _check_stopped(shown + result.stderr + "code" + code, whole)


# --- other sessions ------------------------------------------------------------------------------


def test_session_of_a_process(rig: Rig, real_minidump: Path, tmp_path: Path) -> None:
    """A user-mode dump is no kernel's; what is said of it is one line or a listing, no error."""
    script = calling(tmp_path, "call", "0", "1")
    said = rig.host(real_minidump, [f".load {rig.extension}", f"!py {script}"], path=[REPOSITORY])
    assert "internal error" not in said
    assert "Traceback" not in said
    assert said.strip()


def test_errors_are_one_line(rig: Rig, sample: Pair, tmp_path: Path) -> None:
    cases: Sequence[Sequence[str]] = [
        ["bogus!"], ["14 13"], ["14)"], ["nt!NoSuch"], ["0", "zz"], ["0", "3", "poi(0)"],
        ["--nope"], ["0", "3", "0", "Key", "--format", "xml"],
    ]  # fmt: skip
    scripts = [calling(tmp_path, f"call{n}", *words) for n, words in enumerate(cases)]
    said = typed(rig, sample, *(f"!py -g {script}" for script in scripts), ".echo next")
    *lines, last = said.splitlines()
    assert len(lines) == len(cases)
    assert all(line.startswith("pykd-handle: ") for line in lines)
    assert lines[0].startswith("pykd-handle: Handle 'bogus!' is no number")
    assert last == "next"
