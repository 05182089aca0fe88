"""The snapshot among the samples has the lines that `mocks.sample_snapshot` writes."""

import gzip
from pathlib import Path

from mocks.sample_snapshot import NAME, main

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_the_committed_file_has_the_same_lines(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    # How well it is packed differs between versions of zlib.
    made, there = (
        gzip.decompress((folder / f"{NAME}.snap").read_bytes()) for folder in (tmp_path, SAMPLES)
    )
    assert made == there
