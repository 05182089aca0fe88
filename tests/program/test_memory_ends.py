"""Memory that ends on the way: nothing found is lost, and a line says where it stopped."""

from typing import Any

import pytest

from mocks.minidump import MockHandle, make_minidump
from pykd_handle.cli import main
from pykd_handle.model.user import UserProcess


@pytest.mark.parametrize("form", ["windbg", "table", "jsonl", "csv"])
def test_memory_that_ends_on_the_way(
    form: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """What was found is written, and the line says where it stopped."""
    path = tmp_path / "user.dmp"
    path.write_bytes(make_minidump([MockHandle(4 * n + 4, "Event", 3) for n in range(50)]).data)
    real = UserProcess.handles

    def handles(process: UserProcess, free: bool = False) -> Any:
        for number, found in enumerate(real(process, free)):
            if number == 30:
                raise MemoryError
            yield found

    monkeypatch.setattr(UserProcess, "handles", handles)
    report = tmp_path / "report.txt"
    assert main(["--dump", str(path), "--format", form, "--output", str(report)]) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == (
        f"pykd-handle: there is not enough memory for this; stopped on the way; what was found so "
        f"far is in {report}"
    )
    assert report.read_text("utf-8").count("Event") == 30
