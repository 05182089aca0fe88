"""``doctor``: what is installed, what is missing, and what to do."""

from __future__ import annotations

from .registry import Command, add

__all__ = ()

# It looks at the machine, not at a target; `pykd_handle.setup.doctor` does, for the command line.
add(
    Command(
        "doctor",
        help="say what is installed, what is missing, and what to do",
        columns={},
        text="The same as --doctor. Nothing is changed, and nothing leaves the machine.",
        examples=[("doctor", "look at this Python, at pykd, and at the debugger's session")],
    )
)
