"""Bodies of objects as rows of bytes, and what is told of them.

A row is an object of one type on one build. Its places and values are written by hand, out of the
public symbols of that build: ``(where, offset, size, value)``, where the object itself is ``.`` and
any other name is a block of memory. A size of ``P`` is a pointer, and a text as its value is the
address of a block, with ``+0x10`` an address behind its begin; ``@`` is an empty list's head there,
``L`` one entry linked into the list at the value, ``S`` a ``_UNICODE_STRING`` of the value.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Tuple, Union

from mocks.kernel_image import KernelImage
from pykd_handle.values import Details

from .bodies import everything, put

__all__ = ("Form", "Made", "Put", "hold")

Put = Tuple[str, int, Union[int, str], Union[int, str]]


class Form(NamedTuple):
    """One row; ``told`` are details that it must have, None for one that it must not have."""

    type: str
    layout: str
    puts: List[Put]
    told: Dict[str, Any]
    size: int = 0x800


class Made:
    """An object of a type on a build, to write bytes to: see the module's docstring."""

    def __init__(self, type_name: str, layout: str, size: int = 0x800) -> None:
        self.image = image = KernelImage(layout)
        smss = image.processes.add("smss.exe", 0x138)
        self.item = image.objects.make(type_name, None, size=size)
        self.places = {
            ".": self.item.address,
            "smss": smss.address,
            "thread": image.processes.add_thread(smss, 0x13C).address,
            "ready": image.objects.event("\\BaseNamedObjects\\Ready").address,
        }

    def write(self, puts: List[Put]) -> None:
        """Write bytes."""
        _write(self.image, puts, self._address)

    def told(self) -> Details:
        """All that is told of it."""
        return everything(self.image, self.item)

    def _address(self, name: str) -> int:
        block, _, behind = name.partition("+")
        if block not in self.places:
            self.places[block] = self.image.pool.allocate(0x800)
        return self.places[block] + int(behind or "0", 16)


def hold(form: Form) -> None:
    """Make the object of a row, and see that it is told of as the row says: ``...`` stands for a
    value that is absent, and says why."""
    made = Made(form.type, form.layout, form.size)
    made.write(form.puts)
    found = made.told()
    for key, value in form.told.items():
        if value is ...:
            assert key in found and not found[key], (key, found.get(key))  # absent, and why
        elif value is None:
            assert found.get(key) is None, (key, found[key])
        else:
            if isinstance(value, tuple):
                value = tuple(word.format(**made.places) for word in value)
            assert found.get(key) == value, (key, found.get(key))


def _write(image: KernelImage, puts: List[Put], address: Callable[[str], int]) -> None:
    for where, offset, size, value in puts:
        place = address(where) + offset
        if size == "@":
            image.memory.empty_list(place)
        elif size == "L":
            # The list's own head stands where the entry's links do, unless the value says.
            assert isinstance(value, str)
            image.memory.link(address(value) + (0 if "+" in value else offset), place)
        elif size == "S":
            data = str(value).encode("utf-16-le")
            put(image, place, 0, 2, len(data))
            put(image, place, 2, 2, len(data))
            image.memory.write(address("text"), data)
            image.memory.set_pointer(place + image.build.pointer_size, address("text"))
        elif size == "P":
            image.memory.set_pointer(place, address(value) if isinstance(value, str) else value)
        else:
            assert isinstance(size, int) and isinstance(value, int)
            put(image, place, 0, size, value)
