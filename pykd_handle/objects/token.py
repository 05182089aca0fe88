"""Access tokens: ``_TOKEN``.

The account's name stands in the logon session (Vista and later), which keeps it as it was at the
logon.
"""

from __future__ import annotations

from datetime import datetime

from ..hints import Optional, Tuple
from ..kernel.sid import INTEGRITY, read_sid
from ..kernel.strings import ansi_text
from ..layout import fields
from ..values import CorruptedError, Hex, Reason
from .base import Facts, detail
from .bits import bit_names
from .privileges import PRIVILEGE_FIELDS, forged, privilege_name, privileges
from .view import View
from .who import WHO_FIELDS, Who, group_words, sids

__all__ = ("Token",)

_FILTERED = 0x800  # TOKEN_IS_FILTERED
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
_OLD_FLAGS = {**_FLAGS, 0x8: "admin group"}  # TOKEN_HAS_ADMIN_GROUP, up to 2003
_POLICY = {1: "no-write-up", 2: "new-process-min"}
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


class Token(Facts):
    """Describes Token objects."""

    types = ("Token",)
    struct = "_TOKEN"
    more_fields = (
        *WHO_FIELDS,
        *(f"{name}.{part}" for name in _LUIDS for part in ("LowPart", "HighPart")),
        *(f"TokenSource.SourceName[{number}]" for number in range(8)),
        "ExpirationTime.QuadPart",
        *PRIVILEGE_FIELDS,
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
        token.once(Who).check()

    @detail("Token Type", words={1: "Primary", 2: "Impersonation"})
    def token_type(self, token: View) -> int:
        return token["TokenType"]

    @detail("Impersonation Level")
    def impersonation_level(self, token: View) -> Optional[str]:
        return _LEVELS[token["ImpersonationLevel"] & 3] if token["TokenType"] == 2 else None

    @detail("User")
    def user(self, token: View) -> str:
        sid, attributes = token.once(Who).sid(0)
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
        return tuple(map(group_words, token.once(Who).sids()))[1:]

    @detail("Restricted to")
    def restricted_to(self, token: View) -> Optional[Tuple[str, ...]]:
        return sids(token, "RestrictedSids", "RestrictedSidCount")

    @detail("Integrity Level")
    def integrity(self, token: View) -> Optional[str]:
        level = token.once(Who).integrity
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
        return token.once(Who).elevated

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
            privilege_name(number) + (", enabled" if enabled else "")
            for number, enabled in token.once(privileges).items()
        )

    @detail("Privileges Enabled but Not Present")
    def forged_privileges(self, token: View) -> Optional[Tuple[str, ...]]:
        """No call of the system makes such a token."""
        return tuple(map(privilege_name, forged(token))) or None

    @detail("Token Flags")
    def token_flags(self, token: View) -> Tuple[str, ...]:
        # Integrity levels came with Vista, as the other meaning of that bit did.
        newer = token.has("IntegrityLevelIndex")
        return bit_names(token["TokenFlags"], _FLAGS if newer else _OLD_FLAGS)

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
        return sids(token, "Capabilities", "CapabilityCount")

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


def _luid(view: View, path: str) -> int:
    return view[f"{path}.LowPart"] | (view[f"{path}.HighPart"] & 0xFFFFFFFF) << 32
