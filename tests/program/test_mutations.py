"""Dumps damaged at random: whatever they hold, the program ends with an answer or one line."""

import random
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
REQUESTS = (("0", "7", "0"), ("0", "3", "0", "--format", "jsonl"), ("0", "23"), ("14", "13"))


def damaged(seed: int) -> bytes:
    """The sample with 1 to 400 places overwritten, by zeros, ones or anything."""
    chance = random.Random(seed)
    data = bytearray((SAMPLES / "windows10_x64.dmp").read_bytes())
    for _ in range(chance.choice([1, 5, 50, 400])):
        size = chance.choice([1, 2, 4, 8])
        place = chance.randrange(0x2000, len(data) - size)
        filler = chance.choice([b"\0", b"\xff", None])
        data[place : place + size] = (
            filler * size if filler else bytes(chance.randrange(256) for _ in range(size))
        )
    return bytes(data)


@pytest.mark.parametrize("seed", range(6))
def test_a_dump_damaged_at_random(run, tmp_path: Path, seed: int) -> None:
    dump = tmp_path / "memory.dmp"
    dump.write_bytes(damaged(seed))
    symbols = ["--symbols", SAMPLES / "windows10_x64.json"] if seed % 3 else []
    for words in REQUESTS:
        result = run("--dump", dump, *symbols, *words)
        assert result.code in (0, 1)
        assert "internal error" not in result.err and "Traceback" not in result.err
        if result.code and not result.out.strip():
            # Nothing could be shown: the last line says why.
            assert result.err.strip().splitlines()[-1].startswith(("pykd-handle: ", "note: "))
