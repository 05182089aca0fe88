"""``--output``: nothing of the user's is destroyed, nothing that was found is lost."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import Any, List

import pytest

from mocks.minidump import MockHandle, make_minidump
from pykd_handle.commands.list.kernel_rows import KernelRows

from ..bounds import room_for
from .processes import command, needs_fifo, needs_full, needs_posix, shell
from .test_dumps import Case, small_system

OLD = "the report of yesterday\n"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    folder = tmp_path / "case"
    folder.mkdir()
    return Case.small(folder)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "reports" / "report.txt"
    path.parent.mkdir()
    path.write_text(OLD, "utf-8")
    return path


def alone(path: Path) -> bool:
    """Whether nothing else is left in the folder."""
    return [each.name for each in path.parent.iterdir()] == [path.name]


# -- what is read is never written to -----------------------------------------------------------


def called(victim: Path, link: str, folder: Path) -> Path:
    """The file by another name: the same, a relative one, or a link in ``folder``."""
    if link == "same":
        return victim
    if link == "relative":
        return victim.parent / ".." / victim.parent.name / victim.name
    name = folder / "link"
    if link == "symbolic":
        name.symlink_to(victim)
    else:
        os.link(victim, name)
    return name


@pytest.mark.parametrize("link", ["same", "relative", "symbolic", "hard"])
@pytest.mark.parametrize("which", ["dump", "symbols", "chosen", "beside", "minidump"])
def test_a_file_that_is_read(run, tmp_path: Path, case: Case, which: str, link: str) -> None:
    words: List[object] = ["--dump", case.dump]
    victim = case.dump if which == "dump" else case.symbols
    if which == "minidump":
        victim = tmp_path / "user.dmp"
        victim.write_bytes(make_minidump([MockHandle(4, "Event", 3)]).data)
        words = ["--dump", victim]
    elif which == "symbols":
        words += ["--symbols", case.symbols]
    elif which == "chosen":
        words += ["--symbols", case.symbols.parent]
    name = called(victim, link, tmp_path)
    before = victim.read_bytes()
    result = run(*words, "--output", name)
    assert (result.code, result.out) == (2, "")
    assert "is the file that is read" in result.err.splitlines()[-1]
    assert victim.read_bytes() == before


@pytest.mark.parametrize("link", ["same", "symbolic", "hard"])
@pytest.mark.parametrize("which", ["dump", "symbols"])
def test_where_files_have_no_numbers(
    run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: Case, which: str, link: str
) -> None:
    """As on some network drives: their names tell that it is one file, else size and time."""
    victim = case.dump if which == "dump" else case.symbols
    before = victim.read_bytes()
    name = called(victim, link, tmp_path)
    real = {"stat": os.stat, "fstat": os.fstat}

    def numberless(status: os.stat_result) -> os.stat_result:
        return os.stat_result((status[0], 0, *status[2:10]), {"st_mtime_ns": status.st_mtime_ns})

    monkeypatch.setattr(os, "stat", lambda *a, **k: numberless(real["stat"](*a, **k)))
    monkeypatch.setattr(os, "fstat", lambda number: numberless(real["fstat"](number)))
    result = run("--dump", case.dump, "--output", name)
    other = run("--dump", case.dump, "--output", tmp_path / "report.txt")
    monkeypatch.undo()
    assert (result.code, result.out) == (2, "")
    assert "is the file that is read" in result.err.splitlines()[-1]
    assert victim.read_bytes() == before
    assert other.code == 0


@pytest.mark.parametrize("given", [False, True], ids=["beside", "folder"])
@pytest.mark.parametrize("form", ["jsonl", "windbg"])
def test_a_report_beside_the_dump_again_and_again(run, case: Case, form: str, given: bool) -> None:
    """What the search for symbols only looked into is nobody's symbols."""
    case.symbols = case.symbols.rename(case.symbols.with_name("zz.json"))
    report = case.dump.parent / "report.json"
    words = ["--symbols", case.dump.parent] if given else []
    for _ in range(3):
        result = run("--dump", case.dump, *words, "--format", form, "--output", report)
        assert (result.code, result.out) == (0, "")
    assert report.read_text("utf-8").count("Event") > 100


