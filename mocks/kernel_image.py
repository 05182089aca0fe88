"""The synthetic kernel: `KernelImage`, all parts together."""

from __future__ import annotations

import io
import pickle
import random
from functools import lru_cache
from typing import Any, Dict, Mapping, Optional

from pykd_handle.layout import Struct

from . import builds
from .debugger import list_kernel, write_debugger_data
from .files import Files
from .globals import Globals
from .headers import Headers
from .memory import Memory
from .names import Names
from .objects import Objects
from .pe import PeImage, make_pe
from .pool import Pool
from .processes import Processes
from .processor import Processor
from .registry import Registry
from .sections import Sections
from .spoil import Spoil
from .tokens import Tokens
from .types import Types

__all__ = ("KernelImage",)

_KERNEL_64 = 0xFFFFF80400000000
_KERNEL_32 = 0x82000000


class KernelImage:
    """A Windows kernel in memory, made of real structures of one build.

    ``layout`` names a file of `mocks.builds`; ``base`` is the kernel's address, ``cookie`` the
    byte that encodes type indices, ``seed`` what GUID and time stamp follow from. A real image
    of a linker comes in as ``kernel_image`` (a PE file) with the ``symbols`` of its PDB (offsets
    from the base). ``free_lists`` is the number of free lists of a handle table, where the build
    has more than one; ``pae`` says which page tables a 32-bit kernel has. The
    same arguments and calls make the same bytes.
    """

    def __init__(
        self,
        layout: str = "win10_19041_x64",
        base: Optional[int] = None,
        cookie: int = 0x5A,
        seed: int = 1,
        kernel_image: Optional[bytes] = None,
        symbols: Optional[Mapping[str, int]] = None,
        free_lists: int = 1,
        pae: bool = True,
    ) -> None:
        if kernel_image is None and symbols is None:
            # Making one takes ten times as long as a copy, and nearly all begin alike.
            vars(self).update(pickle.loads(_begun(layout, base, cookie, seed, free_lists, pae)))
        else:
            self._make(layout, base, cookie, seed, free_lists, pae, kernel_image, symbols)

    def _make(
        self,
        layout: str,
        base: Optional[int],
        cookie: int,
        seed: int,
        free_lists: int,
        pae: bool,
        kernel_image: Optional[bytes] = None,
        symbols: Optional[Mapping[str, int]] = None,
    ) -> None:
        self.build = build = builds.Build(layout)
        self.base = base or (_KERNEL_64 if build.pointer_size == 8 else _KERNEL_32)
        if self.base >> 8 * build.pointer_size:
            raise ValueError(f"this {build.arch} kernel can't lie at {self.base:#x}")
        symbols = build.symbols() if symbols is None else symbols
        self.cookie = cookie & 0xFF
        self.random = random.Random(seed)
        self.memory = Memory(build)
        self.kernel = self._map_kernel(kernel_image, symbols, seed)
        self.globals = Globals(self.memory, self.base, symbols)
        self.pool = Pool(self.memory, self.base, self.base + self.kernel.size)
        self.headers = Headers(self.pool, self.globals)
        self.types = Types(self.pool, self.globals, self.headers, self.cookie)
        self.names = Names(self.pool)
        self.objects = Objects(self.pool, self.globals, self.headers, self.types, self.names)
        self.processes = Processes(self.pool, self.globals, self.types, self.objects, free_lists)
        self.files = Files(self.pool, self.headers, self.objects)
        self.registry = Registry(self.pool, self.objects)
        self.sections = Sections(self.pool, self.objects)
        self.tokens = Tokens(self.pool, self.objects)
        self.processor = Processor(self.pool, self.globals, self.processes, pae)
        self.spoil = Spoil(self.memory, self.types, self.objects)
        list_kernel(self.pool, self.globals, self.kernel, self.base)
        write_debugger_data(self.memory, self.globals, self.processor, self.base)

    def _map_kernel(self, data: Optional[bytes], symbols: Mapping[str, int], seed: int) -> PeImage:
        end = max(symbols.values(), default=0) + 0x1000
        image = (
            PeImage(data)
            if data is not None
            else make_pe(self.build.arch, self.base, end, self.build.number, seed)
        )
        for rva, content in image.mapped():
            self.memory.write(self.base + rva, content)
        return image

    def isf(self, name: Optional[str] = None) -> Dict[str, Any]:
        """The symbol file of this kernel (ISF): layout, symbols, and the identity of its PDB.

        ``name`` is the PDB's, by default what the kernel's image says.
        """
        data = builds.load_raw(self.build.name)
        rows = sorted(self.globals.offsets.items(), key=lambda row: row[1])
        data["symbols"] = {key: {"address": rva} for key, rva in rows}
        machine = {"x64": 0x8664, "x86": 0x14C, "arm64": 0xAA64}[self.build.arch]
        data["metadata"]["windows"]["pdb"] = {
            "GUID": self.kernel.guid,
            "age": self.kernel.age,
            "database": name or self.kernel.pdb,
            "machine_type": machine,
        }
        return data


@lru_cache(maxsize=None)
def _begun(layout: str, *more: Any) -> bytes:
    """The parts of a new image of these arguments, as pickle has them: for copies."""
    image = object.__new__(KernelImage)
    image._make(layout, *more)
    out = io.BytesIO()
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    # Nothing changes a build and its structures, which know each other: all images share them.
    pickler.dispatch_table = {
        builds.Build: lambda build: (_build, (layout,)),
        Struct: lambda struct: (_struct, (layout, struct.name)),
    }
    pickler.dump(vars(image))
    return out.getvalue()


@lru_cache(maxsize=None)
def _build(layout: str) -> builds.Build:
    return builds.Build(layout)


def _struct(layout: str, name: str) -> Struct:
    return builds.load(layout).struct(name)
