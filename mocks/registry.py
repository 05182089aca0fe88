"""Registry keys: ``_CM_KEY_BODY``, key control blocks up to ``\\REGISTRY``, their name blocks."""

from __future__ import annotations

from typing import Dict, Optional, Sequence, Tuple

from .clock import NOW
from .object import MockObject
from .objects import Objects
from .pool import Pool
from .view import View
from .written import whole, writes

__all__ = ("HIVE_ENTRY", "Registry")

whole("_CM_KEY_BODY", "_CM_NAME_CONTROL_BLOCK")
writes("_CM_KEY_CONTROL_BLOCK", "KeyHash", "ConvKey", "KeyCell", "KeyBodyListHead", "LayerInfo")
writes("_CM_KEY_CONTROL_BLOCK", "RealKeyName", "FullKCBName", "SequenceNumber")

HIVE_ENTRY = 0x4
"""The flag of a key control block that stands for the root inside a hive."""

_COMP_NAME = 0x20
_KEY_BODY = 0x6B793032  # "ky02", what a key body's Type field holds
_HIVES = frozenset(
    (
        "\\REGISTRY\\MACHINE\\SYSTEM",
        "\\REGISTRY\\MACHINE\\SOFTWARE",
        "\\REGISTRY\\MACHINE\\SAM",
        "\\REGISTRY\\MACHINE\\SECURITY",
    )
)


class Registry:
    """Makes keys, and the key control blocks above them."""

    def __init__(self, pool: Pool, objects: Objects) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        self._objects = objects
        self._kcbs: Dict[Tuple[str, bool], int] = {}
        self._name_blocks: Dict[Tuple[str, bool], int] = {}

    def key(
        self,
        path: str,
        at: Optional[int] = None,
        compressed: Optional[bool] = None,
        hive_entry: bool = False,
        full_name: bool = False,
        own_page: bool = False,
    ) -> MockObject:
        """An open key, by its full path (``\\REGISTRY\\MACHINE\\...``).

        Names are ``compressed`` (8-bit characters) where they can be, unless that is said. With
        ``hive_entry`` the blocks of hives have the extra one below them that 14393 and later
        make, which has no part in the path. ``full_name`` fills the cache ``FullKCBName``.
        """
        size = self._build.struct("_CM_KEY_BODY").size
        found = self._objects.make("Key", size=size, at=at, own_page=own_page)
        body = found.body("_CM_KEY_BODY")
        body["Type"] = _KEY_BODY
        kcb = self._chain(path, compressed, hive_entry)
        body["KeyControlBlock"] = kcb.address
        body["ProcessID"] = 4
        self._memory.empty_list(body.at("KeyBodyList"))
        if full_name:
            kcb["FullKCBName"] = self._pool.unicode_string(path)
        return found

    def kcb(self, path: str) -> View:
        """The key control block of a path that has one already."""
        return self._memory.view("_CM_KEY_CONTROL_BLOCK", self._kcbs[path.upper(), False])

    def _chain(self, path: str, compressed: Optional[bool], hive_entry: bool) -> View:
        parts = path.strip("\\").split("\\")
        parent, done = 0, ""
        for part in parts:
            done += "\\" + part
            parent = self._kcb(done, part, parent, compressed, 0)
            if hive_entry and done.upper() in _HIVES:
                parent = self._kcb(done, "ROOT", parent, compressed, HIVE_ENTRY)
        return self._memory.view("_CM_KEY_CONTROL_BLOCK", parent)

    def _kcb(
        self, path: str, name: str, parent: int, compressed: Optional[bool], flags: int
    ) -> int:
        key = (path.upper(), bool(flags))
        found = self._kcbs.get(key)
        if found is None:
            small = _fits(name) if compressed is None else compressed
            view = self._pool.new("_CM_KEY_CONTROL_BLOCK", tag=b"CM16")
            found = self._kcbs[key] = view.address
            view["RefCount"] = 1
            view["ParentKcb"] = parent
            view["NameBlock"] = self._name_block(name, small)
            view["Flags"] = flags | (_COMP_NAME if small else 0)
            view["KcbLastWriteTime.QuadPart"] = NOW
            self._memory.empty_list(view.at("KeyBodyListHead"))
        return found

    def _name_block(self, name: str, compressed: bool) -> int:
        key = (name.upper(), compressed)
        found = self._name_blocks.get(key)
        if found is None:
            data = name.encode("latin-1" if compressed else "utf-16-le")
            struct = self._build.struct("_CM_NAME_CONTROL_BLOCK")
            found = self._pool.allocate(struct.offset("Name") + len(data), tag=b"CMNb")
            view = self._memory.view("_CM_NAME_CONTROL_BLOCK", found)
            view["RefCount"] = 1
            view["Compressed"] = int(compressed)
            view["NameLength"] = len(data)
            view.fill("Name", data)
            self._name_blocks[key] = found
        return found


def _fits(name: Sequence[str]) -> bool:
    return all(ord(char) < 0x100 for char in name)
