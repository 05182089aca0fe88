"""The regions of a process's address space: its virtual address descriptors (``_MMVAD``).

They form a balanced tree below ``_EPROCESS.VadRoot``. On XP that is a pointer to a descriptor,
which has the links itself; from 2003 to Windows 8 an ``_MM_AVL_TABLE``, whose own node has the tree
to its right; from 8.1 on an ``_RTL_AVL_TREE``. Windows 8 moved what all descriptors have into
``_MMVAD.Core``. Page numbers have 32 bits from 8.0 on, and 8 more of their own from 8.1 on.

Descriptors, control areas and file objects are memory of the kernel: they are in dumps that have
none of the process's own.
"""

from __future__ import annotations

from ..hints import Dict, Iterator, List, Optional, Set, Tuple, Union
from ..layout import Pointer, Struct, fast_reference, fields
from ..targets import Target
from ..values import (
    CorruptedError,
    Maybe,
    MissingField,
    NamedTuple,
    PykdHandleError,
    Reason,
    Sentence,
    UnavailableError,
    known,
)
from .fields import decode_fields, range_of, read_fields

__all__ = ("Region", "Vads")

_PAGE_SHIFT = 12
_MOST_REGIONS = 1 << 20
_DEEPEST = 64  # a balanced tree of that many descriptors is not half as deep
_ROOTS = ("VadRoot.Root", "VadRoot.BalancedRoot.RightChild", "VadRoot")
fields("_EPROCESS", *_ROOTS)
_LEFT = ("Core.VadNode.Left", "Core.VadNode.LeftChild", "LeftChild")
_RIGHT = ("Core.VadNode.Right", "Core.VadNode.RightChild", "RightChild")
_START = ("Core.StartingVpn", "StartingVpn")
_END = ("Core.EndingVpn", "EndingVpn")
_START_HIGH, _END_HIGH = ("Core.StartingVpnHigh",), ("Core.EndingVpnHigh",)
_FLAGS = ("Core.u.VadFlags", "u.VadFlags")
_PRIVATE = tuple(f"{flags}.PrivateMemory" for flags in _FLAGS)
_TYPE = tuple(f"{flags}.VadType" for flags in _FLAGS)
_IMAGE_MAP = 2  # VadImageMap, from Vista on
_PROTECTION = tuple(f"{flags}.Protection" for flags in _FLAGS)
_BACKING = ("Subsection", "ControlArea")
fields(
    "_MMVAD",
    *(*_LEFT, *_RIGHT, *_START, *_END, *_START_HIGH, *_END_HIGH),
    *(*_PRIVATE, *_PROTECTION, *_TYPE, *_BACKING),
)
_SUBSECTION = fields("_SUBSECTION", "ControlArea")
_AREA = fields("_CONTROL_AREA", "Segment", "u.Flags.Image")
_SEGMENT = fields("_SEGMENT", "ControlArea")
_REFERENCE = fields("_CONTROL_AREA", "FilePointer.Value")
_FILE = fields("_CONTROL_AREA", "FilePointer")


class Region(NamedTuple):
    """One region: ``start`` and ``end`` (behind its last byte) in the process's address space.

    ``vad`` is the address of its descriptor. ``private`` tells whether it is no section,
    ``protection`` is the index of what it was made with (`vad_protection`); both are absent where
    the symbols do not tell. ``area`` is the address of its control area, None where it has none,
    ``image`` whether that is one of an image, ``file`` the address of the file object, 0 for none.
    """

    start: int
    end: int
    vad: int
    private: Maybe[int]
    protection: Maybe[int]
    area: Optional[int]
    image: Maybe[int]
    file: Maybe[int]


class _Node(NamedTuple):
    """A descriptor as it is stored, and where its links lead."""

    address: int
    left: int
    right: int
    start: int
    end: int
    private: Maybe[int]
    protection: Maybe[int]
    kind: Maybe[int]
    backing: Maybe[int]


