"""What every room speaks in: absent values, hexadecimal numbers, errors. It imports nothing."""

from .absent import (
    NO_VALUE,
    NOT_REQUESTED,
    Absent,
    Impossible,
    Maybe,
    Unavailable,
)
from .closing import ClosedOnError
from .details import Details, joined
from .errors import (
    STOPPED,
    CorruptedError,
    MemoryUnavailable,
    MissingField,
    MissingSymbol,
    MissingType,
    NoSymbols,
    OutputError,
    PykdHandleError,
    SymbolsAdvice,
    SymbolsError,
    TargetError,
    UnavailableError,
    UsageError,
    applied,
    attempt,
    known,
    maybe,
    not_proved,
    unavailable,
)
from .generations import Few, Generations
from .handle_value import as_typed, split_kernel_handle
from .hex import Hex, in_hex
from .labels import LABELS, Label
from .modules import modules_of, on_demand
from .named_tuple import NamedTuple
from .pseudo_handles import CURRENT_PROCESS, MINUS_1, pseudo_handle
from .reasons import Reason
from .sentence import Sentence, join

__all__ = (
    "CURRENT_PROCESS",
    "LABELS",
    "MINUS_1",
    "NOT_REQUESTED",
    "NO_VALUE",
    "STOPPED",
    "Absent",
    "ClosedOnError",
    "CorruptedError",
    "Details",
    "Few",
    "Generations",
    "Hex",
    "Impossible",
    "Label",
    "Maybe",
    "MemoryUnavailable",
    "MissingField",
    "MissingSymbol",
    "MissingType",
    "NamedTuple",
    "NoSymbols",
    "OutputError",
    "PykdHandleError",
    "Reason",
    "Sentence",
    "SymbolsAdvice",
    "SymbolsError",
    "TargetError",
    "Unavailable",
    "UnavailableError",
    "UsageError",
    "applied",
    "as_typed",
    "attempt",
    "in_hex",
    "join",
    "joined",
    "known",
    "maybe",
    "modules_of",
    "not_proved",
    "on_demand",
    "pseudo_handle",
    "split_kernel_handle",
    "unavailable",
)
