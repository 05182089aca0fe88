"""The sample of user mode is what `mocks.sample_user` writes, byte for byte."""

from pathlib import Path

from mocks.sample_user import NAME, main

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_the_committed_file_is_rebuilt(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    made = (tmp_path / f"{NAME}.dmp").read_bytes()
    assert made == (SAMPLES / f"{NAME}.dmp").read_bytes()
