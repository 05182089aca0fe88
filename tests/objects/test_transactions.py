"""The kernel transaction manager's objects: bytes at the places of each build, and what is told."""

from __future__ import annotations

from typing import List

import pytest

from .forms import Form, Made, Put, hold

V0, V, W7, W19041 = "vista_sp0_x64", "vista_sp2_x86", "win7_sp1_x64", "win10_19041_x64"
GUID, LOG = "{00112233-4455-6677-8899-aabbccddeeff}", "\\Device\\HarddiskVolume3\\KtmLog"


def guid(offset: int) -> List[Put]:
    return [(".", offset, 8, 0x6677445500112233), (".", offset + 8, 8, 0xFFEEDDCCBBAA9988)]


def event(*more: Put) -> List[Put]:
    return [(".", 0, 1, 0), (".", 8, "@", 0), *more]


def transaction(layout: str, *places: int) -> List[Form]:
    """``_KTRANSACTION``: UOW, State, EnlistmentCount, Description, Outcome, Tm;
    ``_KTM.LogFileName``."""
    uow, state, count, text, outcome, manager, log = places
    puts = event(
        *guid(uow), (".", state, 4, 4), (".", count, 4, 3), (".", outcome, 4, 2),
        (".", manager, "P", "tm"),
    )  # fmt: skip
    told = {
        "transaction_id": GUID, "state": "in doubt", "enlistments": 3, "outcome": "committed",
        "waiters": (), "description": None, "log_file": None,
    }  # fmt: skip
    return [
        Form("TmTx", layout, puts, told),
        Form("TmTx", layout, [*puts, (".", text, "S", "Update 7")], {"description": "Update 7"}),
        Form("TmTx", layout, [*puts, ("tm", log, "S", LOG)], {"log_file": LOG}),
        Form("TmTx", layout, [*puts, (".", manager, "P", 8)],
             {**told, "log_file": ..., "transaction_manager": ...}),
        Form("TmTx", layout, [*puts, (".", state, 4, 13)], {**told, "state": ...}),
        Form("TmTx", layout, [*puts, (".", 0, 1, 2)], {"body": ..., "state": None}),
    ]  # fmt: skip


def resource_manager(layout: str, *places: int) -> List[Form]:
    """``_KRESOURCEMANAGER``: State, RmId, EnlistmentCount, Tm, Description;
    ``_KTM.LogFileName``."""
    state, rm, count, manager, text, log = places
    puts = event(
        (".", 0, 1, 1), *guid(rm), (".", state, 4, 2), (".", count, 4, 3), (".", manager, "P", "tm")
    )
    told = {"resource_manager_id": GUID, "state": "online", "enlistments": 3, "waiters": ()}
    return [
        Form("TmRm", layout, [*puts, (".", text, "S", "$TxF")], {**told, "description": "$TxF"}),
        Form("TmRm", layout, [*puts, ("tm", log, "S", LOG)], {**told, "log_file": LOG}),
        Form("TmRm", layout, [*puts, (".", state, 4, 3)], {**told, "state": ...}),
        Form("TmRm", layout, [*puts, (".", 0, 1, 2)], {"body": ..., "state": None}),
    ]


def manager(layout: str, *places: int) -> List[Form]:
    """``_KTM``: Mutex, State, TmIdentity, LogFileName, RecoveryStatus."""
    mutex, state, identity, log, status = places
    puts: List[Put] = [
        (".", mutex, 1, 2), *guid(identity), (".", state, 4, 4), (".", status, 4, 0xC000003F),
    ]  # fmt: skip
    told = {
        "transaction_manager_id": GUID, "state": "recovery failed", "log_file": None,
        "recovery_status": 0xC000003F,
    }  # fmt: skip
    return [
        Form("TmTm", layout, puts, told),
        Form("TmTm", layout, [*puts, (".", log, "S", LOG)], {"log_file": LOG}),
        Form("TmTm", layout, [*puts, (".", mutex, 1, 0)], {"body": ..., "state": None}),
    ]


def enlistment(layout: str, *places: int) -> List[Form]:
    """``_KENLISTMENT``: Mutex, EnlistmentId, State."""
    mutex, own, state = places
    puts: List[Put] = [(".", mutex, 1, 2), *guid(own), (".", state, 4, 0x108)]
    told = {
        "enlistment_id": GUID, "state": "delegated", "transaction": None, "resource_manager": None
    }  # fmt: skip
    return [
        Form("TmEn", layout, puts, told),
        Form("TmEn", layout, [*puts, (".", state, 4, 0x113)], {**told, "state": ...}),
        Form("TmEn", layout, [*puts, (".", mutex, 1, 0)], {"body": ..., "state": None}),
    ]


FORMS = [
    *transaction(V0, 0xB0, 0xC0, 0xD8, 0x130, 0x1F8, 0x200, 0x88),
    *transaction(V, 0x60, 0x70, 0x80, 0xC8, 0x138, 0x13C, 0x54),
    *transaction(W19041, 0xB0, 0xC0, 0xD8, 0x130, 0x1F8, 0x200, 0x88),
    *resource_manager(V, 0x14, 0x50, 0xB0, 0xD4, 0xD8, 0x54),
    *resource_manager(W7, 0x1C, 0x88, 0x120, 0x168, 0x170, 0x88),
    *manager(V, 0x4, 0x24, 0x3C, 0x54, 0x210),
    *manager(V0, 0x8, 0x40, 0x70, 0x88, 0x378),
    *manager(W19041, 0x8, 0x40, 0x70, 0x88, 0x380),
    *enlistment(V, 0x28, 0x18, 0x60),
    *enlistment(W7, 0x40, 0x30, 0xA8),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.type}-{form.layout}")
def test_a_form(form: Form) -> None:
    hold(form)


# The type, a structure's pointer, the detail that it is, and what must stand in the body for that.
LINKS = [
    ("TmTx", V, 0x13C, "transaction_manager", event()),
    ("TmTx", W19041, 0x200, "transaction_manager", event()),
    ("TmRm", V, 0xD4, "transaction_manager", event()),
    ("TmRm", W7, 0x168, "transaction_manager", event()),
    ("TmEn", V, 0x5C, "transaction", [(".", 0x28, 1, 2)]),
    ("TmEn", W7, 0xA0, "transaction", [(".", 0x40, 1, 2)]),
    ("TmEn", V, 0x58, "resource_manager", [(".", 0x28, 1, 2)]),
    ("TmEn", W7, 0x98, "resource_manager", [(".", 0x40, 1, 2)]),
]


@pytest.mark.parametrize(("type_name", "layout", "offset", "key", "puts"), LINKS)
def test_what_leads_where(
    type_name: str, layout: str, offset: int, key: str, puts: List[Put]
) -> None:
    made = Made(type_name, layout)
    made.write([*puts, (".", offset, "P", "other")])
    assert made.told()[key] == made.places["other"]
