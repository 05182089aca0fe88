"""What a rule of `audit` is made of."""

from __future__ import annotations

from enum import Enum

from ...hints import Mapping, Tuple
from ...values import NamedTuple

__all__ = ("Allowed", "Crossing", "Rule", "Severity", "Source")


class Source(NamedTuple):
    """A document that was read: who says it, its title, where it is."""

    by: str
    title: str
    place: str


class Severity(NamedTuple):
    """How grave a source calls it: for every mask, or for these ``masks`` alone."""

    level: str
    source: Source
    masks: Tuple[int, ...] = ()


class Allowed(NamedTuple):
    """Who may hold such a handle, and why: a process of this image with the integrity of the
    system, or one that this signer protects (``PS_PROTECTED_SIGNER``)."""

    image: str
    why: str
    signer: str = ""


class Crossing(Enum):
    """What makes a handle of enough power a finding."""

    ABOVE = "the holder stands below the target: integrity, AppContainer, session or elevation"
    PROTECTED = "the target is protected, and the holder is not protected enough to open it"
    ADMINISTRATORS = "the integrity of the holder is below high"
    TRUSTED_BASE = (
        "the integrity of the holder is below high, or WinTcb or higher does not protect it"
    )
    ANYONE = "the holder is any process that is not allowed"
    PARENT = "the parent has the same handle, and the holder stands below it"


class Rule(NamedTuple):
    """One rule. ``powers``: any of these rights is enough, by the type of the object; ``path`` is
    a regular expression for the whole name of the object, ``image`` that of the target process."""

    name: str
    finds: str
    crossing: Crossing
    powers: Mapping[str, Tuple[str, ...]]
    sources: Tuple[Source, ...]
    severities: Tuple[Severity, ...] = ()
    path: str = ""
    image: str = ""
    allowed: Tuple[Allowed, ...] = ()
