"""What install.ps1 has its Python run, read from the script itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, Union

__all__ = ["SCRIPT", "command_of_script"]

SCRIPT = Path(__file__).resolve().parents[2] / "install.ps1"


def command_of_script(source: Union[str, Path], *words: Union[str, Path]) -> List[Union[str, Path]]:
    """What follows the name of Python: as the script runs it beside ``source``."""
    text = SCRIPT.read_text(encoding="ascii")
    assert "& $program @options -I -c $install @arguments\n" in text
    assert "$arguments = @($source, '--architecture'," in text
    (code,) = re.findall(r"^\$install = ((?:'[^']*'(?: \+\n +)?)+)\n", text, re.MULTILINE)
    return ["-I", "-c", "".join(re.findall(r"'([^']*)'", code)), source, *words]
