"""Access tokens: ``_TOKEN``.

User and groups are an array of ``_SID_AND_ATTRIBUTES``, the user first; from 8.1 on the SIDs
themselves may lie in a block that tokens share. From Vista on privileges are three masks, whose bit
numbers are the privileges' own; before, an array. The account's name stands in the logon session
(Vista and later), which keeps it as it was at the logon.
"""

from __future__ import annotations

from datetime import datetime
from typing import Dict, List, Optional, Tuple

from ..kernel import Kernel
from ..kernel.sid import INTEGRITY, Sid, read_sid
from ..kernel.strings import ansi_text
from ..layout import fast_reference, fields
from ..values import CorruptedError, Hex, Reason
from .base import Facts, detail
from .bits import bit_names
from .view import View

__all__ = ("Token", "TokenReader", "Who")

_MOST_SIDS = 4096
_MOST_PRIVILEGES = 64
_NONE = 0xFFFFFFFF
_PRESENT, _ENABLED = "Privileges.Present", "Privileges.Enabled"
_ENABLED_ATTRIBUTE = 2  # SE_PRIVILEGE_ENABLED
_FILTERED, _LOWBOX = 0x800, 0x4000
_HIGH = 0x3000
_ADMINISTRATORS = Sid(5, (32, 544))
_GROUP_ENABLED = 4  # SE_GROUP_ENABLED
# Attributes of a group, as winnt.h has them.
_GROUP = {
    0x1: "mandatory", 0x2: "default", 0x4: "enabled", 0x8: "owner", 0x10: "deny only",
    0x20: "integrity", 0x40: "integrity enabled", 0x20000000: "resource",
    0xC0000000: "logon id",
}  # fmt: skip
_LEVELS = ("anonymous", "identification", "impersonation", "delegation")
# SYSTEM_LUID and the like.
_SESSIONS = {
    0x3E3: "IUSR", 0x3E4: "NETWORK SERVICE", 0x3E5: "LOCAL SERVICE", 0x3E6: "ANONYMOUS",
    0x3E7: "SYSTEM",
}  # fmt: skip
_FLAGS = {
    0x1: "traverse", 0x2: "backup", 0x4: "restore", 0x8: "write restricted", 0x10: "restricted",
    0x20: "session not referenced", 0x40: "sandbox inert", 0x80: "impersonate",
    0x100: "backup checked", 0x200: "virtualization allowed", 0x400: "virtualization enabled",
    0x800: "filtered", 0x1000: "UI access", 0x2000: "not low", 0x4000: "AppContainer",
    0x8000: "own claims", 0x10000: "private namespace", 0x20000: "no global attributes",
    0x40000: "special encrypted open", 0x80000: "no child process",
    0x100000: "no child process unless secure", 0x200000: "audits child processes",
}  # fmt: skip
_POLICY = {1: "no-write-up", 2: "new-process-min"}
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

_SID = fields("_SID_AND_ATTRIBUTES", "Sid", "Attributes")
_PRIVILEGE = fields("_LUID_AND_ATTRIBUTES", "Luid.LowPart", "Attributes")
_OLD_PRIVILEGES = fields("_TOKEN", "Privileges", "PrivilegeCount")  # up to Windows 2003
_TEXT = ("Length", "MaximumLength", "Buffer")
_LOGON = fields(
    "_SEP_LOGON_SESSION_REFERENCES",
    "LogonId.LowPart",
    "LogonId.HighPart",
    "BuddyLogonId.LowPart",
    "BuddyLogonId.HighPart",
    *(f"{name}.{part}" for name in ("AccountName", "AuthorityName") for part in _TEXT),
)
_LOWBOX_ENTRY = fields("_SEP_LOWBOX_NUMBER_ENTRY", "LowboxNumber")
_LUIDS = ("TokenId", "AuthenticationId", "ParentTokenId", "OriginatingLogonSession")
_BRIEF = (
    "UserAndGroupCount",
    "UserAndGroups",
    "TokenType",
    "ImpersonationLevel",
    "IntegrityLevelIndex",
    "IntegrityLevelSidValue",
)
_WHO = fields("_TOKEN", *_BRIEF)


class Who:
    """Whom a token is of: a view of it with what that takes."""

    def __init__(self, token: View) -> None:
        self.token = token
        self.target = token.target

    def check(self) -> None:
        """Raises `CorruptedError` where this is no token."""
        self.token.one_of("TokenType", {1: True, 2: True})
        self.token.one_of("ImpersonationLevel", {0: True, 1: True, 2: True, 3: True})
        count = self.token["UserAndGroupCount"]
        if not 1 <= count <= _MOST_SIDS:
            place = self.token.address
            raise CorruptedError(place, Reason.COUNT_OF_NO_MEANING, "UserAndGroupCount", count)

    def sid(self, number: int) -> Tuple[Sid, int]:
        """The user (0) or a group, with its attributes."""
        return _sid_at(self.token, "UserAndGroups", number)

    @property
    def integrity(self) -> Optional[int]:
        """The integrity level; None for a token without one, as all are before Vista."""
        token = self.token
        if token.has("IntegrityLevelSidValue"):
            value = token.optional_pointer("IntegrityLevelSidValue")
            if value is not None:
                return _last(read_sid(self.target, value))
        if not token.has("IntegrityLevelIndex"):
            return None
        index = token["IntegrityLevelIndex"]
        if index == _NONE:
            return None
        if index >= token["UserAndGroupCount"]:
            raise CorruptedError(token.address, Reason.COUNT_OF_NO_MEANING, "index", index)
        return _last(self.sid(index)[0])


