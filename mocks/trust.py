"""What tokens and processes are trusted with: integrity, groups, AppContainer, protection."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from .kernel_image import KernelImage
from .objects import MockObject
from .processes import MockProcess

__all__ = ("ADMINISTRATORS", "HIGH", "LOW", "MEDIUM", "SYSTEM", "protect", "trust")

LOW, MEDIUM, HIGH, SYSTEM = 0x1000, 0x2000, 0x3000, 0x4000
ADMINISTRATORS = (5, (32, 544))

SidParts = Tuple[int, Tuple[int, ...]]
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
    old = image.view("_SID_AND_ATTRIBUTES", body["UserAndGroups"])
    members = [(old["Sid"], old["Attributes"])]
    members += [(_sid(image, group), _ENABLED) for group in groups]
    members.append((_sid(image, (16, (integrity,))), _INTEGRITY))
    size = image.struct("_SID_AND_ATTRIBUTES").size
    array = image.allocate(size * len(members), tag=b"Toke")
    for number, (sid, attributes) in enumerate(members):
        view = image.view("_SID_AND_ATTRIBUTES", array + number * size)
        view["Sid"], view["Attributes"] = sid, attributes
    body["UserAndGroups"] = array
    body["UserAndGroupCount"] = len(members)
    body.put("IntegrityLevelIndex", len(members) - 1)
    if package is not None:
        body["Package"] = _sid(image, package)


def protect(process: MockProcess, level: int) -> None:
    """Protect a process: the byte of ``_PS_PROTECTION`` (8.1 and later)."""
    process.view["Protection.Level"] = level


def _sid(image: KernelImage, sid: SidParts) -> int:
    authority, parts = sid
    data = bytes((1, len(parts))) + authority.to_bytes(6, "big")
    data += b"".join(part.to_bytes(4, "little") for part in parts)
    address = image.allocate(len(data), tag=b"SeSi")
    image.memory.write(address, data)
    return address