@needs_posix
def test_the_screen_led_into_the_dump(case: Case) -> None:
    before = case.dump.read_bytes()
    said = shell(f">> '{case.dump}'", "--dump", case.dump)
    assert said.returncode == 2
    assert b"the output goes into the file that is read" in said.stderr
    assert case.dump.read_bytes() == before


def test_what_an_earlier_command_read_is_free_again(run, case: Case, tmp_path: Path) -> None:
    other = Case.small(tmp_path)
    assert run("--dump", other.dump).code == 0
    assert run("--dump", case.dump, "--output", other.symbols).code == 0


# -- an old report ------------------------------------------------------------------------------


def test_the_new_one_replaces_it(run, case: Case, report: Path) -> None:
    report.chmod(0o640)
    whole = run("--dump", case.dump).out
    result = run("--dump", case.dump, "--output", report)
    assert (result.code, result.out) == (0, "")
    assert report.read_text("utf-8") == whole
    assert alone(report)
    if os.name == "posix":
        assert stat.S_IMODE(report.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(run, case: Case, tmp_path: Path) -> None:
    run("--dump", case.dump, "--output", tmp_path / "new.txt")
    (tmp_path / "plain").touch()
    assert (tmp_path / "new.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("form", ["windbg", "table", "jsonl", "csv"])
@pytest.mark.parametrize("words", [["0", "3", "9999"], ["0", "3", "-1", "Evnet"]], ids=str)
def test_a_request_without_a_row_leaves_it(run, case: Case, report: Path, words, form) -> None:
    result = run("--dump", case.dump, *words, "--format", form, "--output", report)
    assert result.code == 1
    assert report.read_text("utf-8") == OLD
    assert alone(report)


def test_an_answer_that_there_is_nothing_leaves_it_too(run, case: Case, report: Path) -> None:
    words = ("0", "3", "-1", "Mutant", "--format", "csv")
    result = run("--dump", case.dump, *words, "--output", report)
    assert result.code == 0
    assert report.read_text("utf-8") == OLD and alone(report)
    assert f"no row was found; nothing is written to {report}" in result.err
    report.unlink()
    assert run("--dump", case.dump, *words, "--output", report).code == 0
    assert report.read_text("utf-8") == run("--dump", case.dump, *words).out


@pytest.mark.parametrize("form", ["text", "table", "html", "jsonl", "csv"])
def test_why_there_may_be_no_row_is_told_where_nothing_is_written(
    run, case: Case, report: Path, form: str
) -> None:
    image = small_system()
    image.memory.drop_page(image.processor.current.table.leaves[1])
    holed = Case(case.dump.parent, image)
    line = ("--dump", holed.dump, "--format", form, "--output", report)
    result = run(*line, "find", "*no such name*")
    assert report.read_text("utf-8") == OLD and alone(report)
    why = (
        "notepad.exe (pid 0x1514): 256 of the table's 768 slots could not be read: not in the dump"
    )
    assert result.err.splitlines()[1:] == [
        f"note: {why}",
        f"note: no row was found; nothing is written to {report}",
    ]
    result = run(*line, "summary")  # whose rows come behind it
    text = report.read_text("utf-8").replace("&#x27;", "'")
    assert "Event" in text
    assert (text.count(why), result.err.count(why)) == (
        (0, 1) if form in ("jsonl", "csv") else (1, 0)
    )


def test_a_type_that_there_is_not_is_told_all_the_same(run, case: Case, report: Path) -> None:
    result = run("--dump", case.dump, "0", "3", "-1", "Evnet", "--output", report)
    assert (result.code, report.read_text("utf-8")) == (1, OLD)
    assert result.err.count("this kernel has no object type Evnet") == 1


def test_exit_code_1_with_a_row_replaces_it(run, case: Case, report: Path) -> None:
    result = run("--dump", case.dump, "fffc", "--output", report)
    assert result.code == 1
    assert "no handle 0xfffc" in report.read_text("utf-8")


def test_a_hole_replaces_it(run, case: Case, report: Path) -> None:
    image = small_system()
    image.memory.drop_page(image.processor.current.table.leaves[1])
    holed = Case(case.dump.parent, image)
    result = run("--dump", holed.dump, "--output", report)
    assert result.code == 0
    text = report.read_text("utf-8")
    assert "<Unavailable: " in text and text.count("GrantedAccess") == 602 - 255


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("form", ["windbg", "table", "jsonl", "csv"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_ctrl_c(run, monkeypatch, case: Case, report: Path, after, form, error) -> None:
    """After the heading and so many handles; during them the old report is as it was."""
    real = KernelRows.part_of
    made: List[Any] = []

    def part_of(rows, one, *more):
        if len(made) == after:
            assert report.read_text("utf-8") == OLD
            raise error
        made.append(one)
        return real(rows, one, *more)

    monkeypatch.setattr(KernelRows, "part_of", part_of)
    result = run("--dump", case.dump, "--format", form, "--output", report)
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("pykd-handle: stopped")
    assert alone(report)
    text = report.read_text("utf-8")
    if not after:
        assert text == OLD and "what was found" not in result.err
        return
    assert f"what was found so far is in {report}" in result.err
    rows = {
        "windbg": text.count("GrantedAccess"),
        "table": text.count("  Event ") + text.count("  File "),
        "jsonl": text.count("\n"),
        "csv": text.count("\n") - 1,
    }
    assert rows[form] == after


def test_a_link_is_written_through(run, case: Case, report: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(report)
    dangling = tmp_path / "dangling.txt"
    dangling.symlink_to(report.parent / "new.txt")
    for path in (link, dangling):
        assert run("--dump", case.dump, "--output", path).code == 0
        assert path.is_symlink()
        assert path.read_text("utf-8").count("GrantedAccess") == 602
    assert sorted(each.name for each in report.parent.iterdir()) == ["new.txt", "report.txt"]


def test_another_program_has_it_open(run, monkeypatch, case: Case, report: Path) -> None:
    """As Windows answers; what was found is kept, and the line says where."""

    def refuse(self: Path, target: object) -> Path:
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(Path, "replace", refuse)
    result = run("--dump", case.dump, "--output", report)
    monkeypatch.undo()
    (line,) = [each for each in result.err.splitlines() if each.startswith("pykd-handle: ")]
    assert result.code == 1
    assert line.startswith(f"pykd-handle: --output {report}: Access is denied; what was found is")
    part = Path(line.rpartition(" is in ")[2])
    assert part.parent == report.parent
    assert part.read_text("utf-8").count("GrantedAccess") == 602
    assert report.read_text("utf-8") == OLD


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere: be another user"
)
def test_a_report_that_may_not_be_written(run, case: Case, report: Path) -> None:
    report.chmod(0o444)
    result = run("--dump", case.dump, "--output", report)
    assert (result.code, result.out) == (1, "")
    assert f"--output {report}: Permission denied" in result.err
    assert report.read_text("utf-8") == OLD


@pytest.mark.skipif(os.name != "posix", reason="permissions are another thing there")
def test_a_private_report_is_never_anybody_elses(run, monkeypatch, case, report) -> None:
    report.chmod(0o600)
    created = []
    real = os.open

    def watched(path, flags, mode=0o777, **more):
        descriptor = real(path, flags, mode, **more)
        if str(path).endswith(".part"):
            created.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", watched)
    assert run("--dump", case.dump, "--output", report).code == 0
    assert created == [0o600] and stat.S_IMODE(report.stat().st_mode) == 0o600


# -- no room ------------------------------------------------------------------------------------


@needs_full
@pytest.mark.parametrize("form", ["windbg", "table", "jsonl", "csv"])
def test_a_full_device(run, case: Case, form: str) -> None:
    for size in ("4", "0"):  # less than a buffer, and many
        result = run("--dump", case.dump, size, "--format", form, "--output", "/dev/full")
        assert result.code == 1
        last = result.err.splitlines()[1:]
        assert last == ["pykd-handle: --output /dev/full: No space left on device"]


@needs_posix
@pytest.mark.parametrize(("limit", "kept"), [(0, False), (0x4000, True)])
def test_a_full_disk(run, case: Case, report: Path, limit: int, kept: bool) -> None:
    with room_for(limit):
        said = run("--dump", case.dump, "--output", report)
    # A slow machine says beside it what takes so long.
    (line,) = [each for each in said.err.splitlines() if each.startswith("pykd-handle:")]
    assert said.code == 1
    assert line.startswith(f"pykd-handle: --output {report}: File too large")
    assert line.endswith(f"is in {report}") == kept
    text = report.read_text("utf-8")
    assert (0 < text.count("GrantedAccess") < 602) if kept else text == OLD
    assert alone(report)


# -- pipes, devices, folders --------------------------------------------------------------------


def test_nowhere(run, case: Case) -> None:
    result = run("--dump", case.dump, "--output", os.devnull)
    assert (result.code, result.out) == (0, "")
    assert not Path(os.devnull).is_file()


@needs_posix
@pytest.mark.parametrize("redirection", ["| cat", "> '{}'", ">> '{}'"])
def test_dev_stdout(run, case: Case, report: Path, redirection: str) -> None:
    whole = run("--dump", case.dump).out.encode()
    words = " ".join(
        f"'{word}'" for word in command("--dump", case.dump, "--output", "/dev/stdout")
    )
    line = f"{words} {redirection.format(report)}"
    said = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=60)
    written = said.stdout if "cat" in redirection else report.read_bytes()
    assert written == (OLD.encode() if ">>" in redirection else b"") + whole
    assert said.returncode == 0


@needs_posix
@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no /dev/fd")
@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "link"])
@pytest.mark.parametrize("deleted", [False, True])
def test_a_file_that_is_open_already(
    run, case: Case, report: Path, tmp_path: Path, name: str, deleted: bool
) -> None:
    """Written to where it stands, and its name left alone, if it has one."""
    whole = run("--dump", case.dump).out.encode()
    with report.open("a+b") as file:
        place = name.format(file.fileno())
        if name == "link":
            place = str(tmp_path / "link")
            Path(place).symlink_to(f"/dev/fd/{file.fileno()}")
        if deleted:
            report.unlink()
        else:
            number = report.stat().st_ino
        result = run("--dump", case.dump, "--output", place)
        assert result.code == 0, result.err
        file.seek(0)
        assert file.read() == OLD.encode() + whole
    assert list(report.parent.iterdir()) == ([] if deleted else [report])
    if not deleted:
        assert report.stat().st_ino == number


@needs_fifo
def test_a_pipe_that_is_read(run, case: Case, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: List[bytes] = []
    # Both ends are open before: the thread may come late.
    ours = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    held = os.open(pipe, os.O_WRONLY)
    os.set_blocking(ours, True)
    with os.fdopen(ours, "rb") as stream:
        reader = threading.Thread(target=lambda: read.append(stream.read()), daemon=True)
        reader.start()
        result = run("--dump", case.dump, "--output", pipe)
        os.close(held)
        reader.join(10)
    assert (result.code, result.out) == (0, "")
    assert read == [run("--dump", case.dump).out.encode()]
    assert pipe.is_fifo()


@needs_fifo
def test_a_pipe_that_nobody_reads(run, case: Case, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = run("--dump", case.dump, "--output", tmp_path / "pipe")
    assert (result.code, result.out) == (1, "")
    assert result.err.endswith("/pipe: nobody reads this pipe\n")


@pytest.mark.parametrize(
    "name",
    ["", "case", "none/report.txt", "case/memory.json/report.txt", "new/", "case/memory.json/"],
)
def test_a_folder(run, case: Case, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = run("--dump", case.dump, "--output", f"{tmp_path}/{name}")
    assert (result.code, result.out) == (1, "")
    assert sorted(tmp_path.rglob("*")) == before
    last = result.err.splitlines()[-1]
    assert last.startswith("pykd-handle: --output ")
    assert ("directory" in last.lower()) or os.name != "posix"
