"""Registrations of providers for event tracing: ``_ETW_REG_ENTRY`` (Vista and later).

Where a program registered, the place of the callback's context holds its process (up to Windows 7
that of the callback): told by what lies there. Traits came with 8.1; nothing public describes
their bytes, a size and the provider's name, so the name is told where both fit.
"""

from __future__ import annotations

import struct

from ..hints import Optional, Tuple
from ..layout import fields
from ..values import CorruptedError, Hex, UnavailableError, attempt, not_proved
from .base import Facts, detail
from .bits import bit_names
from .client import process_at
from .guid import guid_fields, guid_text
from .view import View

__all__ = ("EtwRegistration",)

_SLOTS = 8
_ENABLED = ("IsEnabled", "Level", "LoggerId", "MatchAnyKeyword")
_GUID = fields("_ETW_GUID_ENTRY", *guid_fields("Guid"))
_REGISTERED = fields("_ETW_GUID_ENTRY", "RegListHead.Flink")
_LINKS = fields("_LIST_ENTRY", "Flink", "Blink")
_SESSIONS = fields(
    "_ETW_GUID_ENTRY",
    *(f"EnableInfo[{slot}].{name}" for slot in range(_SLOTS) for name in _ENABLED),
)
fields("_ETW_PROVIDER_TRAITS", "Traits")
_LONGEST = 0x400  # bytes of traits
# From 8.1 on the bits have names in the symbols; the last one came with 14393.
_FLAGS = {
    0x1: "kernel", 0x2: "user", 0x4: "reply", 0x8: "classic", 0x10: "session space",
    0x20: "modern", 0x40: "closed", 0x80: "inserted", 0x100: "32-bit",
}  # fmt: skip


class EtwRegistration(Facts):
    """Describes EtwRegistration objects."""

    types = ("EtwRegistration",)
    struct = "_ETW_REG_ENTRY"
    more_fields = (
        "GuidEntry",
        "Process",
        "Callback",
        "CallbackContext",
        "Flags",
        "DbgKernelRegistration",
        "EnableMask",
        "SessionId",
        "Traits",
    )

    @detail("Provider")
    def provider(self, registration: View) -> str:
        entry = registration.once(self._guid_entry)
        return guid_text(View(registration.target, _GUID, entry), "Guid")

    @detail("Provider Name")
    def provider_name(self, registration: View) -> Optional[str]:
        if not registration.has("Traits"):
            return None
        place = registration.optional_pointer("Traits")
        if place is None:
            return None
        target = registration.target
        place += target.struct("_ETW_PROVIDER_TRAITS").offset("Traits")
        (size,) = struct.unpack("<H", target.read(place, 2))
        if not 3 <= size <= _LONGEST:
            return None
        name, end, _ = target.read(place + 2, size - 2).partition(b"\0")
        try:
            text = name.decode("utf-8")
        except UnicodeDecodeError:
            return None
        return text if end and text.isprintable() and text else None

    @detail("Registered by")
    def registered_by(self, registration: View) -> Optional[str]:
        return registration.once(self._process)

    @detail("Callback")
    def callback(self, registration: View) -> Optional[Hex]:
        if registration.once(self._process) is not None or not registration["Callback"]:
            return None
        return Hex(registration["Callback"])

    @detail("Callback in")
    def callback_module(self, registration: View) -> Optional[str]:
        if registration.once(self._process) is not None:
            return None
        return self.files.modules.place(registration["Callback"])

    @detail("Callback Context")
    def callback_context(self, registration: View) -> Optional[Hex]:
        if registration.once(self._process) is not None or not registration["CallbackContext"]:
            return None
        return Hex(registration["CallbackContext"])

    @detail("Registration Flags")
    def registration_flags(self, registration: View) -> Tuple[str, ...]:
        if not registration.has("DbgKernelRegistration"):
            # Nothing says what the bits of Vista and 7 are.
            return (f"0x{registration['Flags']:x}",)
        return bit_names(registration["Flags"], _FLAGS)

    @detail("Sessions that Listen")
    def enable_mask(self, registration: View) -> Hex:
        return Hex(registration["EnableMask"] & 0xFF)

    @detail("Enabled for")
    def enables(self, registration: View) -> Optional[Tuple[str, ...]]:
        """Each session that listens: what its provider is enabled for, by the slots of the mask."""
        mask = registration["EnableMask"]
        slots = [slot for slot in range(_SLOTS) if mask >> slot & 1]
        if not slots:
            return None
        provider = View(registration.target, _SESSIONS, registration.once(self._guid_entry))
        return tuple(_enabled(provider, f"EnableInfo[{slot}].") for slot in slots)

    @detail("Session")
    def session(self, registration: View) -> Optional[int]:
        return registration["SessionId"] if registration.has("SessionId") else None

    def _guid_entry(self, registration: View) -> int:
        """The provider's entry. Updates of 17763 and 18362 moved what is in it: without the
        kernel's own symbols the list of registrations must close where it is thought to be.
        Raises `UnavailableError` where it does not."""
        target = registration.target
        place = registration.pointer("GuidEntry")
        if target.symbols_recovered:
            view = View(target, _REGISTERED, place)
            head = place + view.struct.offset("RegListHead.Flink")
            first = attempt(view.pointer, "RegListHead.Flink", default=0)
            if not first or View(target, _LINKS, first)["Blink"] != head:
                raise UnavailableError(not_proved("RegListHead", place))
        return place

    def _process(self, registration: View) -> Optional[str]:
        process = registration["Process"]
        if not registration.target.is_kernel_address(process):
            return None
        # Of the kernel it is a function, or whatever its context is.
        return attempt(process_at, self.kernel, process, default=None, error=CorruptedError)


def _enabled(provider: View, path: str) -> str:
    if not provider[f"{path}IsEnabled"]:
        return "nothing"
    logger, level = provider[f"{path}LoggerId"], provider[f"{path}Level"]
    return f"session {logger}: level {level}, keywords 0x{provider[f'{path}MatchAnyKeyword']:x}"
