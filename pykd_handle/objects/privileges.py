"""The privileges of a token, by the numbers of their LUIDs.

From Vista on they are three masks, whose bit numbers are the privileges' own; before, an array of
``_LUID_AND_ATTRIBUTES``.
"""

from __future__ import annotations

from ..hints import Dict, Tuple
from ..layout import fields
from ..values import CorruptedError, Reason
from .view import View

__all__ = ("PRIVILEGE_FIELDS", "forged", "privilege_name", "privileges")

PRIVILEGE_FIELDS = _PRESENT, _ENABLED = "Privileges.Present", "Privileges.Enabled"
"""The fields of ``_TOKEN`` that a view of it needs."""

_MOST_PRIVILEGES = 64
_ENABLED_ATTRIBUTE = 2  # SE_PRIVILEGE_ENABLED
# SE_*_PRIVILEGE: the numbers of winnt.h and ntifs.h.
_PRIVILEGES = {
    2: "CreateToken", 3: "AssignPrimaryToken", 4: "LockMemory", 5: "IncreaseQuota",
    6: "MachineAccount", 7: "Tcb", 8: "Security", 9: "TakeOwnership", 10: "LoadDriver",
    11: "SystemProfile", 12: "Systemtime", 13: "ProfileSingleProcess",
    14: "IncreaseBasePriority", 15: "CreatePagefile", 16: "CreatePermanent", 17: "Backup",
    18: "Restore", 19: "Shutdown", 20: "Debug", 21: "Audit", 22: "SystemEnvironment",
    23: "ChangeNotify", 24: "RemoteShutdown", 25: "Undock", 26: "SyncAgent",
    27: "EnableDelegation", 28: "ManageVolume", 29: "Impersonate", 30: "CreateGlobal",
    31: "TrustedCredManAccess", 32: "Relabel", 33: "IncreaseWorkingSet", 34: "TimeZone",
    35: "CreateSymbolicLink", 36: "DelegateSessionUserImpersonate",
}  # fmt: skip

_PRIVILEGE = fields("_LUID_AND_ATTRIBUTES", "Luid.LowPart", "Attributes")
_OLD_PRIVILEGES = fields("_TOKEN", "Privileges", "PrivilegeCount")  # up to Windows 2003


def privileges(token: View) -> Dict[int, bool]:
    """The privileges that it has, and which of them are enabled. Raises
    `CorruptedError` for an array of no size."""
    if token.has(_PRESENT):  # Vista and later
        present, enabled = token[_PRESENT], token[_ENABLED]
        return {n: bool(enabled >> n & 1) for n in range(64) if present >> n & 1}
    old = View(token.target, _OLD_PRIVILEGES, token.address)
    count = old["PrivilegeCount"]
    if count > _MOST_PRIVILEGES:
        raise CorruptedError(token.address, Reason.COUNT_OF_NO_MEANING, "PrivilegeCount", count)
    found: Dict[int, bool] = {}
    size = token.target.struct(_PRIVILEGE.struct).size
    first = old.pointer("Privileges") if count else 0
    for number in range(count):
        view = View(token.target, _PRIVILEGE, first + number * size)
        found[view["Luid.LowPart"]] = bool(view["Attributes"] & _ENABLED_ATTRIBUTE)
    return found


def forged(token: View) -> Tuple[int, ...]:
    """Those that are enabled and not there: no call of the system makes such a token."""
    if not token.has(_PRESENT):
        return ()
    wrong = token[_ENABLED] & ~token[_PRESENT]
    return tuple(number for number in range(64) if wrong >> number & 1)


def privilege_name(number: int) -> str:
    """``SeDebugPrivilege``; of one without a name, the number."""
    name = _PRIVILEGES.get(number)
    return str(number) if name is None else f"Se{name}Privilege"
