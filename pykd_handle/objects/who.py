"""Whom a token is of: its user, its groups and its integrity, for tokens and for processes.

User and groups are an array of ``_SID_AND_ATTRIBUTES``, the user first; from 8.1 on the SIDs
themselves may lie in a block that tokens share.
"""

from __future__ import annotations

from ..hints import Dict, Iterator, List, Optional, Tuple
from ..kernel import Kernel
from ..kernel.fields import decode_fields
from ..kernel.sid import SIZE, Sid, read_sid, sid_in
from ..layout import Fields, fast_reference, fields
from ..values import CorruptedError, Maybe, Reason, known, maybe
from .bits import bit_names
from .view import View

__all__ = ("GROUP_ENABLED", "WHO_FIELDS", "TokenReader", "Who", "group_words", "sids")

GROUP_ENABLED = 4
"""``SE_GROUP_ENABLED``."""

_MOST_SIDS = 4096
_HIGH = 0x3000
_MANDATORY_LABEL = 16  # SECURITY_MANDATORY_LABEL_AUTHORITY
_ADMINISTRATORS = Sid(5, (32, 544))
_NONE = 0xFFFFFFFF
# Attributes of a group, as winnt.h has them.
_GROUP = {
    0x1: "mandatory", 0x2: "default", 0x4: "enabled", 0x8: "owner", 0x10: "deny only",
    0x20: "integrity", 0x40: "integrity enabled", 0x20000000: "resource",
    0xC0000000: "logon id",
}  # fmt: skip
_SID = fields("_SID_AND_ATTRIBUTES", "Sid", "Attributes")

WHO_FIELDS = (
    "UserAndGroupCount",
    "UserAndGroups",
    "TokenType",
    "ImpersonationLevel",
    "IntegrityLevelIndex",
    "IntegrityLevelSidValue",
)
"""The fields of ``_TOKEN`` that tell whom it is of."""

_WHO = fields("_TOKEN", *WHO_FIELDS)


class Who:
    """Whom a token is of: a view of it with what that takes."""

    def __init__(self, token: View) -> None:
        self.token = token
        self.target = token.target
        self._entries = _Entries(token, "UserAndGroups")

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
        return self._entries.at(number)

    def sids(self) -> Iterator[Tuple[Sid, int]]:
        """The user and all groups, which are read together."""
        return self._entries.all(self.token["UserAndGroupCount"])

    @property
    def integrity(self) -> Optional[int]:
        """The integrity level; None for a token without one, as all are before Vista. Raises
        `CorruptedError` where what should hold it is none."""
        token = self.token
        if token.has("IntegrityLevelSidValue"):
            value = token.optional_pointer("IntegrityLevelSidValue")
            if value is not None:
                return self._level(self._entries.sid(value))
        if not token.has("IntegrityLevelIndex"):
            return None
        index = token["IntegrityLevelIndex"]
        if index == _NONE:
            return None
        if index >= token["UserAndGroupCount"]:
            raise CorruptedError(token.address, Reason.COUNT_OF_NO_MEANING, "index", index)
        return self._level(self.sid(index)[0])

    def _level(self, sid: Sid) -> int:
        if sid.authority != _MANDATORY_LABEL or not sid.parts:
            raise CorruptedError(self.token.address, Reason.NOTHING_SUCH_HERE, "integrity level")
        return sid.parts[-1]

    @property
    def elevated(self) -> Optional[bool]:
        """Whether it has the power of an administrator; None for one without an integrity level."""
        level = self.integrity
        if level is None:
            return None
        if level < _HIGH:
            return False
        return any(sid == _ADMINISTRATORS and bits & GROUP_ENABLED for sid, bits in self.sids())


class TokenReader:
    """Whom the processes of one kernel act for; ``shape`` are the fields of ``_TOKEN`` that a view
    of one shows, those above among them."""

    def __init__(self, kernel: Kernel, shape: Fields = _WHO) -> None:
        self._target = kernel.target
        self._shape = shape

    def of(self, reference: int) -> Who:
        """The token that an ``_EX_FAST_REF`` leads to. Raises `PykdHandleError`."""
        address = fast_reference(reference, self._target.pointer_size)
        if not self._target.is_kernel_address(address):
            raise CorruptedError(address, Reason.FIELD_NOWHERE, "the token")
        who = Who(View(self._target, self._shape, address))
        who.check()
        return who


def sids(token: View, path: str, count: str) -> Optional[Tuple[str, ...]]:
    """The groups of another array of a token, in words, None for an empty one. Raises
    `CorruptedError` where it can't have so many."""
    number = token[count]
    if number > _MOST_SIDS:
        raise CorruptedError(token.address, Reason.COUNT_OF_NO_MEANING, count, number)
    return tuple(map(group_words, _Entries(token, path).all(number))) or None


class _Entries:
    """An array of ``_SID_AND_ATTRIBUTES``: what was read of it once is not read again."""

    def __init__(self, token: View, path: str) -> None:
        self._token = token
        self._path = path
        self._known: Dict[int, Maybe[Tuple[Sid, int]]] = {}
        self._sids: Dict[int, Maybe[Sid]] = {}

    def sid(self, address: int) -> Sid:
        """The SID at an address. Raises `PykdHandleError`."""
        if address not in self._sids:
            self._sids[address] = maybe(read_sid, self._token.target, address)
        return known(self._sids[address])

    def at(self, number: int) -> Tuple[Sid, int]:
        """One of them. Raises `PykdHandleError`."""
        if number not in self._known:
            self._read(number, 1)
        return known(self._known[number])

    def all(self, count: int) -> Iterator[Tuple[Sid, int]]:
        """So many of them, from the first one on: one read, and their SIDs together. Raises
        `PykdHandleError` at the first one that can't be read."""
        if any(number not in self._known for number in range(count)):
            self._read(0, count)
        return (known(self._known[number]) for number in range(count))

    def _read(self, first: int, count: int) -> None:
        target = self._token.target
        struct = target.struct(_SID.struct)
        start = self._token.pointer(self._path) + first * struct.size
        array = target.read_partial(start, count * struct.size)
        found = [
            decode_fields(array, struct, start + number * struct.size, _SID.paths)
            for number in range(count)
        ]
        places = [
            place
            for place, _ in found
            if place and place not in self._sids and target.is_kernel_address(place)
        ]
        for place, span in zip(places, target.read_many((place, SIZE) for place in places)):
            self._sids[place] = maybe(sid_in, span)
        for number, (sid, attributes) in enumerate(found, first):
            self._known[number] = maybe(self._entry, sid, attributes)

    def _entry(self, place: Maybe[int], attributes: Maybe[int]) -> Tuple[Sid, int]:
        return self.sid(known(place)), known(attributes)


def group_words(entry: Tuple[Sid, int]) -> str:
    """A group and what its attributes say of it."""
    sid, attributes = entry
    # What nearly every group is, is not said.
    told: List[str] = list(bit_names(attributes & ~0x7, _GROUP))
    if not attributes & (GROUP_ENABLED | 0x70):
        told.append("disabled")
    return " ".join((sid.words, *told))
