"""What the kernel transaction manager has, from Vista on: transactions (``_KTRANSACTION``), what
takes part in them (``_KRESOURCEMANAGER``, by a ``_KENLISTMENT``), and the log of both (``_KTM``).
"""

from __future__ import annotations

from ..hints import Optional
from ..layout import fields
from ..values import Hex
from .base import Facts, detail
from .guid import guid_fields, guid_text
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("Enlistment", "ResourceManager", "Transaction", "TransactionManager")

# The enumerations of the public symbols.
_OUTCOMES = {
    0: "uninitialized", 1: "undetermined", 2: "committed", 3: "aborted", 4: "unavailable",
}  # fmt: skip
_STATES = {
    0: "uninitialized", 1: "active", 2: "preparing", 3: "prepared", 4: "in doubt", 5: "committed",
    6: "aborted", 7: "delegated", 8: "pre-preparing", 9: "forgotten", 10: "recovering",
    11: "pre-prepared",
}  # fmt: skip
_STATES_WITH_SAVEPOINTS = {**_STATES, 11: "savepointing", 12: "pre-prepared"}
_RESOURCE_MANAGER_STATES = {0: "uninitialized", 1: "offline", 2: "online"}
_MANAGER_STATES = {
    0: "uninitialized", 1: "initialized", 2: "recovering", 3: "online", 4: "recovery failed",
    5: "offline",
}  # fmt: skip
_ENLISTMENT_STATES = {
    0: "uninitialized", 256: "active", 257: "preparing", 258: "prepared", 259: "in doubt",
    260: "committed", 261: "committed and notified", 262: "commit requested", 263: "aborted",
    264: "delegated", 265: "delegated and disconnected", 266: "pre-preparing", 267: "forgotten",
    268: "recovering", 269: "aborting", 270: "read only", 271: "outcome unavailable",
    272: "offline", 273: "pre-prepared", 274: "initialized",
}  # fmt: skip
_LOG = ("LogFileName.Length", "LogFileName.MaximumLength", "LogFileName.Buffer")
_DESCRIPTION = ("Description.Length", "Description.MaximumLength", "Description.Buffer")
_MANAGER = fields("_KTM", *_LOG)
_MUTEX = "Mutex.Header.Type"
_MUTANTS = {2: True}  # MutantObject


class _Managed(Waitable):
    """What belongs to a transaction manager, and begins with an event."""

    kinds = {0: False, 1: True}  # EventNotificationObject, EventSynchronizationObject

    @detail("Enlistments")
    def enlistments(self, item: View) -> int:
        return item["EnlistmentCount"]

    @detail("Description")
    def description(self, item: View) -> Optional[str]:
        return item.text("Description") or None

    @detail("Transaction Manager")
    def transaction_manager(self, item: View) -> Optional[Hex]:
        return _address(item, "Tm")

    @detail("Log File")
    def log_file(self, item: View) -> Optional[str]:
        place = item.optional_pointer("Tm")
        return None if place is None else _log_file(View(item.target, _MANAGER, place))


class Transaction(_Managed):
    """Describes TmTx objects: the event is that of the outcome."""

    types = ("TmTx",)
    struct = "_KTRANSACTION"
    header = "OutcomeEvent.Header."
    more_fields = (
        *dispatcher_fields(header), *guid_fields("UOW"), "State", "Outcome", "EnlistmentCount",
        *_DESCRIPTION, "Tm", "NextSavepoint"
    )  # fmt: skip

    @detail("Transaction Id")
    def transaction_id(self, item: View) -> str:
        return guid_text(item, "UOW")

    @detail("State")
    def state(self, item: View) -> str:
        # Vista had savepoints until its first service pack, and a state of theirs.
        states = _STATES_WITH_SAVEPOINTS if item.has("NextSavepoint") else _STATES
        return item.one_of("State", states)

    @detail("Outcome")
    def outcome(self, item: View) -> str:
        return item.one_of("Outcome", _OUTCOMES)


class ResourceManager(_Managed):
    """Describes TmRm objects: the event is that of notifications."""

    types = ("TmRm",)
    struct = "_KRESOURCEMANAGER"
    header = "NotificationAvailable.Header."
    more_fields = (
        *dispatcher_fields(header), *guid_fields("RmId"), "State", "EnlistmentCount",
        *_DESCRIPTION, "Tm"
    )  # fmt: skip

    @detail("Resource Manager Id")
    def resource_manager_id(self, item: View) -> str:
        return guid_text(item, "RmId")

    @detail("State")
    def state(self, item: View) -> str:
        return item.one_of("State", _RESOURCE_MANAGER_STATES)


class _Locked(Facts):
    """What begins with no event; a mutex in it says whether it can be one."""

    def check(self, item: View) -> None:
        """Where its mutex is stands none."""
        item.one_of(_MUTEX, _MUTANTS, mask=0x7F)


class TransactionManager(_Locked):
    """Describes TmTm objects."""

    types = ("TmTm",)
    struct = "_KTM"
    more_fields = (_MUTEX, *guid_fields("TmIdentity"), "State", *_LOG, "RecoveryStatus")

    @detail("Transaction Manager Id")
    def transaction_manager_id(self, item: View) -> str:
        return guid_text(item, "TmIdentity")

    @detail("State")
    def state(self, item: View) -> str:
        return item.one_of("State", _MANAGER_STATES)

    @detail("Log File")
    def log_file(self, item: View) -> Optional[str]:
        return _log_file(item)

    @detail("Recovery Status")
    def recovery_status(self, item: View) -> Hex:
        return Hex(item["RecoveryStatus"] & 0xFFFFFFFF)


class Enlistment(_Locked):
    """Describes TmEn objects."""

    types = ("TmEn",)
    struct = "_KENLISTMENT"
    more_fields = (
        _MUTEX, *guid_fields("EnlistmentId"), "State", "Transaction", "ResourceManager"
    )  # fmt: skip

    @detail("Enlistment Id")
    def enlistment_id(self, item: View) -> str:
        return guid_text(item, "EnlistmentId")

    @detail("State")
    def state(self, item: View) -> str:
        return item.one_of("State", _ENLISTMENT_STATES)

    @detail("Transaction")
    def transaction(self, item: View) -> Optional[Hex]:
        return _address(item, "Transaction")

    @detail("Resource Manager")
    def resource_manager(self, item: View) -> Optional[Hex]:
        return _address(item, "ResourceManager")


def _address(item: View, path: str) -> Optional[Hex]:
    """Of the body of another object, which `object ADDRESS` shows."""
    place = item.optional_pointer(path)
    return None if place is None else Hex(place)


def _log_file(manager: View) -> Optional[str]:
    """None for one that keeps no log: what it manages does not outlive the machine."""
    return manager.text("LogFileName") or None
