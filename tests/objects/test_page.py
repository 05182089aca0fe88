"""docs/objects.md is what the program tells, and tells of every type."""

from __future__ import annotations

from pykd_handle.objects import families
from tools.objects_page import PAGE, page


def test_the_page_is_what_the_program_tells() -> None:
    text = PAGE.read_text("utf-8")
    made = text == page()
    assert made, "run: python -m tools.objects_page"
    for name, family in families().items():
        assert f"\n## {name}\n" in text, name
        for key in family._keys:
            assert f"| `{key}` | " in text, (name, key)
