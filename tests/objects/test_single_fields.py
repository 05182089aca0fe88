"""Details that are one field, or one step behind it: its value, by hand at the place of a build."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import List

import pytest

from .forms import Form, Put, hold

W7, W10 = "win7_sp1_x64", "win10_19041_x64"

NEW_YEAR = 116444736000000000 + 1704067200 * 10_000_000  # 2024, as a FILETIME
IS_TOKEN: List[Put] = [(".", 0x7C, 4, 1), (".", 0xC0, 4, 1)]
SYSTEM: List[Put] = [("sid", 0, 8, 0x0500000000000101), ("sid", 8, 4, 18)]
TRUST: List[Put] = [("sid", 0, 8, 0x1300000000000201), ("sid", 8, 8, 8192 << 32 | 512)]
IS_KEY: List[Put] = [(".", 0, 4, 0x6B793032), (".", 8, "P", "block")]
KEY_IN_HIVE: List[Put] = [*IS_KEY, ("block", 0x20, "P", "hive"), ("hive", 0, 4, 0xBEE0BEE0)]
IMAGE: List[Put] = [
    (".", 0x28, "P", "area"), ("area", 0, "P", "segment"), ("segment", 0, "P", "area"),
    ("area", 0x38, 4, 1 << 5),
]  # fmt: skip
STACK: List[Put] = [
    (".", 0, 2, 5), (".", 8, "P", "device"), ("device", 0, 2, 3), ("device", 0x18, "P", "above"),
    ("above", 0, 2, 3), ("above", 8, "P", "driver"), ("driver", 0, 2, 4),
    ("driver", 0x38, "S", "\\FileSystem\\FltMgr"),
]  # fmt: skip

FORMS = [
    Form("Process", W10, [(".", 0, 1, 3), (".", 0x464, 4, 1 << 13)], {"critical": True}),
    Form("Process", W10, [(".", 0, 1, 3), (".", 0x464, 4, ~(1 << 13) & 0xFFFFFFFF)],
         {"critical": False}),
    Form("Thread", W10, [(".", 0, 1, 6), (".", 0x510, 4, 1 << 5)], {"critical": True}),
    # _EJOB.PeakJobMemoryUsed is in pages.
    Form("Job", W7, [(".", 8, "@", 0), (".", 0x198, 8, 5)], {"peak_memory": 0x5000}),
    Form("Job", W10, [(".", 8, "@", 0), (".", 0x260, 8, 5)], {"peak_memory": 0x5000}),
    Form(
        "ALPC Port", W10,
        [
            (".", 0x20, 8, 0xFFFFAD0400001000), (".", 0x28, 8, 0x77), (".", 0x38, 8, 0x88),
            (".", 0x110, 8, 0x1000), (".", 0x190, 4, 9),
        ],
        {
            "completion_port": 0xFFFFAD0400001000, "completion_key": 0x77, "port_context": 0x88,
            "longest_message": 0x1000, "sequence": 9,
        },
    ),
    Form("ALPC Port", W10, [(".", 0x28, 8, 0x77)],
         {"completion_port": None, "completion_key": None, "port_context": None}),
    Form(
        "Token", W10,
        [*IS_TOKEN, *SYSTEM, (".", 0x80, 4, 1), (".", 0xA0, "P", "list"), ("list", 0, "P", "sid"),
         ("list", 8, 4, 7), (".", 0x28, 8, NEW_YEAR)],
        {
            "restricted_to": ("SYSTEM (S-1-5-18)",), "trust_level": None,
            "expires": datetime(2024, 1, 1, tzinfo=timezone.utc),
        },
    ),
    Form("Token", W10, [*IS_TOKEN, *TRUST, (".", 0x450, "P", "sid"), (".", 0x28, 8, (1 << 63) - 1)],
         {
             "trust_level": "process trust (S-1-19-512-8192)", "restricted_to": None,
             "expires": None,
         }),
    Form("File", W10, [*STACK, (".", 0x70, 4, 2)],
         {"filters": ("\\FileSystem\\FltMgr",), "file_waiters": 2}),
    Form("Key", W10,
         [*KEY_IN_HIVE, ("block", 0, 4, 3), ("block", 0x42, 2, 1), (".", 0x60, 4, 0x20019),
          ("hive", 0x738, "S", "\\REGISTRY\\MACHINE\\SAM")],
         {"references": 3, "layer": 1, "restricted_access": 0x20019,
          "hive_root": "\\REGISTRY\\MACHINE\\SAM"}),
    Form("Key", W7, [*KEY_IN_HIVE, ("hive", 0x6F8, "S", "\\REGISTRY\\MACHINE\\SAM")],
         {"hive_root": "\\REGISTRY\\MACHINE\\SAM", "layer": None, "restricted_access": None}),
    Form("Section", W10, [*IMAGE, ("segment", 0xF, 1, 0xC5)], {"signing_level": 12}),
    Form("Directory", W10, [(".", 0x150, 4, 2), (".", 0x154, 4, 1)], {"flags": 2, "session": 1}),
    Form("Type", W10, [(".", 0x64, 4, 0x200), (".", 0x68, 4, 0x80), (".", 0x6C, 4, 0x90)],
         {"pool_type": 0x200, "default_paged_charge": 0x80, "default_nonpaged_charge": 0x90}),
    Form("Desktop", W7, [(".", 0x80, 8, 0xFFFFF900C0600000), (".", 0x88, 4, 0x1400)],
         {"heap": 0xFFFFF900C0600000, "heap_size": 0x1400}),
    Form("EtwRegistration", W10, [(".", 0x38, 4, 3), (".", 0x50, 8, 0x77)],
         {"session": 3, "callback_context": 0x77, "registered_by": None}),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.type}-{form.layout}")
def test_a_field(form: Form) -> None:
    hold(form)