class TokenReader:
    """Whom the processes of one kernel act for."""

    def __init__(self, kernel: Kernel) -> None:
        self._target = kernel.target

    def of(self, reference: int) -> Who:
        """The token that an ``_EX_FAST_REF`` leads to. Raises `PykdHandleError`."""
        address = fast_reference(reference, self._target.pointer_size)
        if not self._target.is_kernel_address(address):
            raise CorruptedError(address, Reason.FIELD_NOWHERE, "the token")
        who = Who(View(self._target, _WHO, address))
        who.check()
        return who


class Token(Facts):
    """Describes Token objects."""

    types = ("Token",)
    struct = "_TOKEN"
    more_fields = (
        *_BRIEF,
        *(f"{name}.{part}" for name in _LUIDS for part in ("LowPart", "HighPart")),
        *(f"TokenSource.SourceName[{number}]" for number in range(8)),
        "ExpirationTime.QuadPart",
        _PRESENT,
        _ENABLED,
        "SessionId",
        "RestrictedSidCount",
        "RestrictedSids",
        "TokenFlags",
        "TokenInUse",
        "MandatoryPolicy",
        "LogonSession",
        "Package",
        "Capabilities",
        "CapabilityCount",
        "LowboxNumberEntry",
        "TrustLevelSid",
    )

    def check(self, token: View) -> None:
        """Its kind, its level and the number of its groups are ones that a token has."""
        Who(token).check()

    @detail("Token Type", words={1: "Primary", 2: "Impersonation"})
    def token_type(self, token: View) -> int:
        return token["TokenType"]

    @detail("Impersonation Level")
    def impersonation_level(self, token: View) -> Optional[str]:
        return _LEVELS[token["ImpersonationLevel"] & 3] if token["TokenType"] == 2 else None

    @detail("User")
    def user(self, token: View) -> str:
        sid, attributes = Who(token).sid(0)
        return f"{sid.words}, deny only" if attributes & 0x10 else sid.words

    @detail("Account")
    def account(self, token: View) -> Optional[str]:
        logon = token.once(self._logon)
        if logon is None or not logon.has("AccountName.Length"):
            return None
        name, authority = logon.text("AccountName"), logon.text("AuthorityName")
        if not name:
            return None
        return f"{authority}\\{name}" if authority else name

    @detail("Groups")
    def groups(self, token: View) -> Tuple[str, ...]:
        who = Who(token)
        found = (who.sid(number) for number in range(1, token["UserAndGroupCount"]))
        return tuple(map(_group, found))

    @detail("Restricted to")
    def restricted_to(self, token: View) -> Optional[Tuple[str, ...]]:
        return self._sids(token, "RestrictedSids", "RestrictedSidCount")

    @detail("Integrity Level")
    def integrity(self, token: View) -> Optional[str]:
        level = Who(token).integrity
        return None if level is None else INTEGRITY.get(level, f"0x{level:x}")

    @detail("Mandatory Policy")
    def mandatory_policy(self, token: View) -> Optional[Tuple[str, ...]]:
        if not token.has("MandatoryPolicy"):
            return None
        return bit_names(token["MandatoryPolicy"], _POLICY)

    @detail("Elevation")
    def elevation(self, token: View) -> Optional[str]:
        """Which of the two tokens of an administrator it is, by the session that is linked."""
        logon = token.once(self._logon)
        if logon is None or not logon.has("BuddyLogonId.LowPart"):
            return None
        if token["TokenFlags"] & _FILTERED:
            return "limited"
        return "full" if _luid(logon, "BuddyLogonId") else "default"

    @detail("Elevated")
    def elevated(self, token: View) -> Optional[bool]:
        who = Who(token)
        level = who.integrity
        if level is None:
            return None
        if level < _HIGH:
            return False
        sids = (who.sid(number) for number in range(token["UserAndGroupCount"]))
        return any(sid == _ADMINISTRATORS and bits & _GROUP_ENABLED for sid, bits in sids)

    @detail("Session")
    def session(self, token: View) -> int:
        return token["SessionId"]

    @detail("Logon Session")
    def logon_session(self, token: View) -> Hex:
        return Hex(_luid(token, "AuthenticationId"))

    @detail("Logon Session of")
    def logon_session_name(self, token: View) -> Optional[str]:
        return _SESSIONS.get(_luid(token, "AuthenticationId"))

    @detail("Linked Logon Session")
    def linked_session(self, token: View) -> Optional[Hex]:
        logon = token.once(self._logon)
        if logon is None or not logon.has("BuddyLogonId.LowPart"):
            return None
        linked = _luid(logon, "BuddyLogonId")
        return Hex(linked) if linked else None

    @detail("Token Id")
    def token_id(self, token: View) -> Hex:
        return Hex(_luid(token, "TokenId"))

    @detail("Filtered from Token Id")
    def parent_token_id(self, token: View) -> Optional[Hex]:
        parent = _luid(token, "ParentTokenId")
        return Hex(parent) if parent else None

    @detail("Source")
    def source(self, token: View) -> str:
        letters = (token[f"TokenSource.SourceName[{number}]"] & 0xFF for number in range(8))
        return ansi_text(bytes(letters)).rstrip()

    @detail("Privileges")
    def privileges(self, token: View) -> Tuple[str, ...]:
        return tuple(
            _privilege(number) + (", enabled" if enabled else "")
            for number, enabled in token.once(self._privileges).items()
        )

    @detail("Privileges Enabled but Not Present")
    def forged_privileges(self, token: View) -> Optional[Tuple[str, ...]]:
        """No call of the system makes such a token."""
        if not token.has(_PRESENT):
            return None
        forged = token[_ENABLED] & ~token[_PRESENT]
        return tuple(_privilege(n) for n in range(64) if forged >> n & 1) or None

    @detail("Token Flags")
    def token_flags(self, token: View) -> Tuple[str, ...]:
        return bit_names(token["TokenFlags"], _FLAGS)

    @detail("In Use")
    def in_use(self, token: View) -> bool:
        return token["TokenInUse"] != 0

    @detail("AppContainer")
    def package(self, token: View) -> Optional[str]:
        if not token.has("Package"):
            return None
        place = token.optional_pointer("Package")
        return None if place is None else read_sid(token.target, place).words

    @detail("AppContainer Number")
    def lowbox_number(self, token: View) -> Optional[int]:
        if not token.has("LowboxNumberEntry"):
            return None
        place = token.optional_pointer("LowboxNumberEntry")
        return None if place is None else View(token.target, _LOWBOX_ENTRY, place)["LowboxNumber"]

    @detail("Capabilities")
    def capabilities(self, token: View) -> Optional[Tuple[str, ...]]:
        if not token.has("CapabilityCount"):
            return None
        return self._sids(token, "Capabilities", "CapabilityCount")

    @detail("Trust Level")
    def trust_level(self, token: View) -> Optional[str]:
        if not token.has("TrustLevelSid"):
            return None
        place = token.optional_pointer("TrustLevelSid")
        return None if place is None else read_sid(token.target, place).words

    @detail("Expires")
    def expires(self, token: View) -> Optional[datetime]:
        value = token["ExpirationTime.QuadPart"]
        # Nearly all tokens have the end of time there.
        return None if value >= 1 << 62 or value < 0 else token.time("ExpirationTime.QuadPart")

    def _sids(self, token: View, path: str, count: str) -> Optional[Tuple[str, ...]]:
        number = token[count]
        if number > _MOST_SIDS:
            raise CorruptedError(token.address, Reason.COUNT_OF_NO_MEANING, count, number)
        return tuple(_group(_sid_at(token, path, each)) for each in range(number)) or None

    def _logon(self, token: View) -> Optional[View]:
        """The logon session, where the token leads to it and it is the one that it names."""
        if not token.has("LogonSession"):
            return None
        place = token.optional_pointer("LogonSession")
        if place is None:
            return None
        logon = View(token.target, _LOGON, place)
        if _luid(logon, "LogonId") != _luid(token, "AuthenticationId"):
            raise CorruptedError(place, Reason.OF_ANOTHER_OBJECT, "logon session")
        return logon

    def _privileges(self, token: View) -> Dict[int, bool]:
        """The privileges that it has, and which of them are enabled."""
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


def _sid_at(token: View, path: str, number: int) -> Tuple[Sid, int]:
    target = token.target
    place = token.pointer(path) + number * target.struct(_SID.struct).size
    entry = View(target, _SID, place)
    return read_sid(target, entry["Sid"]), entry["Attributes"]


def _group(entry: Tuple[Sid, int]) -> str:
    sid, attributes = entry
    # What nearly every group is, is not said.
    told: List[str] = list(bit_names(attributes & ~0x7, _GROUP))
    if not attributes & (_GROUP_ENABLED | 0x70):
        told.append("disabled")
    return " ".join((sid.words, *told))


def _last(sid: Sid) -> int:
    return sid.parts[-1] if sid.parts else 0


def _luid(view: View, path: str) -> int:
    return view[f"{path}.LowPart"] | (view[f"{path}.HighPart"] & 0xFFFFFFFF) << 32


def _privilege(number: int) -> str:
    name = _PRIVILEGES.get(number)
    return str(number) if name is None else f"Se{name}Privilege"
