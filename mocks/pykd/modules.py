"""``module``: the kernel's image, the only module that a synthetic kernel has."""

from __future__ import annotations

import fnmatch
from typing import Any, List, Tuple

from .engine import Engine
from .errors import DbgException, RealPykdCrashes, SymbolException
from .native import native, typedVar, typeInfo, u64
from .type_info import find_type
from .variant import NumVariant

__all__ = ("Module", "nearest", "symbol")


def symbol(engine: Engine, name: str) -> int:
    """The address of a symbol; case matters."""
    engine.asked += 1
    if name not in engine.symbols:
        raise SymbolException(f"{name} symbol is not found")
    return engine.extend(engine.symbols[name])


def nearest(engine: Engine, address: int) -> Tuple[str, int]:
    """The symbol before an address (or the first one behind it), and the distance."""
    rows = sorted((place, name) for name, place in engine.symbols.items())
    place, name = next((row for row in reversed(rows) if row[0] <= address), rows[0])
    return name, address - place


def displaced(name: str, distance: int) -> str:
    """``name+8``, ``name-1000``, ``name``."""
    return f"{name}{'-' if distance < 0 else '+'}{abs(distance):x}" if distance else name


class Module(NumVariant):
    """The module ``nt``."""

    _engine: Engine
    _types: Any
    _variables: Any

    @native
    def __init__(self, key: str | u64, /) -> None:
        engine = self._engine
        if isinstance(key, str):
            if not (engine.started and engine.kernel) or key.lower() != "nt":
                raise DbgException(f"Failed to find module '{key}'")
            return
        engine.need_session()
        if not engine.kernel or not self._holds(key):
            raise DbgException(f"Failed to find module by offset {key:x}")

    def _holds(self, address: int) -> bool:
        image = self._engine.image
        return 0 <= (address & self._engine.mask) - image.base < image.kernel.size

    def _number(self) -> int:
        return self._engine.extend(self._engine.image.base)

    def __str__(self) -> str:
        mask = self._engine.mask
        return (
            f"Module: nt\nStart: {self.begin() & mask:x} End: {self.end() & mask:x} "
            f"Size: {self.size():x}\nImage: {self.image()}\nSymbols: {self.symfile()}\n"
        )

    # -- what it is -----------------------------------------------------------------------------

    @native
    def begin(self) -> int:
        return self._number()

    @native
    def end(self) -> int:
        return self._number() + self._engine.image.kernel.size

    @native
    def size(self) -> int:
        return self._engine.image.kernel.size

    @native
    def name(self) -> str:
        return "nt"

    @native
    def image(self) -> str:
        return "ntkrnlmp.exe"

    @native
    def symfile(self) -> str:
        return "C:\\symbols\\ntkrnlmp.pdb" if self._engine.has_symbols else "no symbols"

    @native
    def um(self) -> bool:
        return False

    @native
    def unloaded(self) -> bool:
        return False

    # -- symbols --------------------------------------------------------------------------------

    @native
    def offset(self, name: str, /) -> int:
        return symbol(self._engine, name)

    @native
    def rva(self, name: str, /) -> int:
        return symbol(self._engine, name) - self._number()

    @native
    def hasSymbol(self, name: str, /) -> bool:
        return name in self._engine.symbols

    @native
    def __contains__(self, name: str, /) -> bool:
        return name in self._engine.symbols

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self._engine.symbols:
            return symbol(self._engine, name)
        if self._engine.has_symbols and self._engine.layout.named(name) is not None:
            raise RealPykdCrashes(f"nt.{name}: an attribute that is a type; ask nt.type()")
        raise AttributeError(f"'nt' module has not a symbol '{name}'")

    @native
    def __getitem__(self, name: str, /) -> object:
        try:
            return self.__getattr__(name)
        except AttributeError:
            raise KeyError(f"module has not a symbol '{name}'") from None

    @native
    def findSymbol(self, offset: u64, showDisplacement: bool = True) -> str:
        name, distance = self.findSymbolAndDisp(offset)
        return displaced(name, distance) if showDisplacement else name

    @native
    def findSymbolAndDisp(self, offset: u64, /) -> tuple:
        if not self._holds(offset):
            raise SymbolException("offset dont has to module")
        return nearest(self._engine, offset & self._engine.mask)

    @native
    def enumSymbols(self, mask: str = "*") -> list:
        symbols = self._engine.symbols
        names = [name for name in symbols if fnmatch.fnmatchcase(name, mask)]
        return [(name, self._engine.extend(symbols[name])) for name in names]

    # -- types ----------------------------------------------------------------------------------

    def _short(self, name: str) -> str:
        return f"nt!{name}"

    @native
    def type(self, name: str, /) -> typeInfo:
        return self._types(self._short(name))

    @native
    def enumTypes(self, mask: str = "*") -> list:
        names: List[str] = self._engine.layout.names() if self._engine.has_symbols else []
        return [name for name in names if fnmatch.fnmatchcase(name, mask)]

    @native
    def sizeof(self, name: str, /) -> int:
        return find_type(self._engine, self._short(name)).size

    @native
    def typedVar(self, name: str, place: object = None, /) -> typedVar:
        return self._variables(self._short(name), place)

    @native
    def typedVarArray(self, address: u64, name: str, count: u64, /) -> list:
        return self._variables(self._short(name), address)._array(count)

    @native
    def typedVarList(self, address: u64, name: str, field: str, /) -> list:
        return self._variables(self._short(name), address)._list(field)

    @native
    def containingRecord(self, address: u64, name: str, field: str, /) -> typedVar:
        return self._variables(self._short(name), address)._holder(field)
