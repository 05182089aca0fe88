"""Registry keys: ``_CM_KEY_BODY``, of each open; ``_CM_KEY_CONTROL_BLOCK``, of the key itself.

A key that was deleted keeps its name: bit ``Delete`` of the block up to 10586, ``Discarded`` from
14393 on. The number of values lies in ``ValueCache`` up to 17763, in ``ValueList`` later. The place
of the number of subkeys may hold a pointer to a hint instead, as ``ExtFlags`` tells (its values are
those of ``cm.h`` in ReactOS).
"""

from __future__ import annotations

from datetime import datetime

from ..hints import Optional, Sequence, Tuple
from ..kernel import Kernel
from ..kernel.object_header import ObjectHeader
from ..layout import fields
from ..values import (
    NO_VALUE,
    CorruptedError,
    Details,
    Hex,
    Maybe,
    Reason,
    Unavailable,
    UnavailableError,
    attempt,
)
from .base import AtOnce, Description, Facts, Names, detail
from .bits import bit_names, set_bits
from .file_name import FileNames
from .key_path import KeyPaths
from .view import View, in_a_page

__all__ = ("Key",)

_BODY = 0x6B793032  # "20yk"
_HIVE_SIGNATURE = 0xBEE0BEE0
_COUNT_IS_NONE, _COUNT_IS_ONE, _COUNT_IN_HINT, _COUNT_UNKNOWN = 0x1, 0x2, 0x4, 0x40
_FLAGS = {
    0x1: "volatile",
    0x2: "hive exit",
    0x4: "hive entry",
    0x8: "no delete",
    0x10: "symbolic link",
    0x40: "predefined handle",
    0x80: "mirrored",
    0x100: "virtual target",
    0x200: "virtual store",
}
_COMPRESSED_NAME = 0x20
_STATES = {
    "Delete": "deleted",
    "Discarded": "deleted",
    "HiveUnloaded": "hive unloaded",
    "Decommissioned": "decommissioned",
}
_BLOCK = fields(
    "_CM_KEY_CONTROL_BLOCK",
    "RefCount",
    "ExtFlags",
    *_STATES,
    "KeyHive",
    "ValueCache.Count",
    "ValueList.Count",
    "IndexHint",
    "SubKeyCount",
    "KcbLastWriteTime.QuadPart",
    "KcbMaxNameLen",
    "KcbMaxValueNameLen",
    "KcbMaxValueDataLen",
    "Flags",
    "LayerHeight",
)
_HINT = fields("_CM_INDEX_HINT_BLOCK", "Count")
_HIVE = fields(
    "_CMHIVE",
    "Hive.Signature",
    *(
        f"{name}.{part}"
        for name in ("FileFullPath", "FileUserName", "HiveRootPath")
        for part in ("Length", "MaximumLength", "Buffer")
    ),
)


