"""How people read details: the labels of keys that both modes have, or that no one type owns.

A key that only a family of kernel objects has is labelled there (`pykd_handle.objects`).
"""

from __future__ import annotations

from ..hints import Any, Dict, Mapping
from .named_tuple import NamedTuple

__all__ = ("LABELS", "Label")


class Label(NamedTuple):
    """How people read a detail: its label, and words for values that are better read as such
    (``{True: "Auto Reset", False: "Manual Reset"}``). ``brief`` is what stands for both where there
    is little room: a template of `str.format` (``session {}``). ``hexadecimal`` numbers are no
    addresses, and counts for a script, but people know them as such: ids."""

    text: str
    words: Mapping[Any, str] = {}
    brief: str = "{}"
    hexadecimal: bool = False


LABELS: Dict[str, Label] = {
    # Any object and any handle.
    "audit_mask": Label("Audit Mask"),
    "body": Label("Body", {False: "no public symbols describe it"}),
    "leaf_name": Label("Own Name"),
    "max_relative_access_mask": Label("Maximum Relative Access Mask"),
    "operations": Label("Operations"),
    "reserved": Label("Reserved"),
    "rights": Label("Rights"),
    "rights_outside": Label("Bits Not of the Type"),
    "rights_together": Label("Rights Together"),
    # Processes and threads.
    "affinity": Label("Affinity"),
    "base_priority": Label("Base Priority"),
    "eprocess": Label("Process Object"),
    "exit_status": Label("Exit Status"),
    "exited": Label("Exited"),
    "flags": Label("Flags"),
    "image": Label("Image"),
    "parent_pid": Label("Parent Process Id", hexadecimal=True),
    "peb": Label("Peb"),
    "pid": Label("Process Id", hexadecimal=True),
    "priority": Label("Priority"),
    "start_address": Label("Start Address"),
    "start_symbol": Label("Start Symbol"),
    "teb": Label("Teb"),
    "tid": Label("Thread Id", hexadecimal=True),
    # What a thread waits for.
    "abandoned": Label("Abandoned"),
    "auto_reset": Label("Event Type", {True: "Auto Reset", False: "Manual Reset"}),
    "count": Label("Count"),
    "limit": Label("Limit"),
    "owned": Label("Mutex is", {True: "Owned", False: "Free"}),
    "owner_pid": Label("Owner Process Id", hexadecimal=True),
    "owner_tid": Label("Owner Thread Id", hexadecimal=True),
    "remaining_ms": Label("Due in Milliseconds"),
    "set": Label("State", {True: "Set", False: "Waiting"}),
    # Sections and keys.
    "base": Label("Base Address"),
    "key_name": Label("Key Name"),
    "last_write": Label("Last Write Time"),
    "section_attributes": Label("Section Attributes"),
    "size": Label("Size"),
    # Information in user mode that is damaged.
    "chain": Label("Chain of Information"),
    "event": Label("Event Information"),
    "key": Label("Key Information"),
    "mutant": Label("Mutant Information"),
    "process": Label("Process Information"),
    "section": Label("Section Information"),
    "semaphore": Label("Semaphore Information"),
    "thread": Label("Thread Information"),
    "timer": Label("Timer Information"),
}
