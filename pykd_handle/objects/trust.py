"""What processes and tokens are trusted with, and whether one stands below another.

Integrity levels ("Mandatory Integrity Control"), AppContainers and sessions are in the token and
the process, elevation in the groups, the protection in the process; documents of Microsoft by these
names say what each separates.
"""

from __future__ import annotations

from enum import Enum
from functools import cached_property

from ..hints import Dict, Sequence, Tuple
from ..kernel import Kernel
from ..kernel.sid import INTEGRITY, Sid, read_sid
from ..layout import fields
from ..values import (
    NO_VALUE,
    Absent,
    CorruptedError,
    Maybe,
    MissingField,
    NamedTuple,
    Reason,
    Unavailable,
    UnavailableError,
    known,
    maybe,
)
from .protection import PROTECTION_FIELDS, Protection, has_levels, read_protection
from .view import View
from .who import WHO_FIELDS, TokenReader, Who

__all__ = ("SYSTEM", "Aspect", "Below", "Trust", "TrustReader", "level_words")

_TOKEN = fields("_TOKEN", *WHO_FIELDS, "SessionId", "Package")
_PROCESS = fields("_EPROCESS", "Token.Value", *PROTECTION_FIELDS)
_IMPERSONATION = 2  # TokenImpersonation of TOKEN_TYPE

SYSTEM = 0x4000
"""``SECURITY_MANDATORY_SYSTEM_RID``: services, which no session and no user bounds."""


class Aspect(Enum):
    """In which regard one stands below another."""

    INTEGRITY = "integrity"
    APP_CONTAINER = "AppContainer"
    SESSION = "session"
    ELEVATION = "elevation"
    PROTECTION = "protection"


class Below(NamedTuple):
    """In which regards one stands ``below`` another, and why others can't be told."""

    below: Tuple[Aspect, ...]
    unknown: Tuple[Unavailable, ...]


def level_words(level: int) -> str:
    """An integrity level in words."""
    return INTEGRITY.get(level, f"0x{level:x}")


class Trust:
    """What a process or a token is trusted with; each value is read when it is asked for, once, and
    absent where it can't be told.

    ``session`` is the id, NO_VALUE for a process of none; a token has no ``protection`` of its own.
    ``levels`` tells whether its kernel grades protection.
    """

    def __init__(
        self,
        who: Maybe[Who],
        session: Maybe[int],
        protection: Maybe[Protection] = NO_VALUE,
        levels: bool = False,
    ) -> None:
        self._who = who
        self.session = session
        self.protection = protection
        self.levels = levels

    @cached_property
    def integrity(self) -> Maybe[int]:
        """The integrity level; every token has one from Vista on."""
        return maybe(self._integrity)

    def _integrity(self) -> int:
        who = known(self._who)
        level = who.integrity
        if level is not None:
            return level
        if not who.token.has("IntegrityLevelIndex"):
            raise MissingField("_TOKEN", "IntegrityLevelIndex")
        raise CorruptedError(who.token.address, Reason.NOTHING_SUCH_HERE, "integrity level")

    @cached_property
    def package(self) -> Maybe[Sid]:
        """The AppContainer that it is in; NO_VALUE for none, as there are before Windows 8."""
        return maybe(self._package)

    def _package(self) -> Maybe[Sid]:
        token = known(self._who).token
        place = token.optional_pointer("Package") if token.has("Package") else None
        return NO_VALUE if place is None else read_sid(token.target, place)

    @property
    def user(self) -> Maybe[Sid]:
        """Whom it acts for."""
        return maybe(lambda: known(self._who).sid(0)[0])

    @cached_property
    def elevated(self) -> Maybe[bool]:
        """Whether it has the power of an administrator."""
        return maybe(lambda: bool(known(self._who).elevated))

    @cached_property
    def impersonates(self) -> Maybe[bool]:
        """Whether one may act with the token, and not only ask who it is of
        (``SECURITY_IMPERSONATION_LEVEL``)."""
        return maybe(self._impersonates)

    def _impersonates(self) -> bool:
        token = known(self._who).token
        return token["TokenType"] != _IMPERSONATION or token["ImpersonationLevel"] >= 2

    def below(self, other: Trust, aspects: Sequence[Aspect] = tuple(Aspect)) -> Below:
        """In which of these regards this stands below ``other``."""
        found = {aspect: _COMPARE[aspect](self, other) for aspect in aspects}
        unknown = [value for value in found.values() if isinstance(value, Unavailable)]
        return Below(tuple(each for each in found if found[each]), tuple(dict.fromkeys(unknown)))


def _integrity(one: Trust, other: Trust) -> Maybe[bool]:
    return maybe(lambda: known(one.integrity) < known(other.integrity))


def _at_most(one: Trust, other: Trust) -> bool:
    """Whether integrity alone does not put one above the other. Raises `UnavailableError`."""
    return known(one.integrity) <= known(other.integrity)


def _app_container(one: Trust, other: Trust) -> Maybe[bool]:
    mine = one.package
    if isinstance(mine, Absent):
        return False if mine is NO_VALUE else mine

    def outside() -> bool:
        theirs = other.package
        return (theirs is NO_VALUE or known(theirs) != mine) and _at_most(one, other)

    return maybe(outside)


def _session(one: Trust, other: Trust) -> Maybe[bool]:
    if NO_VALUE in (one.session, other.session):
        return False  # System and its like are in none

    def elsewhere() -> bool:
        differ = known(one.session) != known(other.session)
        return differ and known(one.integrity) < SYSTEM and _at_most(one, other)

    return maybe(elsewhere)


def _elevation(one: Trust, other: Trust) -> Maybe[bool]:
    def only_the_other() -> bool:
        # Where integrity levels differ, they have said it.
        equal = known(one.integrity) == known(other.integrity)
        return equal and not known(one.elevated) and known(other.elevated)

    return maybe(only_the_other)


def _protection(one: Trust, other: Trust) -> Maybe[bool]:
    if NO_VALUE in (one.protection, other.protection):
        return False

    def not_covered() -> bool:
        mine, theirs = known(one.protection), known(other.protection)
        covers = mine.covers(theirs)
        if covers is None:
            why = Reason.FIELD_OF_NO_MEANING, None, "_EPROCESS", "Protection", mine.signer
            raise UnavailableError(Unavailable(*why))
        return not covers

    return maybe(not_covered)


_COMPARE = {
    Aspect.INTEGRITY: _integrity,
    Aspect.APP_CONTAINER: _app_container,
    Aspect.SESSION: _session,
    Aspect.ELEVATION: _elevation,
    Aspect.PROTECTION: _protection,
}


class TrustReader:
    """What the processes and tokens of one kernel are trusted with, each read once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._tokens = TokenReader(kernel, _TOKEN)
        self._processes: Dict[int, Trust] = {}

    def of_process(self, address: int) -> Trust:
        """That of the process whose ``_EPROCESS`` lies at ``address``."""
        found = self._processes.get(address)
        if found is None:
            found = self._processes[address] = self._of_process(address)
        return found

    def _of_process(self, address: int) -> Trust:
        process = View(self._kernel.target, _PROCESS, address)
        who = maybe(lambda: self._tokens.of(process["Token.Value"]))
        session = self._kernel.processes.read(address).session
        return Trust(who, session, maybe(read_protection, process), has_levels(process))

    def of_token(self, address: int) -> Trust:
        """That of the ``_TOKEN`` at ``address``."""
        who = maybe(self._tokens.of, address)
        return Trust(who, maybe(lambda: known(who).token["SessionId"]))
