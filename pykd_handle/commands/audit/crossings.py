"""What a handle crosses: whether its holder stands below what it leads to, and in which regard."""

from __future__ import annotations

from functools import cached_property

from ...hints import TYPE_CHECKING, Callable, Mapping, Optional
from ...values import NO_VALUE, Absent, Maybe, Sentence, UnavailableError, join, known
from .rule import Crossing, Rule

if TYPE_CHECKING:
    from ...model.kernel_mode import KernelModeHandle, KernelModeObject, KernelModeProcess, Trust

__all__ = ("SYSTEM", "Subject", "crossing")

SYSTEM = 0x4000
"""The integrity level of services (``winnt.h``)."""

_HIGH = 0x3000  # of what is elevated


class Subject:
    """An object that handles of power lead to; whatever is asked of it is asked once."""

    def __init__(self, kind: str, item: KernelModeObject) -> None:
        self.kind = kind
        self._object = item

    @property
    def name(self) -> Maybe[str]:
        """Its name."""
        return self._object.name

    @property
    def called(self) -> Maybe[str]:
        """Its name; a token has none, and is called by its user."""
        name = self.name
        if name is not NO_VALUE or isinstance(self.trust, Absent):
            return name
        user = self.trust.user
        return user if isinstance(user, Absent) else user.words

    @property
    def address(self) -> Maybe[int]:
        """Its address."""
        return self._object.address

    @cached_property
    def process(self) -> Maybe[KernelModeProcess]:
        """The process that it is or belongs to; NO_VALUE for other objects."""
        return self._object.process

    @cached_property
    def trust(self) -> Maybe[Trust]:
        """What it is trusted with; NO_VALUE for an object of which no token says so."""
        return self._object.trust


def crossing(
    rule: Rule, handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Optional[Sentence]:
    """What is crossed, in words, None for nothing. Raises `UnavailableError` where memory does not
    tell."""
    return _CROSSINGS[rule.crossing](handle, subject, holder)


def _above(
    handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Optional[Sentence]:
    trust = known(subject.trust)
    if subject.kind == "Token" and not known(trust.impersonates):
        return None
    return _below(holder.trust, trust)


def _protected(
    handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Optional[Sentence]:
    from ...model.kernel_mode import Aspect

    found = holder.trust.below(known(subject.trust), (Aspect.PROTECTION,))
    if found.unknown:
        raise UnavailableError(found.unknown[0])
    if not found.below:
        return None
    mine = known(holder.trust.protection)
    theirs = known(known(subject.trust).protection)
    return Sentence("{}, the target {}", mine.words if mine.kind else "not protected", theirs.words)


def _administrators(
    handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Optional[Sentence]:
    """No AppContainer has an integrity above low."""
    from ...model.kernel_mode import level_words

    level = known(holder.trust.integrity)
    if level >= _HIGH:
        return None
    return Sentence("integrity {} below {}", level_words(level), level_words(_HIGH))


def _trusted_base(
    handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Optional[Sentence]:
    from ...model.kernel_mode import WINTCB_LIGHT

    crossed = _administrators(handle, subject, holder)
    if crossed is not None or not holder.trust.levels:
        return crossed
    protection = known(holder.trust.protection)
    if protection.covers(WINTCB_LIGHT):
        return None
    words = protection.words if protection.kind else "not protected"
    return Sentence("{}, not {}", words, WINTCB_LIGHT.words)


def _anyone(
    handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Optional[Sentence]:
    return Sentence("not one of those that may have it")


def _parent(
    handle: KernelModeHandle, subject: Subject, holder: KernelModeProcess
) -> Optional[Sentence]:
    from ...model import NoSuchHandle

    if "inherit" not in known(handle.attributes):
        return None
    parent = holder.parent
    if parent is NO_VALUE:
        return None
    parent = known(parent)
    below = _below(holder.trust, parent.trust)
    if below is None:
        return None
    try:
        twin = parent.handle(handle.value)
    except NoSuchHandle:
        return None
    same = not twin.free and twin.address == handle.address and twin.access == handle.access
    if not same or "inherit" not in known(twin.attributes):
        return None
    return Sentence("inherited from {}, {}", parent.in_words(), below)


def _below(one: Trust, other: Trust) -> Optional[Sentence]:
    """In which regards but protection one stands below another. Raises `UnavailableError` where it
    can't be told of some, and of no other it is so."""
    from ...model.kernel_mode import Aspect, level_words

    words: Mapping[Aspect, Callable[[], Sentence]] = {
        Aspect.INTEGRITY: lambda: Sentence(
            "integrity {} below {}",
            level_words(known(one.integrity)),
            level_words(known(other.integrity)),
        ),
        Aspect.APP_CONTAINER: lambda: Sentence("out of an AppContainer"),
        Aspect.SESSION: lambda: Sentence(
            "from session {} into {}", known(one.session), known(other.session)
        ),
        Aspect.ELEVATION: lambda: Sentence("not elevated, the other is"),
    }
    found = one.below(other, tuple(words))
    if found.below:
        return join(", ", (words[aspect]() for aspect in found.below))
    if found.unknown:
        raise UnavailableError(found.unknown[0])
    return None


_CROSSINGS = {
    Crossing.ABOVE: _above,
    Crossing.PROTECTED: _protected,
    Crossing.ADMINISTRATORS: _administrators,
    Crossing.TRUSTED_BASE: _trusted_base,
    Crossing.ANYONE: _anyone,
    Crossing.PARENT: _parent,
}
