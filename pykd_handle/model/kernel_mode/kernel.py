"""A stopped kernel: its processes, tables and types."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property, partial

from ...hints import (
    TYPE_CHECKING,
    Callable,
    Collection,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
)
from ...kernel import Kernel as ObjectManager
from ...kernel import KernelObject
from ...kernel.cid_table import cid_table
from ...kernel.handle_entry import HandleEntry
from ...kernel.lookup import Lookup
from ...kernel.object_header import HeaderReader
from ...kernel.process import BrokenList
from ...kernel.process import Process as ProcessBlock
from ...kernel.process_places import nothing_read
from ...kernel.time import filetime, is_time, read_clocks
from ...objects import Description, Listed, Objects
from ...objects.trust import TrustReader
from ...targets import Target
from ...targets.crash import CONTEXT_SIZES, BugCheck, parse_context
from ...values import (
    NO_VALUE,
    Details,
    Maybe,
    PykdHandleError,
    Sentence,
    TargetError,
    Unavailable,
    UnavailableError,
    join,
    known,
    maybe,
)
from ..kernel import Broken, Kernel
from ..nouns import Object
from ..tables import Process
from .object import KernelModeObject
from .places import Places
from .process import KernelModeProcess
from .table import KernelModeTable
from .whereabouts import hiding, where_found

if TYPE_CHECKING:
    from ...kernel.reference_trace import ReferenceTable
    from ...targets.symbols.report import Report

__all__ = ("KernelMode",)


class KernelMode(Kernel):
    """A kernel's dump or session. Takes over the target and closes it.

    ``raw`` are the kernel layer's readers, ``target`` where the bytes come from.
    """

    mode = "kernel"

    def __init__(self, target: Target) -> None:
        self.target = target
        self.name = target.name
        self.pointer_size = target.pointer_size
        self.raw = ObjectManager(target)
        self.headers: HeaderReader = self.raw.headers
        self._objects = Objects(self.raw)
        self._lookup = Lookup(self.raw)
        self._processes: Dict[int, KernelModeProcess] = {}
        self._listed: List[KernelModeProcess] = []

    # -- processes --------------------------------------------------------------------------------

    def every(self) -> Iterator[Union[Process, Broken]]:
        """Every process that any place of the kernel names, each once; a `Broken` where a list
        breaks off."""
        self._listed = []
        for item in self.raw.finder.all():
            if isinstance(item, BrokenList):
                yield Broken(item.reason, item.of_processes)
                continue
            process = self.of_block(item.process, where_found(self.raw, item))
            self._listed.append(process)
            yield process

    def hiding(self) -> List[Sentence]:
        """Behind a walk through `every` process: those that hide from one of the other lists, where
        that could be followed to its end, and those that another id is kept of."""
        return hiding(self.raw, [process.block for process in self._listed])

    def process(self, which: Union[int, str]) -> Process:
        """The process of this id, at this address, or with this image name."""
        if isinstance(which, str):
            return self.one_named(which)
        which = self.full_address(which)
        if self.target.is_kernel_address(which):
            return self._at(which)
        search = self.raw.finder.by_pid(which)
        if search.found is None:
            reasons = list(dict.fromkeys(search.remarks + search.doubts))
            because = Sentence(" ({})", join("; ", reasons)) if reasons else ""
            if search.doubts:
                raise TargetError("no process with the id 0x{:x} is found{}", which, because)
            raise TargetError("no process has the id 0x{:x}{}", which, because)
        notes = [*search.remarks, *where_found(self.raw, search.found)]
        return self.of_block(search.found.process, notes)

    def full_address(self, number: int) -> int:
        """The address that is meant by a number."""
        return self.target.sign_extended(number)

    def _at(self, address: int) -> Process:
        """The process at an address. Raises `TargetError` where that is none, or nothing of it is
        there."""
        looks = self.raw.processes.looks_like_process(address)
        if isinstance(looks, Unavailable):
            block = self.raw.processes.read(address)
            if nothing_read(block):
                raise TargetError("Process 0x{:x} can't be read: {}", address, looks.at(None))
            line = Sentence("whether 0x{:x} is an _EPROCESS can't be checked: {}", address, looks)
            return self.of_block(block, [line])
        if not looks:
            raise TargetError(f"Process 0x{address:x} is not the address of an _EPROCESS")
        return self.of_block(self.raw.processes.read(address))

    @property
    def current_process(self) -> Process:
        """The process that is current. Raises `PykdHandleError` where the target does not tell."""
        return self.of_block(self.raw.processes.current())

    def process_at(self, address: int) -> KernelModeProcess:
        """The process whose ``_EPROCESS`` lies at an address that an object leads to."""
        return self.of_block(self.raw.processes.read(address))

    @cached_property
    def trusts(self) -> TrustReader:
        """What processes and tokens are trusted with."""
        return TrustReader(self.raw)

    def context(self) -> Tuple[Process, List[Sentence]]:
        """The process that is shown with a table of no process, the current one or else System, and
        what is to be said of that. Raises `PykdHandleError` where neither is known."""
        try:
            return self.current_process, []
        except PykdHandleError as error:
            why = error.sentence
        try:
            system = self.raw.finder.system()
        except UnavailableError:
            raise TargetError("{}", why) from None
        line = Sentence("{}; the process that is shown is System", why)
        return self.of_block(system), [line]

    def of_block(self, block: ProcessBlock, notes: Iterable[Sentence] = ()) -> KernelModeProcess:
        """The noun of a process that was read; the same each time."""
        found = self._processes.get(block.address)
        if found is None:
            found = self._processes[block.address] = KernelModeProcess(self, block)
        found.found_by(notes)
        return found

    # -- tables -----------------------------------------------------------------------------------

    @cached_property
    def kernel_table(self) -> KernelModeTable:
        """The kernel handle table, which is System's own."""
        return KernelModeTable(self, self.raw.table(known(self.raw.kernel_table_address())))

    @cached_property
    def cid_table(self) -> KernelModeTable:
        """The table of process and thread ids (``PspCidTable``)."""
        return KernelModeTable(self, cid_table(self.target), of_ids=True)

    # -- objects ----------------------------------------------------------------------------------

    def will_describe(self, everything: bool = False) -> None:
        """Objects will be described: the begin of each comes with its header."""
        self.headers.read_along(partial(self._objects.ahead, everything))

    def will_ask_for_one(self) -> None:
        """One object will be asked for, and no other: where each byte comes over a wire, no more
        of the table of types is read than that."""
        self.raw.types.for_one = self.live

    def describe(self, item: KernelObject, everything: bool = False) -> Description:
        """The description of an object; one that fails says why in its name."""
        return self._objects.describe(item, everything)

    def listed(self, headers: Sequence[int]) -> List[Optional[Listed]]:
        """What a list of handles shows of most of the objects with these headers; None of those to
        be looked at one by one."""
        return self._objects.listed(headers)

    def describe_once(self, item: KernelObject) -> Description:
        """The same, of an object that does not come again."""
        return self._objects.describe_once(item)

    def pick(self, item: KernelObject, keys: Collection[str]) -> Details:
        """Some details of an object, by their keys."""
        return self._objects.pick(item, keys)

    def describe_handle(self, entry: HandleEntry, header: int) -> Details:
        """What is known of a handle by itself; ``header`` is that of its object."""
        return self._objects.describe_handle(entry, self._object_at(header))

    def rights_together(self, entry: HandleEntry, header: int) -> Maybe[Tuple[str, ...]]:
        """What the granted access of an entry is in the words of its object's type."""
        return self._objects.rights_together(entry, self._object_at(header))

    def _object_at(self, header: int) -> Optional[KernelObject]:
        return self.raw.object(header) if self.target.is_kernel_address(header) else None

    def load(self, headers: Iterable[int]) -> None:
        """Read the object headers at these addresses that were not read before."""
        self.raw.load(headers)

    def object(self, header: int) -> KernelObject:
        """The object whose header lies at this address."""
        return self.raw.object(header)

    @cached_property
    def places(self) -> Places:
        """What lies at addresses: modules, regions of processes."""
        return Places(self, self._objects.modules)

    def is_header(self, address: int) -> bool:
        """Whether what can be read at an address can be an object's header."""
        return self._lookup.is_header(address)

    def find_object(self, which: Union[int, str]) -> KernelModeObject:
        """The object at this address, or with this path."""
        if isinstance(which, str):
            return KernelModeObject(self, self._lookup.find(which))
        return KernelModeObject(self, self._lookup.at(self.target.sign_extended(which)))

    def contents(self, directory: Object) -> Tuple[List[Tuple[str, Object]], List[Unavailable]]:
        """The objects in a directory."""
        found = self._lookup.entries(known(directory.address))
        objects: List[Tuple[str, Object]] = [
            (name, KernelModeObject(self, item)) for name, item in found.objects
        ]
        return objects, found.lost

    @property
    def system(self) -> str:
        """Which Windows it is, by the debug record of its kernel."""
        found = self.target.identity()
        return f"{found.name} {found.guid}-{found.age:X}" if found is not None else ""

    @property
    def time(self) -> Maybe[datetime]:
        """What its own clock showed (``SystemTime``)."""
        return maybe(self._time)

    def _time(self) -> Maybe[datetime]:
        time = read_clocks(self.target).system_time
        return filetime(time) if is_time(time) else NO_VALUE

    @property
    def live(self) -> bool:
        """Whether each read is a question to a machine."""
        return self.target.round_trips

    def image_name(self, block: ProcessBlock) -> Maybe[str]:
        """The whole name of a process's image."""
        return self.raw.image_name(block)

    def code_at(self, address: int, process: Optional[Process] = None) -> Maybe[str]:
        """Whose code lies at an address."""
        return self.places.code_at(address, process)

    def reference_traces(self) -> Optional[ReferenceTable]:
        """The references to objects that were traced; None where none are."""
        from ...kernel.reference_trace import traced_references

        return traced_references(self.target, lambda address: bool(self.code_at(address)))

    def types(self) -> List[str]:
        """The names of all types that can be read."""
        return sorted(kind.name for kind in self.raw.types.all() if kind.name)

    def knows_all_types(self) -> bool:
        """Whether no type is left that can't be read."""
        return self.types_unread() is None

    def types_unread(self) -> Maybe[None]:
        """See `Kernel.types_unread`."""
        return self.raw.types.unread()

    # -- the crash --------------------------------------------------------------------------------

    def bug_check(self) -> Maybe[BugCheck]:
        """See `Kernel.bug_check`."""
        return maybe(self.target.bug_check)

    def registers(self) -> Dict[str, int]:
        """See `Kernel.registers`."""
        return self.target.registers()

    def registers_at(self, context: int) -> Dict[str, int]:
        """See `Kernel.registers_at`."""
        architecture = self.target.architecture
        span = self.target.read_partial(context, CONTEXT_SIZES.get(architecture, 0))
        return parse_context(maybe(span.data) or b"", architecture)

    # -- the target -------------------------------------------------------------------------------

    def symbols(self) -> Report:
        """Which kernel it is, and what of its symbols is where."""
        return self.target.look_for_symbols()

    def notes(self) -> List[Sentence]:
        """Which symbols were taken, what is cut short."""
        return self.target.notes()

    def remarks(self) -> List[Sentence]:
        """What was recovered without symbols, and how."""
        return list(self.raw.remarks)

    def damage(self) -> List[Sentence]:
        """What of the symbols was found to be damaged so far."""
        return list(self.target.symbol_damage())

    def alarm(self, tell: Callable[[str], None], aside: Callable[[str], None]) -> None:
        """See `Kernel.alarm`."""
        self.target.alarm(tell, aside)

    def progress(self, text: str) -> None:
        """See `Kernel.progress`."""
        self.target.progress(text)

    def evaluate(self, expression: str) -> Optional[int]:
        """See `Kernel.evaluate`."""
        return self.target.evaluate(expression)

    def close(self) -> None:
        """Close the target."""
        self.target.close()
