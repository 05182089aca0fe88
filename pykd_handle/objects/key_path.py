"""The path of a registry key: through its control blocks (``_CM_KEY_CONTROL_BLOCK``) to the root.

Each block holds one part of the path in a ``_CM_NAME_CONTROL_BLOCK``, 8-bit (Latin-1) where
``Compressed`` is set, else UTF-16. From 14393 on the block of a hive's entry (KEY_HIVE_ENTRY in
``Flags``, and a parent) adds no part of its own (``CmpConstructNameFromKcbNameBlocks``).
"""

from __future__ import annotations

from ..hints import List, Optional, Set, Tuple
from ..kernel.strings import wide_text
from ..layout import Decoder, fields
from ..targets import Target
from ..values import CorruptedError, Generations, Maybe, NamedTuple, Reason, Unavailable, maybe
from .view import View

__all__ = ("KeyPaths",)

_LAYERS = "LayerHeight"
_BLOCK = fields("_CM_KEY_CONTROL_BLOCK", "Flags", "ParentKcb", "NameBlock")
fields(_BLOCK.struct, _LAYERS)
_NAME = fields("_CM_NAME_CONTROL_BLOCK", "Compressed", "NameLength")
_TEXT = "Name"
fields(_NAME.struct, _TEXT)
_DEEPEST = 512  # the registry's own limit on the depth of a key
_LONGEST = 512  # bytes: a key's name has at most 255 characters
_GUESS = 48  # bytes of a name that are read along with its block; most names are shorter
_PATHS_KEPT = 1 << 13  # at least; some 200 bytes each
_OFFSET = 0xFFF  # in a page
_HIVE_ENTRY = 0x04  # KEY_HIVE_ENTRY; 0x10 is KEY_SYM_LINK, whose keys have a part of their own


class _Whole(NamedTuple):
    """What takes a control block and the begin of a name block apart, and where the text lies."""

    block: Decoder
    name: Decoder
    text: int


class KeyPaths:
    """Paths of the keys of one kernel; each key control block on the way is read once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        # The extra blocks came with the layers of 14393; before, a hive's entry is the key itself.
        self._layers = target.find_offset(_BLOCK.struct, _LAYERS) is not None
        self._hives = self._layers and target.find_offset(_BLOCK.struct, "Flags") is not None
        self._paths: Generations[int, Maybe[str]] = Generations(_PATHS_KEPT)
        block, name = target.find_struct(_BLOCK.struct), target.find_struct(_NAME.struct)
        self._whole: Optional[_Whole] = None
        if block and name and block.has(*_BLOCK.paths) and name.has(*_NAME.paths, _TEXT):
            blocks, names = block.decoder(*_BLOCK.paths), name.decoder(*_NAME.paths)
            self._whole = _Whole(blocks, names, name.offset(_TEXT))

    def of(self, block: int) -> Maybe[str]:
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
                base = (
                    Unavailable(Reason.THE_KEY_CONTROL_BLOCKS_ABOVE_FORM_A_CYCLE, place)
                    if place in seen
                    else Unavailable(Reason.TOO_MANY_KEY_CONTROL_BLOCKS, place, _DEEPEST)
                )
                break
            seen.add(place)
            above = maybe(self._step, place)
            if not above:
                base = above
                break
            trail.append((place, above[1]))
            place = above[0]
        if not trail:
            self._paths[block] = base
        for step, part in reversed(trail):
            if isinstance(base, str) and part:
                base = base + "\\" + part
            self._paths[step] = base
        return base

    def at_once(self, block: int) -> Optional[str]:
        """The path of a key below one whose path is known, where its block and its name lie in a
        page each and nothing of them is unusual; else None."""
        path = self._paths.get(block)
        if path is not None:
            return path if isinstance(path, str) else None
        page, at = self._target.page(block >> 12), block & _OFFSET
        if self._whole is None or page is None or at + self._whole.block.end > len(page):
            return None
        flags, parent, place = self._whole.block.decode(page, at)
        above = self._paths.get(parent)
        page, at = self._target.page(place >> 12), place & _OFFSET
        text = at + self._whole.text
        if (
            not isinstance(above, str)
            or page is None
            or text > len(page)
            or (self._hives and flags & _HIVE_ENTRY)
        ):
            return None
        compressed, length = self._whole.name.decode(page, at)
        part = page[text : text + length].decode("latin-1")
        if not compressed or not 0 < length <= _LONGEST or len(part) < length or part[0] == "\\":
            return None
        path = self._paths[block] = above + "\\" + part
        return path

    def _step(self, address: int) -> Tuple[int, str]:
        """The parent of a key control block, and the part of the path that it adds."""
        if not self._target.is_kernel_address(address):
            raise CorruptedError(address, Reason.THE_KEY_CONTROL_BLOCK_IS_NO_ADDRESS_OF_THE_KERNEL)
        block = View(self._target, _BLOCK, address)
        parent = block["ParentKcb"]
        if self._hives and parent and block["Flags"] & _HIVE_ENTRY:
            return parent, ""
        return parent, self._part(block.pointer("NameBlock", "the name control block"))

    def _part(self, address: int) -> str:
        """The part of the path in the name control block at ``address``: one read, as a rule."""
        start = self._target.struct(_NAME.struct).offset(_TEXT)
        span = self._target.read_partial(address, start + _GUESS)
        name = View(self._target, _NAME, address, span)
        compressed, length = name["Compressed"], name["NameLength"]
        if not 0 < length <= _LONGEST or (length % 2 and not compressed):
            raise CorruptedError(address, Reason.KEY_NAME_LENGTH, length)
        if length > _GUESS:
            data = self._target.read(address + start, length)
        else:
            data = span.at(address + start, length)
        text = data.decode("latin-1") if compressed else wide_text(data)
        # The root's own name is stored with its backslash.
        return text.lstrip("\\")