class Vads:
    """The trees of one kernel's processes. Each descriptor is one read, a control area up to five,
    and where it was met before, the one that leads to it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        struct = target.struct("_EPROCESS")
        self._root = _first(struct, _ROOTS)
        if not isinstance(struct.field(self._root).type, Pointer):
            raise MissingField(struct.name, _ROOTS[0])
        self._struct = target.struct("_MMVAD")
        self._backing = _first(self._struct, _BACKING)
        needed = (_first(self._struct, paths) for paths in (_LEFT, _RIGHT, _START, _END))
        more = (
            next((path for path in paths if self._struct.has(path)), paths[0])
            for paths in (_START_HIGH, _END_HIGH, _PRIVATE, _PROTECTION, _TYPE)
        )
        self._paths = (*needed, *more, self._backing)
        self._areas: Dict[int, Tuple[Maybe[int], Maybe[int]]] = {}

    def all(self, process: int) -> Iterator[Union[Region, Sentence]]:
        """Every region of the process whose ``_EPROCESS`` lies at an address, by address; in its
        place a line where a part of the tree can't be followed. Raises `UnavailableError`."""
        waiting: List[_Node] = []
        seen: Set[int] = set()
        place = self._top(process)
        while True:
            # Down to the left, then the descriptor, then what is on its right.
            while place:
                try:
                    if len(waiting) > _DEEPEST or place in seen:
                        raise CorruptedError(place, Reason.LIST_BROKEN, "regions")
                    if len(seen) >= _MOST_REGIONS:
                        raise CorruptedError(place, Reason.LIST_TOO_LONG, "regions", _MOST_REGIONS)
                    node = self._read(place)
                except PykdHandleError as error:
                    yield Sentence("a part of the regions can't be read: {}", error)
                    break
                seen.add(place)
                waiting.append(node)
                place = node.left
            if not waiting:
                return
            node = waiting.pop()
            yield self._region(node)
            place = node.right

    def find(self, process: int, address: int) -> Optional[Region]:
        """The region in which an address of the process lies. Raises `UnavailableError`."""
        page = address >> _PAGE_SHIFT
        place = self._top(process)
        for _ in range(_DEEPEST):
            if not place:
                return None
            node = self._read(place)
            if node.start <= page <= node.end:
                return self._region(node)
            place = node.left if page < node.start else node.right
        raise CorruptedError(place, Reason.LIST_BROKEN, "regions")

    def _top(self, process: int) -> int:
        """The topmost descriptor, 0 where there is none."""
        (top,) = read_fields(self._target, fields("_EPROCESS", self._root), process)
        return known(top)

    def _read(self, address: int) -> _Node:
        if not self._target.is_kernel_address(address):
            raise CorruptedError(address, Reason.FIELD_NOWHERE, "VadRoot")
        span = self._target.read_partial(*range_of(self._struct, address, self._paths))
        left, right, start, end, high, higher, private, protection, kind, backing = decode_fields(
            span, self._struct, address, self._paths
        )
        first = known(start) | (high or 0) << 32
        last = known(end) | (higher or 0) << 32
        if last < first:
            raise CorruptedError(address, Reason.NOTHING_SUCH_HERE, "region")
        return _Node(
            address, known(left), known(right), first, last, private, protection, kind, backing
        )

    def _region(self, node: _Node) -> Region:
        area: Optional[int] = None
        image: Maybe[int] = 0
        file: Maybe[int] = 0
        # A private region's descriptor is shorter: behind its end lies anything.
        if not node.private and node.backing:
            try:
                area = self._control_area(node.backing)
            except UnavailableError as error:
                if node.private == 0:  # it is a section's for certain
                    image = file = error.why
                    image = 1 if node.kind == _IMAGE_MAP else image
            if area is not None:
                image, file = self._of_area(area)
        return Region(
            node.start << _PAGE_SHIFT,
            (node.end + 1) << _PAGE_SHIFT,
            node.address,
            node.private,
            node.protection,
            area,
            image,
            file,
        )

    def _control_area(self, backing: int) -> int:
        """The control area that a descriptor leads to. Raises `UnavailableError` where it and its
        segment do not lead to each other."""
        target = self._target
        if not target.is_kernel_address(backing):
            raise CorruptedError(backing, Reason.NOTHING_SUCH_HERE, "control area")
        area = backing
        if self._backing == _BACKING[0]:
            area = self._kernel_pointer(_SUBSECTION.struct, _SUBSECTION.paths[0], backing)
        if area in self._areas:
            return area
        segment = self._kernel_pointer(_AREA.struct, _AREA.paths[0], area)
        if self._kernel_pointer(_SEGMENT.struct, _SEGMENT.paths[0], segment) != area:
            raise CorruptedError(area, Reason.NOTHING_SUCH_HERE, "control area")
        return area

    def _kernel_pointer(self, struct: str, path: str, address: int) -> int:
        (found,) = read_fields(self._target, fields(struct, path), address)
        if not self._target.is_kernel_address(known(found)):
            raise CorruptedError(address, Reason.NOTHING_SUCH_HERE, struct)
        return known(found)

    def _of_area(self, area: int) -> Tuple[Maybe[int], Maybe[int]]:
        """Whether a control area is one of an image, and its file object."""
        found = self._areas.get(area)
        if found is None:
            target = self._target
            plain = target.find_offset(_REFERENCE.struct, *_REFERENCE.paths) is None
            shape = _FILE if plain else _REFERENCE
            (image,) = read_fields(target, _AREA._replace(paths=_AREA.paths[1:]), area)
            (file,) = read_fields(target, shape, area)
            if file and not plain:
                file = fast_reference(file, target.pointer_size)
            if file and not target.is_kernel_address(file):
                file = CorruptedError(file, Reason.FIELD_NOWHERE, "FilePointer").why
            found = self._areas[area] = image, file
        return found


def _first(struct: Struct, paths: Tuple[str, ...]) -> str:
    """The first of these fields that the structure has. Raises `MissingField`."""
    for path in paths:
        if struct.has(path):
            return path
    raise MissingField(struct.name, paths[0])
