"""The object namespace: directories with their hash buckets, names, symbolic links."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple, Union

from .objects import MockObject, Objects

__all__ = ("Directory", "Names", "hash_of")

Directory = Union[str, MockObject]

_BUCKETS = 37


def hash_of(name: str) -> int:
    """The hash under which a directory keeps a name, before it is taken modulo 37."""
    value = 0
    for char in name.upper():
        value = value + (value << 1) + (value >> 1) + ord(char) & 0xFFFFFFFF
    return value


class Names(Objects):
    """A kernel with a namespace; on top of `Objects`."""

    def start_names(self) -> None:
        """Make the root, ``\\ObjectTypes`` with every type in it, and the usual directories."""
        root = self._directory_object("\\")
        self._directories: Dict[str, MockObject] = {"\\": root}
        self._entries: Dict[Tuple[int, int], int] = {}
        self.set_global("ObpRootDirectoryObject", root.address)
        types = self.directory("\\ObjectTypes")
        self.set_global("ObpTypeDirectoryObject", types.address)
        for kind in self.types.values():
            self.insert(types, kind)
        for path in ("\\Device", "\\Driver", "\\GLOBAL??", "\\KernelObjects", "\\BaseNamedObjects"):
            self.directory(path)

    def _directory_object(self, name: str) -> MockObject:
        size = self.struct("_OBJECT_DIRECTORY").size
        found = self.object("Directory", name, size=size, permanent=True)
        found.body("_OBJECT_DIRECTORY").put("SessionId", 0xFFFFFFFF)
        return found

    def directory(self, path: Directory) -> MockObject:
        """The directory of this full path; it and those above are made where they are missing."""
        if isinstance(path, MockObject):
            return path
        clean = "\\" + path.strip("\\")
        found = self._directories.get(clean.upper())
        if found is None:
            above, _, leaf = clean.rpartition("\\")
            found = self._directory_object(leaf)
            self._directories[clean.upper()] = found
            self.insert(self.directory(above or "\\"), found)
        return found

    def insert(self, directory: Directory, found: MockObject) -> int:
        """Put a named object into a directory; returns the address of the directory entry."""
        place = self.directory(directory)
        found.info("name")["Directory"] = place.address
        value = hash_of(found.name)
        entry = self.allocate(self.struct("_OBJECT_DIRECTORY_ENTRY").size, tag=b"ObDi")
        bucket = place.address + self.struct("_OBJECT_DIRECTORY").offset("HashBuckets")
        bucket += value % _BUCKETS * self.pointer_size
        view = self.view("_OBJECT_DIRECTORY_ENTRY", entry)
        view["ChainLink"] = self.pointer(bucket)
        view["Object"] = found.address
        view.put("HashValue", value)
        self.set_pointer(bucket, entry)
        self._entries[place.address, found.address] = entry
        return entry

    def remove_name(self, directory: Directory, found: MockObject) -> None:
        """Take an object out of its directory, as when a temporary object is closed."""
        place = self.directory(directory)
        entry = self._entries.pop((place.address, found.address))
        bucket = place.address + self.struct("_OBJECT_DIRECTORY").offset("HashBuckets")
        link = bucket + hash_of(found.name) % _BUCKETS * self.pointer_size
        while self.pointer(link) != entry:
            link = self.pointer(link)  # ChainLink is the first field of an entry
        self.set_pointer(link, self.pointer(entry))
        found.info("name")["Directory"] = 0

    def named(
        self,
        type_name: str,
        name: Optional[str] = None,
        directory: Optional[Directory] = None,
        size: int = 0,
        body: bytes = b"",
        **more: Any,
    ) -> MockObject:
        """An object, and where it has a name and a ``directory``, its entry there.

        ``name`` may be a full path (``\\BaseNamedObjects\\x``), which says the directory as well.
        """
        if name is not None and directory is None and name.startswith("\\"):
            path, _, name = name.rpartition("\\")
            directory = path or "\\"
        found = self.object(type_name, name, body, size, **more)
        if directory is not None and name is not None:
            self.insert(directory, found)
        return found

    def place_type(self, name: str, at: int) -> MockObject:
        """Move a type to the address ``at``; the directory of types follows."""
        before = self.object_type(name).address
        kind = super().place_type(name, at)
        types = self._directories["\\OBJECTTYPES"].address
        entry = self._entries.pop((types, before), None)
        if entry is not None:
            self.view("_OBJECT_DIRECTORY_ENTRY", entry)["Object"] = at
            self._entries[types, at] = entry
        return kind

    def symbolic_link(self, path: str, target: str, **more: Any) -> MockObject:
        """A symbolic link, such as ``\\GLOBAL??\\C:`` to ``\\Device\\HarddiskVolume3``."""
        size = self.struct("_OBJECT_SYMBOLIC_LINK").size
        found = self.named("SymbolicLink", path, size=size, **more)
        body = found.body("_OBJECT_SYMBOLIC_LINK")
        self.set_text(body, "LinkTarget", target)
        body["CreationTime.QuadPart"] = self.time
        return found

    def call_back(self, link: MockObject, callback: int, context: int) -> None:
        """Give a symbolic link a callback in place of its target (15063 and later)."""
        body = link.body("_OBJECT_SYMBOLIC_LINK")
        body["Callback"], body["CallbackContext"] = callback, context
        body["Flags"] = body["Flags"] | 0x10
