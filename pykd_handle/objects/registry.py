"""Which family describes which type, and each object described once."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from ..hints import Any, Collection, Dict, List, Mapping, Optional, Sequence, Tuple, Type
from ..kernel import Kernel, KernelObject
from ..kernel.access_rights import Meaning, TypeAccess, access_meaning, read_type_access
from ..kernel.handle_entry import HandleEntry
from ..layout import Fields
from ..targets import Target
from ..values import (
    NO_VALUE,
    Absent,
    Details,
    Generations,
    Hex,
    Maybe,
    PykdHandleError,
    Unavailable,
    joined,
    known,
    maybe,
    modules_of,
)
from .at_once import Listed, ObjectsAtOnce
from .base import FAMILIES, Description, Facts
from .entry import Entry
from .file_name import FileNames
from .header import Header
from .unknown import Unknown
from .view import View

__all__ = ("Objects", "families")

_NEAR = 0x80  # bytes


@lru_cache(maxsize=None)
def families() -> Mapping[str, Type[Facts]]:
    """The families of this room by the names of their types: each module is imported once."""
    for module in modules_of(__package__):
        import_module(f"{__package__}.{module}")
    return FAMILIES


def _family(type_name: str) -> Optional[Type[Facts]]:
    """The family of a type, or None. Most stand in the module that is called as the type: of an
    object alone, no other is imported."""
    if type_name not in FAMILIES:
        called = type_name.replace(" ", "").lower()
        for module in modules_of(__package__):
            if module.replace("_", "") == called:
                import_module(f"{__package__}.{module}")
    return FAMILIES.get(type_name) or families().get(type_name)


class Objects:
    """Describes any object of one kernel; an object that several handles lead to only once."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._files = FileNames(kernel)
        self.modules = self._files.modules
        self._plain = Facts(kernel, self._files)
        self._unknown = Unknown(kernel, self._files)
        self._header = Header(kernel, self._files)
        self._entry = Entry(kernel, self._files)
        self._access: Dict[Maybe[int], Maybe[TypeAccess]] = {}
        self._families: Dict[Type[Facts], Facts] = {}
        self._by_type: Dict[str, Facts] = {}
        self._at_once: Optional[ObjectsAtOnce] = None
        self._done: Generations[Tuple[int, bool], Description] = Generations(kernel.objects_kept)

    def ahead(self, everything: bool) -> int:
        """How many bytes of an object hold what is read of it first, whatever its type; with
        ``everything``, where all that is known of objects is asked for."""
        # Fields farther off than that cost more to carry along than another read.
        shapes = [
            each.whole_shape if everything else each.shape for each in set(families().values())
        ]
        ends = {_end_of(self.kernel.target, shape) for shape in shapes}
        return max((end for end in ends if end <= _NEAR), default=0)

    def describe(self, item: KernelObject, everything: bool = False) -> Description:
        """The description of an object, with ``everything`` that is known of it; one that fails
        says why in its name."""
        key = item.header.address, everything
        found = self._done.get(key)
        if found is None:
            found = self.describe_once(item, everything)
            self._done[key] = found
        return found

    def listed(self, headers: Sequence[int]) -> List[Optional[Listed]]:
        """What is to be listed of the objects with these headers, of most of them: None of those
        that have to be looked at one by one."""
        if self._at_once is None:
            self._at_once = ObjectsAtOnce(self.kernel, self._facts)
        return self._at_once.listed(headers)

    def describe_once(self, item: KernelObject, everything: bool = False) -> Description:
        """The same, of an object that does not come again."""
        try:
            found = self._describe(item, everything)
        except PykdHandleError as error:
            found = Description(error.why, error.why, error.why, NO_VALUE, Details())
        if everything:
            found = found._replace(details=self._with_header(item, found.details))
        return found

    def pick(self, item: KernelObject, keys: Collection[str]) -> Details:
        """Of an object the details of these keys alone: one that fails says why, and so do all of
        an object of unknown type."""
        name = item.type_name
        made = name if isinstance(name, Absent) else maybe(self._facts(name).pick, item, keys)
        return made if isinstance(made, Details) else Details(dict.fromkeys(keys, made))

    def _describe(self, item: KernelObject, everything: bool) -> Description:
        name = item.type.name
        if not isinstance(name, Absent):
            return (self._by_type.get(name) or self._facts(name)).describe(item, everything)
        # The header's own name is one whatever the type; without one, files, keys and others have
        # theirs elsewhere.
        found = self._plain.describe(item, everything)
        found.details.pop("body", None)  # nor is it known whether anything describes it
        if everything and item.header.body:
            view = View(self.kernel.target, self._unknown.whole_shape, item.header.body)
            shown = Details(self._unknown.details_of(view), self._unknown.labels)
            found = found._replace(details=joined(found.details, shown))
        if found.name is NO_VALUE:
            # Nor is it known whether it stands in a directory.
            found = found._replace(name=name, own_name=name, directory=name)
        return found

    def _with_header(self, item: KernelObject, details: Details) -> Details:
        """The details of an object with those of its header behind them."""
        more = self._header.of(item, self.access_of(item))
        return joined(details, Details(more, self._header.labels))

    def describe_handle(self, entry: HandleEntry, item: Optional[KernelObject]) -> Details:
        """What is known of a handle by itself: the entry, and what its access mask means for the
        object behind it (None: that is not known)."""
        found: Dict[str, Any] = {}
        meaning = self._meaning(entry, item)
        if meaning is not None:
            found["rights"] = meaning.names
            together = self.rights_together(entry, item)
            if together or isinstance(together, Unavailable):
                found["rights_together"] = together
            if meaning.outside:
                found["rights_outside"] = Hex(meaning.outside)
        found.update(self._entry.of(entry))
        return Details(found, self._entry.labels)

    def rights_together(
        self, entry: HandleEntry, item: Optional[KernelObject]
    ) -> Maybe[Tuple[str, ...]]:
        """What the access mask of an entry is together, as the type of its object sees it; NO_VALUE
        where that object, its type or the mask is not known."""
        meaning = self._meaning(entry, item)
        if meaning is None or item is None:
            return NO_VALUE
        access = self.access_of(item)
        return access if isinstance(access, Unavailable) else meaning.together

    def _meaning(self, entry: HandleEntry, item: Optional[KernelObject]) -> Optional[Meaning]:
        mask = entry.granted_access
        if item is None or not item.type_name or isinstance(mask, Absent):
            return None
        return access_meaning(item.type_name, mask, self.access_of(item) or None)

    def access_of(self, item: KernelObject) -> Maybe[TypeAccess]:
        """What the type of an object says of access masks: read once for each type."""
        address = item.type.address
        found = self._access.get(address)
        if found is None:
            found = self._access[address] = maybe(self._read_access, address)
        return found

    def _read_access(self, address: Maybe[int]) -> Maybe[TypeAccess]:
        return read_type_access(self.kernel.target, known(address))

    def _facts(self, type_name: str) -> Facts:
        found = self._by_type.get(type_name)
        if found is None:
            family = _family(type_name)
            if family is None:
                return self._plain  # names of types come from the target: not one more is kept
            found = self._families.get(family) or family(self.kernel, self._files)
            self._families[family] = self._by_type[type_name] = found
        return found


def _end_of(target: Target, fields: Fields) -> int:
    """Where the last of these fields ends, in bytes from the object's begin; 0 where this kernel
    has none of them, or their layout can't be used: then their cells say so."""

    def end() -> int:
        struct = target.find_struct(fields.struct)
        return 0 if struct is None else struct.plan(fields.paths).decoder.end

    return maybe(end) or 0
