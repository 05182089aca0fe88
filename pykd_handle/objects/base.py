"""What every family of object types provides: a `Describer` that turns an object into a
`Description`.

To add a type: a small file with a subclass of `Describer` that names its ``types``, and a line in
``pykd_handle/objects/registry.py``.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Tuple

from ..kernel import Kernel, KernelObject
from ..kernel.object_header import NameInfo
from ..layout import Fields
from ..values import NO_VALUE, Maybe
from .file_name import FileNames

__all__ = ("Describer", "Description", "named")


class Description(NamedTuple):
    """What is known about one object.

    ``name`` is the full name (NO_VALUE: it has none), ``classic_name`` what ``!handle`` prints
    behind ``Name:``, ``directory`` what it prints behind ``Directory Object:`` (a body address,
    0 for none), ``details`` whatever else is worth showing: plain values, `Hex` for addresses and
    masks, or absent values. ``classic_device`` is what ``!handle`` prints in braces behind the
    name of a file.
    """

    name: Maybe[str]
    classic_name: Maybe[str]
    directory: Maybe[int]
    details: Dict[str, Any]
    classic_device: Maybe[str] = NO_VALUE


class Describer:
    """Describes the objects of some types; one instance for each kernel, so it may keep caches."""

    types: Tuple[str, ...] = ()

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        self.kernel = kernel
        self.target = kernel.target
        self.files = files

    def ahead(self) -> int:
        """How many bytes of the object's body hold what `describe` reads first; 0 for none."""
        return 0

    def end_of(self, fields: Fields) -> int:
        """Where the last of these fields ends, in bytes from the object's begin; 0 where this
        kernel has none of them."""
        struct = self.target.find_struct(fields.struct)
        return 0 if struct is None else struct.plan(fields.paths).decoder.end

    def describe(self, item: KernelObject) -> Description:
        """Describe one object. May raise `PykdHandleError`: the caller turns it into a reason."""
        return named(self.kernel, item)


def named(kernel: Kernel, item: KernelObject) -> Description:
    """The description of an object whose only name is that of its name header."""
    header = item.header
    leaf = kernel.namespace.leaf(header)
    name = kernel.namespace.join(header, leaf)
    info = header.name_info
    details: Dict[str, Any] = {}
    if isinstance(leaf, str) and not isinstance(name, str):
        details["leaf_name"] = leaf
    return Description(name, leaf, info.directory if isinstance(info, NameInfo) else info, details)
