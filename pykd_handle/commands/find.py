"""Who holds an object: handles by the name of their object or of the file behind a section, by the
object's address, or by the device that a file lies on."""

from __future__ import annotations

import re
from argparse import Namespace
from enum import Enum, auto

from ..hints import TYPE_CHECKING, Callable, Dict, Iterator, Optional, Union
from ..rows import Column, Foot, Item, Note
from ..values import (
    Maybe,
    PykdHandleError,
    Sentence,
    TargetError,
    Unavailable,
    UsageError,
    known,
)
from .batches import batch
from .hits import Hit, Hits, file_of, row_of
from .many import many
from .registry import USER, Argument, Run, command
from .walk import DETAILS, FILTERS, Filters, Walk, prepare
from .words import Evaluator, parse_number

if TYPE_CHECKING:
    from ..model import Handle, Kernel, Object

# A drive in front of a path, as programs and drivers write it.
_DRIVE = r"(?:\\\?\?\\|\\\\[?.]\\)?([a-zA-Z]:)\\"

_USER = (
    Column("pid", "PID", "handle"),
    Column("process", "Process"),
    Column("handle", "Handle", "handle"),
    Column("type", "Type"),
    Column("granted_access", "Access", "mask"),
    Column("access"),
    Column("attributes", "Attr", "letters"),
    Column("name", "Name"),
)


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    if options.object is not None:
        if mode == USER:
            raise UsageError("--object: only a kernel tells where objects are; this is user mode")
        options.object = parse_number(options.object, "--object", evaluate)
    if options.device is not None and mode == USER:
        raise UsageError("--device: only a kernel has device objects; this is user mode")
    for name, value in (("NAME", options.name), ("--device", options.device)):
        if value is not None and not value.strip():
            raise UsageError(f"{name} is empty: give a name, or leave it out")
    _matcher(options, options.name)  # what is wrong is said before a dump is opened
    return prepare(options, mode, evaluate)


