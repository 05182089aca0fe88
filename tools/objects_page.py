"""Write docs/objects.md from what the package tells: ``python -m tools.objects_page``.

Both what is shown of an object and what the symbols of each Windows lack come out of the program
itself, which is asked for one object of every type (`mocks.everything`).
"""

from __future__ import annotations

import io
from argparse import Namespace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Set, Tuple

from mocks import builds
from mocks.everything import one_of_each
from mocks.target import MockTarget
from pykd_handle.commands import Run, find_command
from pykd_handle.kernel import Kernel
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.objects import Objects, families
from pykd_handle.render import find_renderer
from pykd_handle.values import Reason, Unavailable

PAGE = Path(__file__).resolve().parents[1] / "docs" / "objects.md"
SAMPLE = "win10_19041_x64"
OLD_SAMPLE = "winxp_sp3_x86"
_LACKING = (Reason.NO_FIELD, Reason.NO_TYPE)
_WINDOWS = {
    "winxp_sp3_x86": "XP", "win2003_sp2_x64": "2003", "vista_sp0_x64": "Vista",
    "vista_sp2_x86": "Vista SP2 x86", "win7_sp1_x64": "7", "win7_sp1_x86": "7 x86",
    "win8_x64": "8", "win8_x86": "8 x86", "win81_x64": "8.1", "win81_x86": "8.1 x86",
    "win10_1507_x64": "10240", "win10_10586_x64": "10586", "win10_14393_x64": "14393",
    "win10_17763_x64": "17763", "win10_19041_x64": "19041", "win10_19041_x86": "19041 x86",
    "win11_22000_x64": "22000", "win11_22621_x64": "22621", "win11_26100_x64": "26100",
    "win11_26100_arm64": "26100 ARM64",
}  # fmt: skip

_INTRODUCTION = """\
# What is told of objects

<!-- Made by `python -m tools.objects_page`: change what the program tells, not this page. -->

`--details` adds everything that is known of a handle and of the object behind it to `list` and
`find`, in every format; `object ADDRESS` and `object \\Path\\Name` show one object, handle or not:

```sh
pykd-handle --dump memory.dmp 0 3 notepad.exe --details
pykd-handle --dump memory.dmp find --type Mutant --details --format jsonl
pykd-handle --dump memory.dmp object \\BaseNamedObjects\\Ready
```

Without it every command shows and reads what it always did; the flags of `!handle` change nothing
of that. Everything comes from the kernel's own memory, so a crash dump tells as much as a session.
Each detail stands for itself: one whose page or whose field is missing says so, the others stay.
What no public symbols describe is told only where the memory proves it: both ends of a link, the
type in a dispatcher header, a size.

What a thread waits for is told by its wait blocks, in whatever object they are linked; which thread
of which server it waits for, by the message that it sent.

Times are in UTC, sizes in bytes; SIDs have names where every Windows has the same. Looking through
all processes (the parent of a process, whom a debug object debugs, drive letters) and down the
regions of one (the module in which a thread of a program begins) is left out on a machine that
runs, as every read is a question to it; `object --holders` asks for the holders there.

Of types that are not below, the header, the name and the security are told, and that nothing else
is known of the body. Where a dump does not tell an object's type, `begins_with` says what the body
shows to be there: an event, a mutant, a semaphore or a queue, with its `count` and who waits.
"""
_ENTRY = """\

## Of every handle and every header

`rights` are the names of the headers for the words of `access`; `rights_together` says what they
amount to by the type's own mapping in memory, `rights_outside` which bits the type does not know.
`holders` is the kernel's own count of who holds the object, which it keeps for some types only.
`dacl` tells a NULL DACL, which lets everyone in, from an empty one, which lets nobody. `audits` is
what a descriptor of its own for that has audited (Windows 8 and later); `footer` and what follows
are of handles that can be revoked (from 10240 on). `audit_mask` and `max_relative_access_mask` are
kept beside the table of a process whose handles are audited.

"""


def page() -> str:
    """The page as it is to be."""
    lacking = _lacking()
    parts = [_INTRODUCTION, _ENTRY, _common()]
    sections: Dict[str, str] = {}
    for sample in (OLD_SAMPLE, SAMPLE):  # what both have is shown of the newer one
        image, items = one_of_each(sample)
        with KernelMode(MockTarget(image)) as kernel:
            for name in items if sample == SAMPLE else items.keys() - one_of_each(SAMPLE)[1].keys():
                shown = _shown(kernel, f"{items[name].address:x}")
                table = _table(name, lacking[name])
                sections[name] = f"\n## {name}\n\n```text\n{shown}```\n\n{table}"
    return "".join(parts + [sections[name] for name in sorted(sections, key=str.lower)])


def _shown(kernel: KernelMode, address: str) -> str:
    command = find_command("object")
    assert command is not None and command.run is not None
    options = Namespace(object=address, holders=False)
    out = io.StringIO()
    renderer = find_renderer("text")(out, io.StringIO(), command.columns["kernel"])
    renderer.render(command.run(kernel, options, Run()))
    return out.getvalue().lstrip("\n")


def _lacking() -> Dict[str, Dict[str, List[str]]]:
    """For each type and key, the systems whose symbols do not have what it is read from."""
    found: Dict[str, Dict[str, List[str]]] = {}
    for layout in _WINDOWS:
        if layout not in builds.names():
            continue
        image, items = one_of_each(layout)
        kernel = Kernel(MockTarget(image))
        objects = Objects(kernel)
        for name, item in items.items():
            details = objects.describe(kernel.object(item.header), True).details
            keys = found.setdefault(name, {})
            for key, value in details.items():
                keys.setdefault(key, [])
                if isinstance(value, Unavailable) and value.reason in _LACKING:
                    keys[key].append(_WINDOWS[layout])
    return found


def _table(name: str, lacking: Mapping[str, List[str]]) -> str:
    family = families()[name]
    rows = [(key, family.labels[key].text, lacking.get(key, [])) for key in family._keys]
    return _rows(rows)


def _rows(rows: List[Tuple[str, str, List[str]]]) -> str:
    lines = ["| key | read as | not in the public symbols of |", "| --- | --- | --- |"]
    lines += [f"| `{key}` | {label} | {', '.join(missing)} |" for key, label, missing in rows]
    return "\n".join(lines) + "\n"


def _common() -> str:
    from pykd_handle.objects.entry import Entry
    from pykd_handle.objects.header import Header

    rows: List[Tuple[str, Any, List[str]]] = []
    seen: Set[str] = set()
    masks = ("audit_mask", "max_relative_access_mask")
    rights = ("rights", "rights_together", "rights_outside")
    for key in (*rights, *Entry._keys, *masks, *Header._keys):
        if key not in seen:
            seen.add(key)
            labels = {**Entry.labels, **Header.labels}
            rows.append((key, labels[key].text, []))
    lines = ["| key | read as |", "| --- | --- |"]
    return "\n".join(lines + [f"| `{key}` | {label} |" for key, label, _ in rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
