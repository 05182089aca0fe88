"""Names of which a part can't be known, in every format of a whole listing."""

import csv
import json
from pathlib import Path

from mocks import KernelImage
from mocks.dump import write_full_dump


def test_a_relative_file_and_a_private_namespace(run, tmp_path: Path) -> None:
    """Neither looks like a full path; the classic text stays as WinDbg prints it."""
    image = KernelImage()
    image.processor.current = process = image.processes.add("a.exe", 0x1514)
    private = image.objects.make("Directory", size=image.build.struct("_OBJECT_DIRECTORY").size)
    related = image.files.open("\\Users\\me")
    file = image.files.open("notes.txt", related=related)
    process.handle(file, value=0x10)
    process.handle(image.objects.make("Mutant", "Lock", private), value=0x14)
    process.handle(image.sections.add(file), value=0x18)
    process.handle(related, value=0x1C)
    (tmp_path / "memory.json").write_text(json.dumps(image.isf()), "utf-8")
    write_full_dump(image, tmp_path / "memory.dmp")

    def listing(form: str) -> str:
        result = run("--dump", tmp_path / "memory.dmp", "--format", form)
        assert result.code == 0
        return result.out

    volume = "\\Device\\HarddiskVolume3"
    names = [volume + "\\...\\notes.txt", "\\...\\Lock", None, volume + "\\Users\\me"]
    rows = [json.loads(line) for line in listing("jsonl").splitlines()]
    assert [row["name"] for row in rows] == names
    assert [row["details"].get("relative") for row in rows] == [True, None, True, None]
    assert rows[2]["details"]["file"] == names[0]
    assert all(row["unavailable"] == {} for row in rows)
    cells = [row["name"] for row in csv.DictReader(listing("csv").splitlines())]
    assert cells == [name or "" for name in names]
    table = listing("table")
    assert all(name in table for name in names if name)
    classic = listing("windbg")
    assert "Directory Object: 00000000  Name: notes.txt {HarddiskVolume3}\n" in classic
    assert f"Directory Object: {private.address:x}  Name: Lock\n" in classic
    assert "..." not in classic
