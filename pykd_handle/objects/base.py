"""What every family of object types is: `Facts`, a class with a method for each detail.

To add a family: a small module in this room with a subclass of `Facts` that names its ``types``,
their ``struct`` and the ``fields`` that it reads. Nothing else has to know of it: it is found here,
and what the shipped layouts and the mocks must hold follows from its fields.
"""

from __future__ import annotations

from typing import Any, Callable, ClassVar, Dict, Mapping, NamedTuple, Tuple, Type, TypeVar

from ..kernel import Kernel, KernelObject
from ..kernel.object_header import NameInfo, ObjectHeader
from ..layout import Fields, fields
from ..values import LABELS, NO_VALUE, Details, Label, Maybe
from .file_name import FileNames
from .view import View

__all__ = ("FAMILIES", "Description", "Facts", "Names", "detail")

Method = TypeVar("Method", bound=Callable[..., Any])

_MARK = "label_of_detail"

FAMILIES: Dict[str, Type[Facts]] = {}
"""The families of the modules imported so far, by the names of their types."""


class Names(NamedTuple):
    """How an object is called.

    ``name`` is the full name (NO_VALUE: it has none), ``own_name`` what stands in the object
    itself: the leaf in its name header, the path of a file or of a key. ``directory`` is the
    address of the directory that it stands in, 0 for none, ``device`` the own name of a file's
    device.
    """

    name: Maybe[str]
    own_name: Maybe[str]
    directory: Maybe[int]
    device: Maybe[str] = NO_VALUE


class Description(NamedTuple):
    """What is known about one object: its `Names`, and whatever else is worth showing."""

    name: Maybe[str]
    own_name: Maybe[str]
    directory: Maybe[int]
    device: Maybe[str]
    details: Details


def detail(label: str = "", words: Mapping[Any, str] = {}) -> Callable[[Method], Method]:
    """Declare a method of `Facts` as a detail, whose key is the method's name: for good.

    ``label`` and ``words`` are as in `Label`; without them they are those of the key in `LABELS`.
    The method is given a `View` and returns a finished value, an absent one, or None where the
    object has no such detail: the key is then left out. What it raises becomes an absent value.
    """

    def mark(method: Method) -> Method:
        own = Label(label, words) if label else LABELS[method.__name__]
        setattr(method, _MARK, own)
        return method

    return mark


class Facts:
    """What there is to say of the objects of some types; this class itself, of any other type.

    One instance for each kernel, so it may keep caches. ``fields`` of ``struct`` are what a `View`
    of an object shows, with one read.
    """

    types: ClassVar[Tuple[str, ...]] = ()
    struct: ClassVar[str] = ""
    fields: ClassVar[Tuple[str, ...]] = ()

    shape: ClassVar[Fields] = Fields("", ())
    labels: ClassVar[Mapping[str, Label]] = LABELS
    _keys: ClassVar[Tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.shape = fields(cls.struct, *cls.fields)
        own = {key: getattr(value, _MARK, None) for key, value in vars(cls).items()}
        labels = {key: label for key, label in own.items() if label is not None}
        cls.labels = {**cls.labels, **labels}
        cls._keys = tuple(dict.fromkeys((*cls._keys, *labels)))
        FAMILIES.update((name, cls) for name in cls.types)

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        self.kernel = kernel
        self.files = files
        self._details = [(key, getattr(self, key)) for key in self._keys]

    def names(self, header: ObjectHeader, view: View) -> Names:
        """How an object is called: as its name header says. Raises `PykdHandleError`."""
        del view
        leaf = self.kernel.namespace.leaf(header)
        name = self.kernel.namespace.join(header, leaf)
        info = header.name_info
        return Names(name, leaf, info.directory if isinstance(info, NameInfo) else info)

    def describe(self, item: KernelObject) -> Description:
        """Describe one object, each detail on its own.

        Raises `PykdHandleError` where not even its names can be looked for.
        """
        header = item.header
        view = View(self.kernel.target, self.shape, item.body if self.struct else header.address)
        names = self.names(header, view)
        details = Details(labels=self.labels)
        has_header = isinstance(header.name_info, NameInfo)
        if has_header and isinstance(names.own_name, str) and not isinstance(names.name, str):
            details["leaf_name"] = names.own_name
        for key, find in self._details:
            value = view.cell(find)
            if value is not None:
                details[key] = value
        return Description(*names, details)
