"""What lies in a process's own half of its address space: modules, heaps, regions."""

from __future__ import annotations

from functools import cached_property

from ..hints import Callable, Iterator, List, Optional, Sequence, Set, Tuple, Union
from ..targets.memory import Memory
from ..usermode.heaps import Heap, read_heap
from ..usermode.peb import Peb, UserModule
from ..values import Maybe, NamedTuple, PykdHandleError, Sentence, UnavailableError, known, maybe
from ..win32k.gdi_handles import entry_width

__all__ = ("NO_PEB", "ProcessHeap", "ProcessModule", "ProcessRegion", "UserSpace")

NO_PEB = Sentence("the process has no PEB")
"""What a process of the kernel alone (System) has in the place of modules and heaps."""


class ProcessModule(NamedTuple):
    """A module of a process; ``wow64`` tells whether its 32-bit half has it, ``source`` which list
    says so."""

    base: int
    size: int
    name: Maybe[str]
    path: Maybe[str]
    wow64: bool
    source: str


class ProcessHeap(NamedTuple):
    """A heap of a process: its ``number`` in the list, from 0 on, its ``address`` and what it
    is, or why that can't be read; ``default`` tells whether it is the process's own."""

    number: int
    address: int
    heap: Maybe[Heap]
    default: bool
    wow64: bool


class ProcessRegion(NamedTuple):
    """A region: ``start`` and ``end`` (behind its last byte). ``kind`` is ``private``, ``mapped``
    or ``image``. What a kernel alone has: ``file``, the name of the file that it maps, ``vad``, the
    address of its descriptor, ``area``, that of its control area."""

    start: int
    end: int
    kind: Maybe[str]
    protection: Maybe[str]
    file: Maybe[str]
    vad: Maybe[int]
    area: Maybe[int]


class UserSpace:
    """One process's: ``memory`` gives its bytes, ``pebs`` the addresses of its environment blocks
    with the size of a pointer in each, the native one first. ``kernels`` are the sizes that one may
    have in its kernel, ``listed`` modules that the target itself lists. Each list yields a
    `Sentence` in the place of what can't be read."""

    def __init__(
        self,
        memory: Callable[[], Memory],
        pebs: Sequence[Tuple[Callable[[], Maybe[int]], int]],
        kernels: Sequence[int],
        listed: Optional[Callable[[], List[UserModule]]] = None,
    ) -> None:
        self._memory = memory
        self._pebs = pebs
        self._kernels = kernels
        self._listed = listed
        self._modules: Optional[List[Union[ProcessModule, Sentence]]] = None
        self._heaps: Optional[List[Union[ProcessHeap, Sentence]]] = None

    def modules(self) -> List[Union[ProcessModule, Sentence]]:
        """Its modules, those of each environment block in the order of loading; read once."""
        if self._modules is None:
            self._modules = list(self._read_modules())
        return self._modules

    def heaps(self) -> List[Union[ProcessHeap, Sentence]]:
        """Its heaps, in the order of each environment block's list; read once."""
        if self._heaps is None:
            self._heaps = list(self._read_heaps())
        return self._heaps

    @cached_property
    def gdi_table(self) -> Union[Tuple[int, int], Sentence, None]:
        """Where it has the table of GDI handles, with the size of a pointer in that, by either
        environment block; None where it has none, and of several failures the first."""
        failed: Optional[Sentence] = None
        for block in self._blocks():
            if isinstance(block, Sentence):
                if block is not NO_PEB:
                    failed = failed or block
                continue
            peb = block[0]
            try:
                address = peb.gdi_table()
                if address:
                    return address, entry_width(peb.memory, address, self._kernels)
            except PykdHandleError as error:
                failed = failed or Sentence("{}", error)
        return failed

    def _blocks(self) -> Iterator[Union[Tuple[Peb, bool], Sentence]]:
        """The environment blocks; whether each is one of the 32-bit half."""
        for number, (find, width) in enumerate(self._pebs):
            name = "PEB32" if number else "PEB"
            try:
                address = known(find())
                if address:
                    yield Peb(self._memory(), address, width), number > 0
                elif not number:
                    yield NO_PEB
                    return  # and no second one
            except PykdHandleError as error:
                yield Sentence("the {} can't be found: {}", name, error)

    def _read_modules(self) -> Iterator[Union[ProcessModule, Sentence]]:
        bases: Set[int] = set()
        failed: List[Sentence] = []
        for block in self._blocks():
            if isinstance(block, Sentence):
                failed.append(block)
                continue
            peb, wow64 = block
            try:
                for module in peb.modules():
                    if isinstance(module, Sentence):
                        failed.append(module)
                        continue
                    bases.add(module.base)
                    yield ProcessModule(*module, wow64, "PEB32.Ldr" if wow64 else "PEB.Ldr")
            except PykdHandleError as error:
                failed.append(Sentence("the loader's list can't be read: {}", error))
        for module in [] if self._listed is None else self._listed():
            if module.base not in bases:
                yield ProcessModule(*module, False, "the dump's list of modules")
        yield from failed

    def _read_heaps(self) -> Iterator[Union[ProcessHeap, Sentence]]:
        for block in self._blocks():
            if isinstance(block, Sentence):
                yield block
                continue
            peb, wow64 = block
            number = 0
            try:
                for heap in peb.heaps():
                    if isinstance(heap, Sentence):
                        yield heap
                        continue
                    what = maybe(read_heap, peb.memory, heap, peb.width)
                    yield ProcessHeap(number, heap, what, number == 0, wow64)
                    if what and what.list_index and what.list_index != number + 1:
                        line = "heap {} at 0x{:x} says of itself that it is the {}. of the list"
                        yield Sentence(line, number, heap, what.list_index)
                    number += 1
            except UnavailableError as error:
                yield Sentence("the heaps can't be read: {}", error)
