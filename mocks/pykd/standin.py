"""The stand-in as a module: `StandIn` makes what ``import pykd`` is to find."""

from __future__ import annotations

from types import ModuleType
from typing import Any, List

from . import errors
from .engine import ENUMS
from .errors import SymbolException
from .modules import Module, displaced, nearest, symbol
from .native import is_native, native, typedVar, typeInfo, u64
from .session import Session
from .type_info import TypeInfo, find_type
from .typed_var import TypedVar
from .variant import NumVariant

__all__ = ("StandIn",)

_VERSION = "0.3.4.15"
_EXCEPTIONS = ("DbgException", "MemoryException", "SymbolException", "TypeException")


class StandIn(Session):
    """pykd over an image; the arguments, and what a test may turn, are those of `Engine`.

    ``StandIn(image).module`` goes into ``sys.modules["pykd"]``; the stand-in itself, which counts
    and is turned, is not to be seen from there.
    """

    def __init__(self, *args: Any, **kwds: Any) -> None:
        super().__init__(*args, **kwds)
        # Each stand-in has classes of its own, bound to its engine.
        self._types = type("typeInfo", (TypeInfo,), {"_engine": self})
        self._variables = type("typedVar", (TypedVar,), {"_engine": self, "_types": self._types})
        bound = {"_engine": self, "_types": self._types, "_variables": self._variables}
        self._modules = type("module", (Module,), bound)
        self.module = self._make()

    def _make(self) -> Any:
        module = ModuleType("pykd")
        for name in dir(type(self)):
            if is_native(getattr(type(self), name)):
                setattr(module, name, getattr(self, name))
        for name in _EXCEPTIONS:
            setattr(module, name, getattr(errors, name))
        for name, kind in ENUMS.items():
            setattr(module, name, kind)
        classes = (NumVariant, self._types, self._variables, self._modules)
        for each in classes:
            setattr(module, each.__name__, each)
        module.version = module.__version__ = _VERSION  # type: ignore[attr-defined]
        return module

    # -- symbols --------------------------------------------------------------------------------

    def _split(self, name: str) -> str:
        """The part of a symbol's name behind the module's."""
        module, mark, short = name.rpartition("!")
        if mark:
            self._modules(module)
        elif not name:
            raise SymbolException("invalid symbol name: ")
        elif name not in self.symbols:
            raise SymbolException(f"failed to find module for symbol: {name}")
        return short

    @native
    def getOffset(self, name: str, /) -> int:
        return symbol(self, self._split(name))

    @native
    def findSymbol(self, offset: u64, showDisplacement: bool = True) -> str:
        # The address must have its sign extended; on a 32-bit target it rarely has.
        place = offset - self.extend(self.image.base)
        if not 0 <= place < self.image.kernel.size:
            return f"{offset:x}"
        if not self.symbols:
            return displaced("nt", place)
        name, distance = nearest(self, offset & self.mask)
        return "nt!" + (displaced(name, distance) if showDisplacement else name)

    @native
    def findSymbolAndDisp(self, offset: u64, /) -> tuple:
        return ("nt", *self._modules(offset).findSymbolAndDisp(offset))

    @native
    def getModulesList(self) -> list:
        return [self._modules("nt")] if self.started and self.kernel else []

    # -- types ----------------------------------------------------------------------------------

    @native
    def sizeof(self, name: str, /) -> int:
        return find_type(self, name).size

    def _variable(self, kind: Any, address: int) -> Any:
        return self._variables(kind, address)

    @native
    def typedVarArray(
        self,
        address: u64,
        kind: str | typeInfo,
        count: u64,
        /,
    ) -> list:
        found: List[Any] = self._variable(kind, address)._array(count)
        return found

    @native
    def typedVarList(
        self,
        address: u64,
        kind: str | typeInfo,
        field: str,
        /,
    ) -> list:
        found: List[Any] = self._variable(kind, address)._list(field)
        return found

    @native
    def containingRecord(
        self,
        address: u64,
        kind: str | typeInfo,
        field: str,
        /,
    ) -> typedVar:
        return self._variable(kind, address)._holder(field)