@command(
    "find",
    "handles to objects of a name, in all processes",
    columns=(
        *_USER[:2],
        Column("eprocess"),
        *_USER[2:7],
        Column("object", "Object"),
        *_USER[7:],
        Column("file", "File"),
    ),
    user_columns=_USER,
    arguments=(
        Argument(
            "name",
            metavar="NAME",
            nargs="?",
            help="a part of the name, or all of it with *; a drive in front of it, as in C:\\Temp, "
            "stands for its device",
        ),
        Argument("--regex", action="store_true", help="NAME is a regular expression"),
        Argument("--object", metavar="ADDRESS", help="the object at this address, or its header"),
        Argument(
            "--device",
            metavar="DEVICE",
            help="files on this device, and sections of such files: its name, a drive, or the "
            "address of the object",
        ),
        *FILTERS,
        DETAILS,
    ),
    text="A section is found by the name of the file that backs it, too.",
    examples=(
        ("find notes.txt", "who has a file open"),
        ('find "\\Device\\NamedPipe\\*" --type File', "all handles to pipes"),
        ('find "C:\\Users\\*" --access FILE_WRITE_DATA', "who may write below a folder"),
        ("find --device D:", "what keeps a volume from being dismounted"),
        ("find --object ffffe58422064220", "who holds an object"),
    ),
    prepare=_prepare,
)
def find(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each handle that matches."""
    address = None if options.object is None else kernel.full_address(options.object)
    filters = Filters(kernel, options.type, options.access)
    walk = Walk(kernel, options.process, run)
    device = None if options.device is None else _Device(kernel, options.device)
    if options.name is not None or options.details or device is not None:
        kernel.will_describe(options.details)
    sought = options.name
    drive = None if options.regex else re.match(_DRIVE, sought or "")
    if drive is not None:
        try:
            volume = known(kernel.find_object(f"\\GLOBAL??\\{drive[1]}\\").name)
            sought = volume + sought[drive.end() - 1 :]
        except PykdHandleError as error:
            yield Note(Sentence("{} is looked for as it is: {}", sought, error))
    matches = _matcher(options, sought)
    yield from filters.notes

    hits = Hits(kernel, filters)

    def ask(handle: Handle) -> Union[Hit, _Answer]:
        """Whether the object behind a handle is the one; asked once for each object."""
        if handle.error is not None:
            return _Answer.NO  # a hole, of which the table tells
        if address is not None and not _leads_to(handle, address):
            return _Answer.NO
        accepted = filters.accept(handle)
        if not accepted:
            return _Answer.UNTYPED if accepted is None else _Answer.NO
        if device is not None:
            holds = device.holds(handle.object)
            if not holds:
                return _Answer.UNNAMED if isinstance(holds, Unavailable) else _Answer.NO
        if options.name is None:
            return Hit()
        names = handle.name, file_of(handle.object)
        if any(isinstance(name, str) and matches(name) for name in names):
            return Hit()
        lost = any(isinstance(name, Unavailable) for name in names)
        return _Answer.UNNAMED if lost else _Answer.NO

    counts: Dict[_Answer, int] = dict.fromkeys(_Answer, 0)
    holders = set()
    for page in walk.answers(ask):
        if isinstance(page, Note):
            yield page
            continue
        places = [at for at, answer in enumerate(page.answers) if type(answer) is Hit]
        if len(places) < len(page.answers):
            for answer in (_Answer.UNTYPED, _Answer.UNNAMED):
                counts[answer] += page.answers.count(answer)
        before = run.found
        if options.details:
            places = filters.granted(page, places)
            run.found += len(places)
            yield from batch(map(page.handle, places), lambda hit: row_of(kernel, hit, True))
        elif places:
            yield from hits.blocks(page, places)
            run.found = hits.found
        if run.found > before:
            holders.add(id(page.process))
    yield from walk.end()
    filters.unknown_types = counts[_Answer.UNTYPED]
    yield from filters.end()
    unnamed = counts[_Answer.UNNAMED]
    if unnamed:
        what = "name" if device is None else "name or device"
        line = f"the {what} of the object behind {{}} can't be read"
        yield Note(Sentence(line, many(unnamed, "handle")))
    if not run.found and (walk.lost or unnamed or filters.left_out):
        run.failed = True  # it may be there all the same
    totals = Sentence(
        "{} in {} of {}",
        many(run.found, "handle"),
        len(holders),
        many(walk.processes, "process"),
    )
    yield Foot(totals, {"handles": run.found, "processes": len(holders)})


class _Answer(Enum):
    """What is said of an object that is no `Hit`: another one, or that its type or name can't be
    read."""

    NO = auto()
    UNTYPED = auto()
    UNNAMED = auto()


class _Device:
    """The device that ``--device`` names. Raises `PykdHandleError` where there is none."""

    def __init__(self, kernel: Kernel, text: str) -> None:
        try:
            item = self._find(kernel, text)
        except PykdHandleError as error:
            raise TargetError("--device {!r}: {}", text, error) from None
        if item.type != "Device":
            line = "--device {!r}: the object there is of the type {}"
            raise TargetError(line, text, item.type)
        self._address = known(item.address)
        name = item.name
        self._below = f"{name.lower()}\\" if isinstance(name, str) else ""

    def _find(self, kernel: Kernel, text: str) -> Object:
        if text.startswith("\\"):
            return kernel.find_object(text.rstrip("\\") + "\\")
        try:
            return kernel.find_object(parse_number(text, "--device", kernel.evaluate))
        except UsageError:
            pass  # a name
        try:
            return kernel.find_object(f"\\GLOBAL??\\{text}\\")
        except PykdHandleError:
            return kernel.find_object(f"\\Device\\{text}\\")

    def holds(self, item: Object) -> Maybe[bool]:
        """Whether an object is the device, a file on it, or a section of one: by the object of the
        device, and of a section by the name of its file."""
        if item.type == "File":
            # Where the device can't be read, its name says why.
            device = item.details.get("device_object", item.details.get("device"))
            return device if isinstance(device, Unavailable) else device == self._address
        if item.type == "Section" and self._below:
            name = file_of(item)
            return f"{name}\\".lower().startswith(self._below) if isinstance(name, str) else name
        return item.address == self._address


def _leads_to(handle: Handle, address: int) -> bool:
    item = handle.object
    return address in (item.address, item.header)


def _matcher(options: Namespace, text: Optional[str]) -> Callable[[str], object]:
    """Whether a name is the one that is looked for, which is ``text``. Raises `UsageError`."""
    if text is None:
        if options.object is options.device is options.type is options.access is None:
            raise UsageError(
                "find what? Give a name, --object ADDRESS, --device DEVICE, --type TYPE or "
                "--access RIGHT"
            )
        if options.regex:
            raise UsageError("--regex needs a NAME")
        return lambda name: True
    if options.regex:
        try:
            return re.compile(text, re.IGNORECASE).search
        except re.error as error:
            raise UsageError(f"NAME {text!r} is no regular expression: {error}") from None
    if "*" in text:
        return _pattern(text)
    wanted = text.lower()
    return lambda name: wanted in name.lower()


def _pattern(text: str) -> Callable[[str], bool]:
    """Whether a whole name is this text, with anything in the place of each ``*``. In steps: a
    regular expression would take forever for some names that a dump may hold."""
    first, *parts, last = text.lower().split("*")

    def matches(name: str) -> bool:
        name = name.lower()
        at, end = len(first), len(name) - len(last)
        if at > end or not (name.startswith(first) and name.endswith(last)):
            return False
        for part in parts:
            at = name.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return matches
