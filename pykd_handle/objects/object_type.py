"""Types as objects: ``_OBJECT_TYPE``. What its flags are called, they are from Vista on; before,
each is a byte of its own."""

from __future__ import annotations

from ..hints import Tuple
from ..kernel.strings import ansi_text
from ..values import Hex
from .base import Facts, detail
from .bits import set_bits
from .view import View

__all__ = ("ObjectTypeFacts",)

_INFO = "TypeInfo."
_COUNTS = (
    "TotalNumberOfObjects",
    "TotalNumberOfHandles",
    "HighWaterNumberOfObjects",
    "HighWaterNumberOfHandles",
)
_CHARGES = (_INFO + "DefaultPagedPoolCharge", _INFO + "DefaultNonPagedPoolCharge")
_GENERIC = ("GenericRead", "GenericWrite", "GenericExecute", "GenericAll")
_FLAGS = {
    _INFO + "CaseInsensitive": "case insensitive",
    _INFO + "UnnamedObjectsOnly": "unnamed only",
    _INFO + "UseDefaultObject": "default object",
    _INFO + "SecurityRequired": "security required",
    _INFO + "MaintainHandleCount": "counts handles",
    _INFO + "MaintainTypeList": "lists objects",
}


class ObjectTypeFacts(Facts):
    """Describes Type objects."""

    types = ("Type",)
    struct = "_OBJECT_TYPE"
    more_fields = (
        *_COUNTS,
        "Key",
        *_CHARGES,
        *(f"{_INFO}GenericMapping.{name}" for name in _GENERIC),
        _INFO + "ValidAccessMask",
        _INFO + "PoolType",
        *_FLAGS,
    )

    @detail("Objects")
    def objects(self, kind: View) -> int:
        return kind["TotalNumberOfObjects"]

    @detail("Handles")
    def handles(self, kind: View) -> int:
        return kind["TotalNumberOfHandles"]

    @detail("Most Objects")
    def most_objects(self, kind: View) -> int:
        return kind["HighWaterNumberOfObjects"]

    @detail("Most Handles")
    def most_handles(self, kind: View) -> int:
        return kind["HighWaterNumberOfHandles"]

    @detail("Pool Tag")
    def pool_tag(self, kind: View) -> str:
        return ansi_text(kind["Key"].to_bytes(4, "little"))

    @detail("Pool Type")
    def pool_type(self, kind: View) -> Hex:
        return Hex(kind[_INFO + "PoolType"])

    @detail("Default Paged Pool Charge")
    def default_paged_charge(self, kind: View) -> int:
        return kind[_CHARGES[0]]

    @detail("Default Nonpaged Pool Charge")
    def default_nonpaged_charge(self, kind: View) -> int:
        return kind[_CHARGES[1]]

    @detail("Generic Read")
    def generic_read(self, kind: View) -> Hex:
        return Hex(kind[f"{_INFO}GenericMapping.GenericRead"])

    @detail("Generic Write")
    def generic_write(self, kind: View) -> Hex:
        return Hex(kind[f"{_INFO}GenericMapping.GenericWrite"])

    @detail("Generic Execute")
    def generic_execute(self, kind: View) -> Hex:
        return Hex(kind[f"{_INFO}GenericMapping.GenericExecute"])

    @detail("Generic All")
    def generic_all(self, kind: View) -> Hex:
        return Hex(kind[f"{_INFO}GenericMapping.GenericAll"])

    @detail("Valid Access")
    def valid_access(self, kind: View) -> Hex:
        return Hex(kind[_INFO + "ValidAccessMask"])

    @detail("Type Flags")
    def type_flags(self, kind: View) -> Tuple[str, ...]:
        return set_bits(kind, _FLAGS)
