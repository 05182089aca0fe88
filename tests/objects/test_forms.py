"""The forms that bodies have had: bytes at the places of each build, and what is told of them."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from .forms import Form, Put, hold

XP, S03, V, W7, W8, W81 = (
    "winxp_sp3_x86", "win2003_sp2_x64", "vista_sp2_x86", "win7_sp1_x64", "win8_x64", "win81_x64"
)  # fmt: skip
W1507, W14393, W17763, W19041 = (
    "win10_1507_x64", "win10_14393_x64", "win10_17763_x64", "win10_19041_x64"
)  # fmt: skip
W22621, W26100 = "win11_22621_x64", "win11_26100_x64"

SMSS, THREAD = "smss.exe Cid 0138", "smss.exe Cid 0138.013c"


def lpc_port(layout: str, *places: int) -> List[Form]:
    """``_LPCP_PORT_OBJECT``: ConnectedPort, ReceiveHead, Creator, ClientThread, ServerProcess,
    MaxMessageLength, Flags, PortContext."""
    peer, queue, creator, client, server, longest, flags, context = places
    wide = 4 if layout == XP else 8
    connection = Form(
        "Port", layout,
        [
            (".", 0, "P", "."), (".", queue, "@", 0), (".", creator, "P", 0x138),
            (".", creator + wide, "P", 0x13C), (".", server, "P", "smss"),
            (".", longest, 2, 0x100), (".", flags, 4, 0x81), ("message", queue, "L", "."),
        ],
        {
            "role": "connection", "owner_process": SMSS, "port_creator": "Cid 0138.013c",
            "queues": ("main: 1",), "longest_message": 0x100, "peers": None,
            "connection_port": None, "port_flags": ("dynamic security",), "port_context": None,
        },
    )  # fmt: skip
    ends = Form(
        "WaitablePort", layout,
        [
            (".", 0, "P", "other"), (".", peer, "P", "far"), (".", queue, "@", 0),
            (".", client, "P", "thread"), (".", flags, 4, 0x24), (".", context, "P", 0x77),
            ("other", 0, "P", "other"), ("far", 0, "P", "other"), ("far", flags, 4, 3),
            ("far", creator, "P", 0x200), ("far", creator + wide, "P", 0x204),
        ],
        {
            "role": "client", "peers": ("server 0x{far:x} Cid 0200.0204",), "queues": ("main: 0",),
            "client_thread": THREAD, "port_flags": ("waitable",), "port_context": 0x77,
            "owner_process": None,
        },
    )  # fmt: skip
    stranger = ends._replace(puts=[*ends.puts, ("far", 0, "P", "far")], told={"peers": ...})
    # A connection port is its own, and every port is of some kind.
    wrong = [
        Form(
            "Port", layout, [(".", 0, "P", "."), (".", flags, 4, kind)], {"body": ..., "role": None}
        )
        for kind in (3, 7)
    ]
    return [connection, ends, stranger, *wrong]


def job(layout: str, *places: int) -> List[Form]:
    """``_EJOB``: LimitFlags, PerProcessUserTimeLimit (the job's lies behind), PriorityClass,
    SchedulingClass, and from Windows 8 on ChildJobListHead, SiblingJobLinks, ParentJob."""
    flags, time, priority, scheduling, *jobs = places
    puts: List[Put] = [
        (".", 0, 1, 0), (".", 8, "@", 0), (".", flags, 4, 0xA6), (".", time, 8, 50_000),
        (".", time + 8, 8, 120_000), (".", priority, 1, 5), (".", scheduling, 4, 7),
    ]  # fmt: skip
    told: Dict[str, Any] = {
        "limits": ("process time", "job time", "priority class", "scheduling class"),
        "process_time_limit_ms": 5, "job_time_limit_ms": 12, "priority_class_limit": 5,
        "scheduling_class": 7, "child_jobs": None, "frozen": None, "silo_state": None,
    }  # fmt: skip
    bare: List[Put] = [(".", 0, 1, 0), (".", 8, "@", 0)]
    none = dict.fromkeys(("process_time_limit_ms", "job_time_limit_ms", "priority_class_limit"))
    if not jobs:
        return [Form("Job", layout, puts, told), Form("Job", layout, bare, none)]
    children, siblings, parent = jobs
    empty: List[Put] = [(".", children, "@", 0)]
    nested: List[Put] = [
        ("child", siblings, "L", f".+{children:#x}"), ("child", parent, "P", "."),
    ]  # fmt: skip
    other: List[Put] = [("child", siblings, "L", f".+{children:#x}")]
    return [
        Form("Job", layout, puts + empty, told),
        Form("Job", layout, bare + empty + nested, {**none, "child_jobs": ("0x{child:x}",)}),
        Form("Job", layout, bare + empty + other, {"child_jobs": ...}),
    ]


def frozen(layout: str, *places: int) -> List[Form]:
    """``_EJOB``: JobFlags (bit 9), EffectiveFreezeCount, ChildJobListHead, NestingDepth."""
    flags, count, children, depth = places
    puts: List[Put] = [
        (".", 0, 1, 0), (".", 8, "@", 0), (".", children, "@", 0), (".", depth, 1, 2),
    ]  # fmt: skip
    return [
        Form("Job", layout, puts, {"frozen": None, "nesting_depth": 2}),
        Form("Job", layout, [*puts, (".", flags, 4, 1 << 9)], {"frozen": True}),
        Form("Job", layout, [*puts, (".", count, 4, 1)], {"frozen": True}),
    ]


def silo(layout: str, *places: int) -> List[Form]:
    """``_EJOB``: JobFlags (bit 30), ServerSiloGlobals, ChildJobListHead; ``_ESERVERSILO_GLOBALS``:
    SiloRootDirectoryName, State."""
    flags, silo_globals, children, root, state = places
    puts: List[Put] = [
        (".", 0, 1, 0), (".", 8, "@", 0), (".", children, "@", 0), (".", flags, 4, 1 << 30),
        (".", silo_globals, "P", "globals"), ("globals", root, "S", "\\Silos\\4"),
        ("globals", state, 4, 1),
    ]  # fmt: skip
    told = {"silo": True, "silo_state": "started", "silo_root": "\\Silos\\4"}
    return [
        Form("Job", layout, puts, told),
        Form("Job", layout, [*puts, ("globals", state, 4, 5)], {**told, "silo_state": ...}),
        Form("Job", layout, [*puts, (".", flags, 4, 0)], dict.fromkeys(told)),
    ]


def page_file_section(layout: str, *places: Any) -> List[Form]:
    """Segment and control area lead to each other. ``_SECTION``: u1 and InitialPageProtection (of
    older ones the pointer to the segment, and what follows ``_SECTION_OBJECT``);
    ``_CONTROL_AREA.u1`` (None: there is no partition); ``_SEGMENT.u1``, and what its creator is."""
    pointer, first, protection, partition, creator, made_by = places
    puts: List[Put] = [
        (".", pointer, "P", first), (".", protection, 4, 0x40), ("area", 0, "P", "segment"),
        ("segment", 0, "P", "area"),
        ("segment", creator, "P", "smss" if made_by == SMSS else 0x138),
    ]  # fmt: skip
    if partition is not None:
        puts.append(("area", partition, 2, 3))
    told = {
        "kind": "page file", "protection": "execute read write", "writable_code": True,
        "section_creator": made_by, "partition": None if partition is None else 3,
    }  # fmt: skip
    return [
        Form("Section", layout, puts, told),
        Form(
            "Section", layout, [*puts, (".", protection, 4, 4)],
            {"protection": "read write", "writable_code": None},
        ),
    ]  # fmt: skip


def enabled(layout: str, *places: int) -> List[Form]:
    """``_ETW_REG_ENTRY``: GuidEntry, EnableMask; ``_ETW_GUID_ENTRY.EnableInfo``, of which each has
    0x20 bytes (IsEnabled at 0, Level 4, LoggerId 6, MatchAnyKeyword 0x10)."""
    guid, mask, info = places
    puts: List[Put] = [
        (".", guid, "P", "guid"), (".", mask, 1, 0x82),
        ("guid", info + 0x20, 4, 1), ("guid", info + 0x24, 1, 5), ("guid", info + 0x26, 2, 12),
        ("guid", info + 0x30, 8, 0x8000000000000010),
    ]  # fmt: skip
    return [
        Form(
            "EtwRegistration", layout, puts,
            {"enables": ("session 12: level 5, keywords 0x8000000000000010", "nothing")},
        ),
        Form("EtwRegistration", layout, [*puts, (".", mask, 1, 0)], {"enables": None}),
    ]  # fmt: skip


def messages(layout: str, *places: int) -> List[Form]:
    """``_ALPC_PORT``: MainQueue, LargeMessageQueue, PendingQueue; ``_KALPC_MESSAGE.WaitingThread``
    (Entry lies at 0)."""
    main, large, pending, thread = places
    puts: List[Put] = [(".", queue, "@", 0) for queue in (main, large, pending)]
    sent: List[Put] = [
        ("one", 0, "L", f".+{main:#x}"), ("one", thread, "P", 0),  # nobody waits for that
        ("two", 0, "L", f".+{large:#x}"), ("two", thread, "P", "thread"),
        ("three", 0, "L", f".+{pending:#x}"), ("three", thread, "P", "thread"),
    ]  # fmt: skip
    return [
        Form("ALPC Port", layout, puts, {"waiting_clients": None}),
        Form("ALPC Port", layout, puts + sent, {"waiting_clients": (THREAD,)}),
        Form("ALPC Port", layout, [*puts, ("two", 0, 8, 0), (".", main, "P", "two")],
             {"waiting_clients": ...}),
    ]  # fmt: skip


def waits(layout: str, *places: Any) -> List[Form]:
    """``_KTHREAD``: State, WaitReason, WaitMode, WaitBlockList; ``_KWAIT_BLOCK``: Thread, Object,
    and up to Windows 7 NextWaitBlock (None: the next one lies 0x30 bytes behind); WaitBlockCount
    where those symbols have it."""
    state, reason, mode, blocks, thread, item, following, *count = places
    wide = 4 if layout == XP else 8
    puts: List[Put] = [
        (".", 0, 1, 6), (".", state, 1, 5), (".", reason, 1, 6), (".", mode, 1, 1),
        (".", blocks, "P", "block"), ("ready", 8, "@", 0), ("event", 8, "@", 0),
        (".", 0xF8, 1, 8), (".", 0x100, "@", 0),  # a timer in the thread itself
    ]  # fmt: skip
    puts += [(".", place, 1, 3) for place in count]
    for number, (place, head) in enumerate(
        (("ready", "ready+0x8"), ("event", "event+0x8"), (".+0xf8", ".+0x100"))
    ):
        block = f"block+{number * 0x30:#x}"
        puts += [(block, 0, "L", head), (block, thread, "P", "."), (block, item, "P", place)]
        if following is not None:
            puts.append((block, following, "P", f"block+{(number + 1) % 3 * 0x30:#x}"))
    told = {
        "state": "waiting", "wait_reason": "UserRequest", "wait_mode": 1, "alertable": False,
        "waits_for": ("Event \\BaseNamedObjects\\Ready", "event 0x{event:x}", "its own timer"),
        "reply_port": None,
    }  # fmt: skip
    runs = dict.fromkeys(("wait_reason", "wait_mode", "alertable", "waits_for"))
    return [
        Form("Thread", layout, puts, told, 0xA00),
        Form("Thread", layout, [*puts, (".", state, 1, 2)], {**runs, "state": "running"}, 0xA00),
        Form("Thread", layout, [*puts, (".", reason, 1, 37)],
             {"waits_for": None, "wait_reason": "WrAlertByThreadId"}, 0xA00),
        # What is left of an earlier wait: its links do not lead back, or it is another thread's.
        Form("Thread", layout, [*puts, ("event", 8, "@", 0)],
             {"waits_for": told["waits_for"][:1]}, 0xA00),
        Form("Thread", layout, [*puts, ("block+0x30", 0, "P", 8)],
             {"waits_for": told["waits_for"][:1]}, 0xA00),
        Form("Thread", layout, [*puts, ("event", 8, "P", "block")],
             {"waits_for": told["waits_for"][:1]}, 0xA00),
        # No header is in front, whatever type its bytes name: it begins with a negative count.
        Form("Thread", layout, [*puts, ("ready", -6 * wide, wide, -1)],
             {"waits_for": ("event 0x{ready:x}", *told["waits_for"][1:])}, 0xA00),
        Form("Thread", layout, [*puts, ("block", thread, "P", "thread")],
             {"waits_for": ...}, 0xA00),
        # For the end of a thread, and of a process.
        Form("Thread", layout,
             [*puts, ("thread", 8, "@", 0), ("block", 0, "L", "thread+0x8"),
              ("block", item, "P", "thread"), ("smss", 8, "@", 0),
              ("block+0x30", 0, "L", "smss+0x8"), ("block+0x30", item, "P", "smss")],
             {"waits_for": (f"Thread {THREAD}", f"Process {SMSS}", "its own timer")}, 0xA00),
    ]  # fmt: skip


def replies(layout: str, *places: int) -> List[Form]:
    """``_KTHREAD``: State, WaitReason; ``_ETHREAD.AlpcMessage``; ``_KALPC_MESSAGE``: WaitingThread,
    ConnectionPort, ServerThread."""
    state, reason, message, waiting, port, server = places
    puts: List[Put] = [
        (".", 0, 1, 6), (".", state, 1, 5), (".", reason, 1, 17), (".", message, "P", "message"),
        ("message", waiting, "P", "."), ("message", port, "P", "ready"),
        ("message", server, "P", "thread"),
    ]  # fmt: skip
    told = {"reply_port": "\\BaseNamedObjects\\Ready", "reply_thread": THREAD}
    other: Put = ("message", waiting, "P", "thread")
    return [
        Form("Thread", layout, puts, {**told, "wait_reason": "WrLpcReply"}, 0xA00),
        Form("Thread", layout, [*puts, (".", reason, 1, 16)], dict.fromkeys(told), 0xA00),
        Form("Thread", layout, [*puts, other], dict.fromkeys(told, ...), 0xA00),
        Form("Thread", layout, [*puts, (".", message, "P", 0)], dict.fromkeys(told), 0xA00),
        Form("Thread", layout, [*puts, ("message", port, "P", 0)],
             {**told, "reply_port": None}, 0xA00),
        Form("Thread", layout, [*puts, ("message", server, "P", 0x13C)],
             {**told, "reply_thread": ...}, 0xA00),
    ]  # fmt: skip


def starts(layout: str, *places: int) -> List[Form]:
    """``_ETHREAD``: Win32StartAddress, and where those symbols have it the byte of
    StartAddressInvalid (bit 3)."""
    start, *invalid = places
    told = {"start_address": 0x401000}
    puts: List[Put] = [(".", 0, 1, 6), (".", start, "P", 0x401000)]
    forms = [
        Form("Thread", layout, puts, told, 0xA00),
        # The id of a message lies there.
        Form("Thread", layout, [*puts, (".", start, "P", 0x2F1)], {"start_address": ...}, 0xA00),
    ]
    forms += [
        Form("Thread", layout, [*puts, (".", place, 1, 8)],
             {"start_address": ..., "start_symbol": ...}, 0xA00)
        for place in invalid
    ]  # fmt: skip
    return forms


def mutant(layout: str, *places: int) -> List[Form]:
    """``_KMUTANT.OwnerThread``; ``_ETHREAD.CrossThreadFlags`` (bit 0)."""
    owner, flags = places
    puts: List[Put] = [
        (".", 0, 1, 2),
        (".", 4, 4, 0),
        (".", 8, "@", 0),
        (".", owner, "P", "thread"),
    ]
    gone: Put = ("thread", flags, 4, 1)
    return [
        Form("Mutant", layout, puts, {"owner_tid": 0x13C, "owner_ended": None}),
        Form("Mutant", layout, [*puts, gone], {"owner_tid": 0x13C, "owner_ended": True}),
    ]


FORMS = [
    *starts(XP, 0x228),
    *starts(W7, 0x410),
    *starts(W17763, 0x690, 0x6D8),
    *starts(W19041, 0x4D0, 0x518),
    *mutant(XP, 0x18, 0x248),
    *mutant(W7, 0x28, 0x448),
    *mutant(W19041, 0x28, 0x510),
    *mutant(W22621, 0x28, 0x560),
    *mutant(W26100, 0x28, 0x5A0),
    *waits(XP, 0x2D, 0x5B, 0x59, 0x5C, 0x8, 0xC, 0x10),
    *waits(S03, 0x154, 0x92, 0x157, 0x88, 0x10, 0x18, 0x20),
    *waits(W7, 0x164, 0x26B, 0x167, 0x98, 0x10, 0x18, 0x20),
    *waits(W8, 0x184, 0x283, 0x187, 0xD0, 0x18, 0x20, None),
    *waits(W19041, 0x184, 0x283, 0x187, 0xD0, 0x18, 0x20, None, 0x24B),
    *waits(W22621, 0x184, 0x283, 0x187, 0xD0, 0x18, 0x20, None),
    *replies(W7, 0x164, 0x26B, 0x460, 0x58, 0xC8, 0xD0),
    *replies(W8, 0x184, 0x283, 0x448, 0x20, 0xB8, 0xC0),
    *replies(W14393, 0x184, 0x283, 0x6D8, 0x20, 0xC0, 0xC8),
    *replies(W19041, 0x184, 0x283, 0x530, 0x20, 0xC0, 0xC8),
    *replies(W22621, 0x184, 0x283, 0x580, 0x20, 0xC0, 0xC8),
    *lpc_port(XP, 0x4, 0x10, 0x18, 0x2C, 0x88, 0x8C, 0x90, 0x28),
    *lpc_port(S03, 0x8, 0x20, 0x30, 0x58, 0xD8, 0xE0, 0xE4, 0x50),
    *job(XP, 0x98, 0x88, 0xAC, 0xD0),
    *job(W7, 0xF0, 0xD0, 0x120, 0x14C),
    *job(W8, 0x100, 0xE0, 0x351, 0x1E4, 0x400, 0x3F0, 0x410),
    *job(W19041, 0x100, 0xE0, 0x369, 0x1E4, 0x420, 0x410, 0x430),
    *job(W22621, 0x100, 0xE0, 0x439, 0x244, 0x4F0, 0x4E0, 0x500),
    *frozen(W17763, 0x518, 0x358, 0x420, 0x36A),
    *frozen(W19041, 0x528, 0x358, 0x420, 0x36A),
    *silo(W14393, 0x518, 0x4E8, 0x410, 0x3C8, 0x3E0),
    *silo(W17763, 0x518, 0x4E8, 0x420, 0x428, 0x440),
    *silo(W19041, 0x528, 0x4F8, 0x420, 0x430, 0x448),
    *silo(W22621, 0x5F8, 0x5C8, 0x4F0, 0x500, 0x518),
    *page_file_section(XP, 0x14, "segment", 0x24, None, 0x2C, SMSS),
    *page_file_section(W7, 0x28, "segment", 0x3C, None, 0x30, SMSS),
    *page_file_section(W1507, 0x28, "area", 0x3C, 0x3C, 0x30, SMSS),
    *page_file_section(W19041, 0x28, "area", 0x3C, 0x3C, 0x30, "Cid 0138"),
    *page_file_section(W22621, 0x28, "area", 0x3C, 0x3C, 0x30, "Cid 0138"),
    *enabled(V, 0x8, 0x10, 0x58),
    *enabled(W7, 0x10, 0x1C, 0x70),
    *enabled(W81, 0x10, 0x4B, 0x70),
    *enabled(W14393, 0x20, 0x64, 0x70),
    *enabled(W17763, 0x20, 0x64, 0x70),
    *enabled(W19041, 0x20, 0x64, 0x80),
    *enabled(W22621, 0x20, 0x64, 0x80),
    *messages(V, 0x60, 0x70, 0x68, 0x30),
    *messages(W7, 0x88, 0xA8, 0x98, 0x58),
    *messages(W8, 0x90, 0xA0, 0xB8, 0x20),
    *messages(W19041, 0x90, 0xA0, 0xB8, 0x20),
    *messages(W22621, 0x90, 0xA0, 0xB8, 0x20),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.type}-{form.layout}")
def test_a_form(form: Form) -> None:
    hold(form)
