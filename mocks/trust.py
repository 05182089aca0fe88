"""What tokens and processes are trusted with: integrity, groups, AppContainer, protection."""

from __future__ import annotations

from typing import Optional, Sequence

from .kernel_image import KernelImage
from .object import MockObject
from .process import MockProcess
from .tokens import SidParts

__all__ = ("ADMINISTRATORS", "HIGH", "LOW", "MEDIUM", "SYSTEM", "protect", "trust")

LOW, MEDIUM, HIGH, SYSTEM = 0x1000, 0x2000, 0x3000, 0x4000
ADMINISTRATORS = (5, (32, 544))

_ENABLED, _INTEGRITY = 0x7, 0x60


def trust(
    image: KernelImage,
    token: MockObject,
    integrity: int,
    groups: Sequence[SidParts] = (),
    package: Optional[SidParts] = None,
) -> None:
    """Give a token, behind its user, groups that are enabled and an integrity level, which counts
    from Vista on, and an AppContainer (Windows 8 and later).

    All of it is new memory: what was made before stays where it is.
    """
    body = token.body("_TOKEN")
    old = image.memory.view("_SID_AND_ATTRIBUTES", body["UserAndGroups"])
    members = [(old["Sid"], old["Attributes"])]
    members += [(image.tokens.sid(group), _ENABLED) for group in groups]
    members.append((image.tokens.sid((16, (integrity,))), _INTEGRITY))
    size = image.build.struct("_SID_AND_ATTRIBUTES").size
    array = image.pool.allocate(size * len(members), tag=b"Toke")
    for number, (sid, attributes) in enumerate(members):
        view = image.memory.view("_SID_AND_ATTRIBUTES", array + number * size)
        view["Sid"], view["Attributes"] = sid, attributes
    body["UserAndGroups"] = array
    body["UserAndGroupCount"] = len(members)
    body.put("IntegrityLevelIndex", len(members) - 1)
    if package is not None:
        body["Package"] = image.tokens.sid(package)


def protect(process: MockProcess, level: int) -> None:
    """Protect a process: the byte of ``_PS_PROTECTION`` (8.1 and later)."""
    process.view["Protection.Level"] = level