class Key(Facts):
    """Describes Key objects."""

    types = ("Key",)
    struct = "_CM_KEY_BODY"
    fields = ("KeyControlBlock",)
    more_fields = (
        "Type", "NotifyBlock", "ProcessID", "KtmTrans", "Trans.TransPtr", "RestrictedAccessMask"
    )  # fmt: skip

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self._paths = KeyPaths(kernel.target)

    def names(self, header: ObjectHeader, key: View) -> Names:
        """The path is both the full name and the own one; a key stands in no directory."""
        path = key.cell(self._path)
        return Names(path, path, 0)

    def at_once(self) -> Optional[AtOnce]:
        """Keys below one whose path is known."""
        take = in_a_page(self.kernel.target, self.shape)
        if take is None:
            return None
        path_of, labels = self._paths.at_once, self.labels

        def describe(
            page: bytes, body: int, name: Optional[Sequence[int]]
        ) -> Optional[Description]:
            fields = take(page, body)
            if name is not None or not fields:
                return None
            (block,) = fields
            path = path_of(block)
            if path is None:
                return None
            details = Details({"key_control_block": Hex(block)}, labels)
            return Description(path, path, 0, NO_VALUE, details)

        return describe

    @detail("Key Control Block", more=False)
    def key_control_block(self, key: View) -> Optional[Hex]:
        # Where it is missing, the name says so.
        return attempt(lambda: Hex(key.once(self._block)), default=None)

    # -- everything -------------------------------------------------------------------------------

    def check(self, key: View) -> None:
        """The body of a key says so in front."""
        key.one_of("Type", {_BODY: True})

    @detail()
    def last_write(self, key: View) -> Optional[datetime]:
        return key.once(self._control).time("KcbLastWriteTime.QuadPart")

    @detail("State")
    def state(self, key: View) -> Optional[Tuple[str, ...]]:
        return set_bits(key.once(self._control), _STATES) or None

    @detail("Key Flags")
    def key_flags(self, key: View) -> Tuple[str, ...]:
        return bit_names(key.once(self._control)["Flags"] & ~_COMPRESSED_NAME, _FLAGS)

    @detail("Values")
    def values(self, key: View) -> int:
        block = key.once(self._control)
        return block["ValueList.Count" if block.has("ValueList.Count") else "ValueCache.Count"]

    @detail("Subkeys")
    def subkeys(self, key: View) -> int:
        block = key.once(self._control)
        flags = block["ExtFlags"]
        if flags & _COUNT_UNKNOWN:  # the hive's own node has it
            raise UnavailableError(Unavailable(Reason.COUNT_NOT_KEPT, block.address))
        if flags & _COUNT_IS_NONE:
            return 0
        if flags & _COUNT_IS_ONE:
            return 1
        if flags & _COUNT_IN_HINT:
            return View(key.target, _HINT, block.pointer("IndexHint"))["Count"]
        return block["SubKeyCount"]

    @detail("Longest Subkey Name")
    def longest_subkey(self, key: View) -> int:
        return key.once(self._control)["KcbMaxNameLen"]

    @detail("Longest Value Name")
    def longest_value_name(self, key: View) -> int:
        return key.once(self._control)["KcbMaxValueNameLen"]

    @detail("Longest Value")
    def longest_value(self, key: View) -> int:
        return key.once(self._control)["KcbMaxValueDataLen"]

    @detail("References")
    def references(self, key: View) -> int:
        return key.once(self._control)["RefCount"]

    @detail("Layer Height")
    def layer(self, key: View) -> Optional[int]:
        block = key.once(self._control)
        return block["LayerHeight"] or None if block.has("LayerHeight") else None

    @detail("Opened by Process Id", hexadecimal=True)
    def opened_by(self, key: View) -> int:
        return key["ProcessID"]

    @detail("Notifies")
    def notifies(self, key: View) -> Optional[bool]:
        return True if key["NotifyBlock"] else None

    @detail("Transaction")
    def transaction(self, key: View) -> Optional[Hex]:
        path = next((path for path in ("Trans.TransPtr", "KtmTrans") if key.has(path)), "")
        return Hex(key[path]) if path and key[path] else None

    @detail("Restricted Access Mask")
    def restricted_access(self, key: View) -> Optional[Hex]:
        return Hex(key["RestrictedAccessMask"]) if key.has("RestrictedAccessMask") else None

    @detail("Hive File")
    def hive_file(self, key: View) -> Optional[str]:
        return key.once(self._hive).text("FileFullPath") or None

    @detail("Hive File as Loaded")
    def hive_user_file(self, key: View) -> Optional[str]:
        return key.once(self._hive).text("FileUserName") or None

    @detail("Hive Root")
    def hive_root(self, key: View) -> Optional[str]:
        hive = key.once(self._hive)
        if not hive.has("HiveRootPath.Length"):
            return None
        return hive.text("HiveRootPath") or None

    def _control(self, key: View) -> View:
        return View(key.target, _BLOCK, key.pointer("KeyControlBlock"))

    def _hive(self, key: View) -> View:
        hive = View(key.target, _HIVE, key.once(self._control).pointer("KeyHive"))
        if hive["Hive.Signature"] != _HIVE_SIGNATURE:
            raise CorruptedError(hive.address, Reason.NOTHING_SUCH_HERE, "hive")
        return hive

    def _block(self, key: View) -> int:
        return key["KeyControlBlock"]

    def _path(self, key: View) -> Maybe[str]:
        return self._paths.of(key["KeyControlBlock"])
