"""What people read where a value is absent, a list breaks off, or a run ends: the only English.

A reason is called by its words (`Reason`); those whose words differ, or have places for arguments,
stand here.
"""

from __future__ import annotations

from ..hints import Any, Mapping, Tuple
from ..values import PykdHandleError, Reason, Sentence, Unavailable

__all__ = ("PHRASES", "words")

PHRASES: Mapping[Reason, str] = {
    Reason.DUMP_FILE_UNREADABLE: "the dump file can't be read here",
    Reason.BEHIND_A_PROTOTYPE_ENTRY: "behind a prototype page-table entry, which is not followed",
    Reason.NEVER_TOUCHED: "never touched (demand zero)",
    Reason.DAMAGED_PAGE_TABLE_ENTRY: "behind a page-table entry of no known form",
    Reason.PAGE_TABLE: "its page table: {}",
    Reason.PAGE_IN_TRANSITION: "in transition, and its page is missing: {}",
    Reason.USER_ADDRESS: "a user-mode address, which is not read here",
    Reason.LIVE_USER_ADDRESS: (
        "a user-mode address: on a live target it is not known to be of the process that is meant"
    ),
    Reason.BLOCK_NOT_FOUND: "where it lies, is not known",
    Reason.BLOCK_ENCODED: "it is encoded or overwritten (no KDBG tag)",
    Reason.ERROR: "{}",
    Reason.NO_SYMBOL: "the symbols have no nt!{}",
    Reason.NO_TYPE: "the symbols have no type nt!{}",
    Reason.NO_FIELD: "nt!{} has no field {}",
    Reason.SYMBOL_NOT_RECOVERED: "nt!{} is not known without symbols",
    Reason.TYPE_NOT_RECOVERED: "the type nt!{} is not known without symbols",
    Reason.NOT_PROVED: "not proved: nothing in this memory shows where {} lies",
    Reason.NO_IMAGE: "no image begins here (no MZ)",
    Reason.NO_IMAGE_HEADERS: "no image headers here (no PE)",
    Reason.IMAGE_HEADERS_NOWHERE: "the image's headers lie nowhere",
    Reason.UNKNOWN_IMAGE_FORMAT: "an image of unknown format 0x{:x}",
    Reason.NO_PDB_NAMED: "the debug directory names no PDB",
    Reason.UNKNOWN_DEBUG_RECORD: "the debug record has an unknown format (no RSDS)",
    Reason.TABLE_CODE_OF_NO_LEVEL: "TableCode 0x{:x} names no level of a handle table",
    Reason.TABLE_CODE_LEADS_NOWHERE: "TableCode 0x{:x} leads nowhere",
    Reason.PAGE_POINTER_UNREADABLE: "its pointer can't be read: {}",
    Reason.PAGE_POINTER_LEADS_NOWHERE: "the pointer to its page, 0x{:x}, leads nowhere",
    Reason.PAGE_IN_TABLE_ALREADY: "the page at 0x{:x} is in the table already",
    Reason.COUNT_TOO_LARGE: ("the table counts {} handles in use, which its {} slots can't hold"),
    Reason.COUNT_AT_LEAST: "at least {}: {} slots can't be read",
    Reason.INFO_TABLE_LEADS_NOWHERE: "InfoTable 0x{:x} leads nowhere",
    Reason.ENTRY_OF_NO_KNOWN_FORM: (
        "the _HANDLE_TABLE_ENTRY of these symbols is of no known form: it has neither "
        "ObjectPointerBits nor Object"
    ),
    Reason.NAME_HEADER_TOO_FAR: "a name header 0x{:x} bytes below its object can't be",
    Reason.NAME_LONGER_THAN_ITS_BUFFER: "a name of {} bytes in a buffer of {} can't be",
    Reason.NAME_OF_ODD_LENGTH: "a name of {} bytes, an odd number, can't be",
    Reason.NAME_BUFFER_NOWHERE: "the name's buffer is no address of the kernel",
    Reason.TOO_MANY_DIRECTORIES: "more than {} directories above",
    Reason.ROOT_DIRECTORY_NOWHERE: "the root directory, 0x{:x}, is no address of the kernel",
    Reason.NO_NAMED_OBJECT_LEADS_TO_THE_ROOT: (
        "the root directory is not found: no named object leads to it"
    ),
    Reason.OBJECT_TYPES_NOT_FOUND: "\\ObjectTypes is not found in the root directory",
    Reason.OBJECT_TYPES_NOT_FOUND_BECAUSE: (
        "\\ObjectTypes is not found in the root directory ({})"
    ),
    Reason.FIELD_NOWHERE: "{} is no address of the kernel",
    Reason.FIELD_OF_NO_MEANING: "{}.{} can't be 0x{:x}",
    Reason.TOO_MANY_KEY_CONTROL_BLOCKS: "the key control blocks above are more than {}",
    Reason.NOTHING_SUCH_HERE: "there is no {} here",
    Reason.FIELD_IS_NO_TIME: "{}.{} 0x{:x} is no time",
    Reason.LIST_BROKEN: "the list of {} is broken",
    Reason.LIST_TOO_LONG: "the list of {} has more than {} entries",
    Reason.OF_ANOTHER_OBJECT: "the {} is another object's",
    Reason.PART_OF_NO_SIZE: "{} of {} bytes can't be",
    Reason.PART_TOO_LONG: "{} goes beyond the end of what holds it",
    Reason.COUNT_OF_NO_MEANING: "{} {} can't be",
    Reason.COUNT_NOT_KEPT: "the count is not kept at the moment",
    Reason.KEY_NAME_LENGTH: "a key's name of {} bytes can't be",
    Reason.TYPE_POINTER_LEADS_NOWHERE: "the pointer to the type, 0x{:x}, leads nowhere",
    Reason.TYPE_INDEX_LEADS_NOWHERE: "type index 0x{:x} leads nowhere (0x{:x})",
    Reason.TYPE_INDEX_DIFFERS: "type index 0x{:x} leads to a type with index 0x{:x}",
    Reason.TYPE_NAME_EMPTY: "the type's name is empty",
    Reason.TYPE_TABLE: "nt!ObTypeIndexTable[0x{:x}]: {}",
    Reason.HEADER_COOKIE: "nt!ObHeaderCookie: {}",
    Reason.HEADER_COOKIE_NOT_RECOVERED: "{}; not recovered: {}",
    Reason.FEW_OBJECTS_OF_KNOWN_TYPE: "only {} objects of known type can be read",
    Reason.NO_COMMON_COOKIE: "{} of {} objects of known type agree on a cookie",
    Reason.SYSTEM_NOT_FOUND: "the process System is not found",
    Reason.SYSTEM_NOT_FOUND_BECAUSE: "the process System is not found ({})",
    Reason.EXIT_TIME_IS_NO_TIME: "ExitTime 0x{:x} is no time",
    Reason.SESSIONS_DIFFER: "its session's structure says {}, its token {}",
    Reason.BEHIND_THE_END: "beyond the end of the file (0x{:x})",
    Reason.READING_FAILED: "not readable: {}",
    Reason.NAME_TOO_LONG: "a name of 0x{:x} bytes",
    Reason.STREAM_WITHOUT_HEADER: "the {} have no header",
    Reason.STREAM_HEADER_SIZE: "the {} have a header of 0x{:x} bytes",
    Reason.STREAM_ENTRY_SIZE: "the {} have entries of {} bytes, {} is the least",
    Reason.OBJECT_INFORMATION_SIZE: "object information of 0x{:x} bytes",
    Reason.INFORMATION_TOO_SHORT: "{} bytes of {}, too few",
    Reason.LIVE_FILE_NAME_NOT_ASKED_FOR: (
        "not asked for: the query of a live file's name may not return"
    ),
    Reason.ENGINE_ERROR: "error 0x{:08x} of the engine",
}
"""The words of the reasons that are not called by their words."""


def words(value: Any) -> str:
    """The words for anything that stands in a line: an absent value with its address, a reason, an
    error, a sentence, a time; anything else is its own text. What is inside of them comes in words,
    too.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Unavailable):
        text = _filled(_phrase(value.reason), value.arguments)
        return text if value.address is None else f"0x{value.address:x}: {text}"
    if isinstance(value, Sentence):
        return _filled(value.template, value.parts)
    if isinstance(value, PykdHandleError):
        return words(value.sentence)
    if isinstance(value, Reason):
        return _phrase(value)
    # Imported where it is needed: help is to be there at once.
    from datetime import datetime, timezone

    if isinstance(value, datetime):
        # ISO 8601 in UTC, in every format; a fraction only where there is one.
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    return str(value)


def _phrase(reason: Reason) -> str:
    return PHRASES.get(reason) or str(reason)


def _filled(template: str, parts: Tuple[Any, ...]) -> str:
    """A template with its parts; one without parts is a text, whatever braces it has."""
    if not parts:
        return template
    return template.format(
        *(part if isinstance(part, (int, str)) else words(part) for part in parts)
    )
