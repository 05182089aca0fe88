"""Registry keys: the path through the key control blocks (``_CM_KEY_CONTROL_BLOCK``) to the root.

Each block holds one part of the path in a ``_CM_NAME_CONTROL_BLOCK``, 8-bit (Latin-1) where
``Compressed`` is set, else UTF-16. From 14393 on the block of a hive's entry (KEY_HIVE_ENTRY in
``Flags``, and a parent) adds no part of its own (``CmpConstructNameFromKcbNameBlocks``).
"""

from __future__ import annotations

from typing import Dict, List, Set, Tuple

from ..kernel import Kernel, KernelObject
from ..kernel.fields import decode_fields, read_fields
from ..kernel.strings import wide_text
from ..layout import fields
from ..values import Absent, Hex, Maybe, MemoryUnavailable, Unavailable, unavailable
from .base import Describer, Description
from .file_name import FileNames

__all__ = ("KeyDescriber",)

_BODY = fields("_CM_KEY_BODY", "KeyControlBlock")
_BLOCK = fields("_CM_KEY_CONTROL_BLOCK", "ParentKcb", "NameBlock", "Flags")
_LAYERS = "LayerHeight"
fields(_BLOCK.struct, _LAYERS)
_NAME = fields("_CM_NAME_CONTROL_BLOCK", "Compressed", "NameLength")
_TEXT = "Name"
fields(_NAME.struct, _TEXT)
_DEEPEST = 512  # the registry's own limit on the depth of a key
_LONGEST = 512  # bytes: a key's name has at most 255 characters
_GUESS = 48  # bytes of a name that are read along with its block; most names are shorter
_HIVE_ENTRY = 0x04  # KEY_HIVE_ENTRY; 0x10 is KEY_SYM_LINK, whose keys have a part of their own


class KeyDescriber(Describer):
    """Names keys; each key control block on the way is read once."""

    types = ("Key",)

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self._paths: Dict[int, Maybe[str]] = {}

    def ahead(self) -> int:
        """Up to the end of ``KeyControlBlock``."""
        return self.end_of(_BODY)

    def describe(self, item: KernelObject) -> Description:
        """The path is both the full name and what ``!handle`` prints, with a null directory."""
        (block,) = read_fields(self.target, _BODY, item.body)
        if isinstance(block, Absent):
            return Description(block, block, 0, {})
        path = self.path(block)
        return Description(path, path, 0, {"key_control_block": Hex(block)})

    def path(self, block: int) -> Maybe[str]:
        """The path of the key whose control block lies at this virtual address."""
        trail: List[Tuple[int, str]] = []
        seen: Set[int] = set()
        place = block
        base: Maybe[str] = ""
        while place:
            known = self._paths.get(place)
            if known is not None:
                base = known
                break
            if place in seen or len(seen) >= _DEEPEST:
                why = "form a cycle" if place in seen else f"are more than {_DEEPEST}"
                base = Unavailable(f"the key control blocks above {why}", place)
                break
            if not self.target.is_kernel_address(place):
                base = Unavailable("the key control block is no address of the kernel", place)
                break
            seen.add(place)
            parent, part = self._step(place)
            if not isinstance(parent, int) or not isinstance(part, str):
                base = _absent(part, parent)
                break
            trail.append((place, part))
            place = parent
        if not trail:
            self._paths[block] = base
        for step, part in reversed(trail):
            if isinstance(base, str) and part:
                base = base + "\\" + part
            self._paths[step] = base
        return base

    def _step(self, address: int) -> Tuple[Maybe[int], Maybe[str]]:
        """The parent of a key control block, and the part of the path that it adds."""
        parent, name, flags = read_fields(self.target, _BLOCK, address)
        # The extra blocks came with the layers of 14393; before, a hive's entry is the key itself.
        if (
            self.target.struct(_BLOCK.struct).has(_LAYERS)
            and isinstance(flags, int)
            and flags & _HIVE_ENTRY
            and parent
        ):
            return parent, ""
        if isinstance(name, Absent):
            return parent, name
        return parent, self._name(name)

    def _name(self, address: int) -> Maybe[str]:
        """The part of the path in the name control block at ``address``: one read, as a rule."""
        struct = self.target.struct(_NAME.struct)
        if not self.target.is_kernel_address(address):
            return Unavailable("the name control block is no address of the kernel", address)
        start = struct.offset(_TEXT)
        span = self.target.read_partial(address, start + _GUESS)
        compressed, length = decode_fields(span, struct, address, _NAME.paths)
        for value in (compressed, length):
            if isinstance(value, Absent):
                return value
        assert isinstance(compressed, int) and isinstance(length, int)
        try:
            if not 0 < length <= _LONGEST or (length % 2 and not compressed):
                return Unavailable(f"a key's name of {length} bytes can't be", address)
            if length > _GUESS:
                data = self.target.read(address + start, length)
            else:
                data = span.at(address + start, length)
        except MemoryUnavailable as error:
            return unavailable(error)
        text = data.decode("latin-1") if compressed else wide_text(data)
        # The root's own name is stored with its backslash.
        return text.lstrip("\\")


def _absent(*values: object) -> Absent:
    """The first of these values that is absent."""
    return next(value for value in values if isinstance(value, Absent))
