"""What every family of object types is: `Facts`, a class with a method for each detail.

To add a family: a small module in this room with a subclass of `Facts` that names its ``types``,
their ``struct`` and the ``fields`` that it reads. Nothing else has to know of it: it is found here,
and what the shipped layouts and the mocks must hold follows from its fields.
"""

from __future__ import annotations

from ..hints import (
    Any,
    Callable,
    ClassVar,
    Collection,
    Dict,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
)
from ..kernel import Kernel, KernelObject
from ..kernel.object_header import ObjectHeader
from ..layout import Fields, fields
from ..values import (
    LABELS,
    NO_VALUE,
    Details,
    Impossible,
    Label,
    Maybe,
    NamedTuple,
    PykdHandleError,
    Unavailable,
)
from .file_name import FileNames
from .view import View

__all__ = ("FAMILIES", "AtOnce", "Description", "Facts", "Names", "detail")

Method = TypeVar("Method", bound=Callable[..., Any])

_MARK = "mark_of_detail"
_OF_UNKNOWN_TYPES = {
    **LABELS, "body": Label("Body", {False: "nothing more is known of objects of this type"})
}  # fmt: skip

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


AtOnce = Callable[[bytes, int, Optional[Sequence[int]]], Optional[Description]]
"""Describes the object whose body lies at an offset of a page; with it come the fields of its name
header, if it has one. None where anything is not as usual: then `Facts.describe` tells it."""


class _Mark(NamedTuple):
    """What `detail` leaves at a method."""

    label: Label
    more: bool


def detail(
    label: str = "",
    words: Mapping[Any, str] = {},  # noqa: B006 (a Mapping: nobody changes it)
    more: bool = True,
    hexadecimal: bool = False,
) -> Callable[[Method], Method]:
    """Declare a method of `Facts` as a detail, whose key is the method's name: for good.

    ``label``, ``words`` and ``hexadecimal`` are as in `Label`; without a label they are those of
    the key in `LABELS`.
    A detail is shown where all that is known of an object is asked for (``--details``), and where
    ``more`` is false always. The method is given a `View` and returns a finished value, an absent
    one, or None where the object has no such detail: the key is then left out. What it raises
    becomes an absent value.
    """

    def mark(method: Method) -> Method:
        own = Label(label, words, hexadecimal=hexadecimal) if label else LABELS[method.__name__]
        setattr(method, _MARK, _Mark(own, more))
        return method

    return mark


class Facts:
    """What there is to say of the objects of some types; this class itself, of any other type.

    One instance for each kernel, so it may keep caches. ``fields`` of ``struct`` are what a `View`
    of an object shows, with one read; ``more_fields`` as well where everything is asked for.
    """

    types: ClassVar[Tuple[str, ...]] = ()
    struct: ClassVar[str] = ""
    fields: ClassVar[Tuple[str, ...]] = ()
    more_fields: ClassVar[Tuple[str, ...]] = ()

    shape: ClassVar[Fields] = Fields("", ())
    whole_shape: ClassVar[Fields] = Fields("", ())
    labels: ClassVar[Mapping[str, Label]] = LABELS
    _keys: ClassVar[Mapping[str, bool]] = {}

    def __init_subclass__(cls) -> None:
        cls.shape = fields(cls.struct, *cls.fields)
        cls.whole_shape = fields(cls.struct, *cls.fields, *cls.more_fields)
        marks = {key: getattr(value, _MARK, None) for key, value in vars(cls).items()}
        own = {key: mark for key, mark in marks.items() if isinstance(mark, _Mark)}
        cls.labels = {**cls.labels, **{key: mark.label for key, mark in own.items()}}
        cls._keys = {**cls._keys, **{key: mark.more for key, mark in own.items()}}
        FAMILIES.update((name, cls) for name in cls.types)

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        self.kernel = kernel
        self.files = files
        self._details = [(key, getattr(self, key), more) for key, more in self._keys.items()]
        self._brief = [each for each in self._details if not each[2]]

    def names(self, header: ObjectHeader, view: View) -> Names:
        """How an object is called: as its name header says. Raises `PykdHandleError`."""
        del view
        name, leaf = self.kernel.namespace.names(header)
        info = header.name_info
        return Names(name, leaf, info.directory if info else info)

    def check(self, view: View) -> None:
        """Raises `CorruptedError` where the bytes of an object can't be one of these types; then
        none of its details is shown but those that always are."""

    def describe(self, item: KernelObject, everything: bool = False) -> Description:
        """Describe one object, each detail on its own; ``everything`` that is known of it.

        Raises `PykdHandleError` where not even its names can be looked for.
        """
        header = item.header
        shape = self.whole_shape if everything else self.shape
        place = item.body if self.struct else header.address
        view = View(self.kernel.target, shape, place, item.span)
        names = self.names(header, view)
        details = Details(labels=self.labels if self.struct else _OF_UNKNOWN_TYPES)
        if header.name_info and names.own_name and not names.name:
            details["leaf_name"] = names.own_name
        if not everything:
            for key, find, _ in self._brief:
                try:
                    value = find(view)
                except PykdHandleError as error:
                    value = error.why
                if value is not None:
                    details[key] = value
            return Description(*names, details)
        wrong = self._wrong(view)
        details.update(self.details_of(view, wrong is None))
        if wrong is not None or not self.struct:
            details["body"] = False if wrong is None else wrong
        return Description(*names, details)

    def at_once(self) -> Optional[AtOnce]:
        """What describes most objects of these types without a look at each thing by itself
        (`pykd_handle.objects.at_once`), None where nothing does: here, names of headers."""
        by_header = type(self).names is Facts.names and not self._brief
        return self._by_its_header if by_header else None

    def _by_its_header(
        self, page: bytes, body: int, name: Optional[Sequence[int]]
    ) -> Optional[Description]:
        del page, body
        details = Details(labels=self.labels if self.struct else _OF_UNKNOWN_TYPES)
        if name is None:
            return Description(NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, details)
        found = self.kernel.namespace.name_at_once(*name)
        return None if found is None else Description(*found, name[0], NO_VALUE, details)

    def pick(self, item: KernelObject, keys: Collection[str]) -> Details:
        """Of one object the details of these keys alone, read as where an object is described: with
        ``more_fields``, and held against `check`, where one of them is shown only with everything.
        """
        wanted = [(key, find, more) for key, find, more in self._details if key in keys]
        everything = any(more for _, _, more in wanted)
        view = View(self.kernel.target, self.whole_shape if everything else self.shape, item.body)
        wrong = self._wrong(view) if everything else None
        found = Details(labels=self.labels)
        for key, find, more in wanted:
            value = wrong if more and wrong is not None else view.cell(find)
            if value is not None:
                found[key] = value
        return found

    def details_of(self, view: View, everything: bool = True) -> Dict[str, Any]:
        """What its methods tell of a structure, each on its own."""
        found: Dict[str, Any] = {}
        for key, find, _ in self._details if everything else self._brief:
            value = view.cell(find)
            if value is not None:
                found[key] = value
        return found

    def _wrong(self, view: View) -> Optional[Unavailable]:
        """Why the object can't be one of its type, None where nothing speaks against it."""
        why = view.cell(self.check)
        return why if isinstance(why, Impossible) else None
