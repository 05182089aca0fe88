"""Why a value is not there: reasons as an enumeration, in no language.

What a user reads is made in `pykd_handle.render.words`: a member is called by its words, with
underscores, where these are plain words; the others have theirs in the table there, with places
for their arguments.
"""

from __future__ import annotations

from enum import Enum, auto

__all__ = ("Reason",)


class Reason(Enum):
    """A reason; what its arguments are, in order, stands behind it."""

    # -- memory ---------------------------------------------------------------------------------

    NOT_IN_THE_DUMP = auto()
    THE_DUMP_FILE_IS_CUT_SHORT = auto()
    DUMP_FILE_UNREADABLE = auto()
    NOT_READABLE = auto()
    NOT_MAPPED = auto()
    IN_THE_PAGE_FILE = auto()
    BEHIND_A_PROTOTYPE_ENTRY = auto()
    NEVER_TOUCHED = auto()
    DAMAGED_PAGE_TABLE_ENTRY = auto()
    PAGE_TABLE = auto()  # why its page table leads nowhere
    PAGE_IN_TRANSITION = auto()  # why its page is missing
    TOO_MANY_BYTES_FOR_ONE_READ = auto()
    OUTSIDE_OF_WHAT_WAS_READ = auto()
    NOT_A_CANONICAL_ADDRESS = auto()
    USER_ADDRESS = auto()
    LIVE_USER_ADDRESS = auto()

    # -- the debugger data block ----------------------------------------------------------------

    BLOCK_NOT_FOUND = auto()
    TOO_SHORT = auto()
    BLOCK_ENCODED = auto()

    # -- symbols --------------------------------------------------------------------------------

    ERROR = auto()  # the error's sentence
    NO_SYMBOL = auto()  # its name
    NO_TYPE = auto()  # its name
    NO_FIELD = auto()  # the structure's name, the field's
    SYMBOL_NOT_RECOVERED = auto()  # its name
    TYPE_NOT_RECOVERED = auto()  # its name
    NOT_PROVED = auto()  # the field's name

    # -- the image of the kernel ----------------------------------------------------------------

    NO_IMAGE = auto()
    NO_IMAGE_HEADERS = auto()
    IMAGE_HEADERS_NOWHERE = auto()
    UNKNOWN_IMAGE_FORMAT = auto()  # its magic number
    THE_IMAGE_HAS_NO_DEBUG_DIRECTORY = auto()
    NO_PDB_NAMED = auto()
    UNKNOWN_DEBUG_RECORD = auto()

    # -- handle tables --------------------------------------------------------------------------

    TABLE_CODE_OF_NO_LEVEL = auto()  # TableCode
    TABLE_CODE_LEADS_NOWHERE = auto()  # TableCode
    ITS_HANDLE_TABLE_LIES_NOWHERE = auto()
    PAGE_POINTER_UNREADABLE = auto()  # why
    THE_POINTER_TO_ITS_PAGE_IS_NULL = auto()
    PAGE_POINTER_LEADS_NOWHERE = auto()  # the pointer
    PAGE_IN_TABLE_ALREADY = auto()  # its address
    COUNT_TOO_LARGE = auto()  # the count, the number of slots
    COUNT_AT_LEAST = auto()  # the least, the number of hidden slots
    INFO_TABLE_LEADS_NOWHERE = auto()  # the pointer
    ENTRY_OF_NO_KNOWN_FORM = auto()

    # -- objects and names ----------------------------------------------------------------------

    THE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL = auto()
    NAME_HEADER_TOO_FAR = auto()  # the distance in bytes
    NAME_LONGER_THAN_ITS_BUFFER = auto()  # both sizes in bytes
    NAME_OF_ODD_LENGTH = auto()  # its size in bytes
    NAME_BUFFER_NOWHERE = auto()
    THE_DIRECTORIES_ABOVE_FORM_A_CYCLE = auto()
    TOO_MANY_DIRECTORIES = auto()  # how many were followed
    THE_DIRECTORY_IS_NO_ADDRESS_OF_THE_KERNEL = auto()
    THE_ENTRIES_OF_A_DIRECTORY_RUN_IN_A_CIRCLE = auto()
    A_DIRECTORY_ENTRY_IS_NO_ADDRESS_OF_THE_KERNEL = auto()
    ROOT_DIRECTORY_NOWHERE = auto()  # its address
    NO_NAMED_OBJECT_LEADS_TO_THE_ROOT = auto()
    OBJECT_TYPES_NOT_FOUND = auto()
    OBJECT_TYPES_NOT_FOUND_BECAUSE = auto()  # why

    FIELD_NOWHERE = auto()  # what the field leads to
    FIELD_OF_NO_MEANING = auto()  # the structure's name, the field's, its value
    THE_DEVICE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL = auto()
    THE_CONTROL_AREA_IS_NO_ADDRESS_OF_THE_KERNEL = auto()
    THE_FILE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL = auto()
    THE_KEY_CONTROL_BLOCK_IS_NO_ADDRESS_OF_THE_KERNEL = auto()
    THE_KEY_CONTROL_BLOCKS_ABOVE_FORM_A_CYCLE = auto()
    TOO_MANY_KEY_CONTROL_BLOCKS = auto()  # how many were followed
    KEY_NAME_LENGTH = auto()  # its size in bytes
    NOTHING_SUCH_HERE = auto()  # what should be there
    FIELD_IS_NO_TIME = auto()  # the structure's name, the field's, its value
    LIST_BROKEN = auto()  # which one
    LIST_TOO_LONG = auto()  # which one, the most entries that are followed
    OF_ANOTHER_OBJECT = auto()  # what leads to another object
    PART_OF_NO_SIZE = auto()  # what, its size in bytes
    PART_TOO_LONG = auto()  # what goes beyond the end of what holds it
    COUNT_OF_NO_MEANING = auto()  # of what, the count
    COUNT_NOT_KEPT = auto()

    # -- types ----------------------------------------------------------------------------------

    TYPE_POINTER_LEADS_NOWHERE = auto()  # the pointer
    TYPE_INDEX_LEADS_NOWHERE = auto()  # the index, what the table has there
    TYPE_INDEX_DIFFERS = auto()  # the index, that of the type it leads to
    TYPE_NAME_EMPTY = auto()
    TYPE_TABLE = auto()  # the index, why what the table has there can't be read
    HEADER_COOKIE = auto()  # why it can't be read
    HEADER_COOKIE_NOT_RECOVERED = auto()  # why there is none, why it is not recovered
    FEW_OBJECTS_OF_KNOWN_TYPE = auto()  # how many
    NO_COMMON_COOKIE = auto()  # how many agree, of how many

    # -- processes ------------------------------------------------------------------------------

    SYSTEM_NOT_FOUND = auto()
    SYSTEM_NOT_FOUND_BECAUSE = auto()  # why
    NO_PAGE_TABLES = auto()
    EXIT_TIME_IS_NO_TIME = auto()  # ExitTime
    NOT_EVERY_TABLE_COULD_BE_READ = auto()
    SESSIONS_DIFFER = auto()  # the id in the session's structure, that in the token

    # -- minidumps ------------------------------------------------------------------------------

    BEHIND_THE_END = auto()  # the size of the file in bytes
    READING_FAILED = auto()  # what the system says
    THE_FILE_BECAME_SHORTER = auto()
    NAME_TOO_LONG = auto()  # its size in bytes
    THE_NAMES_ARE_LONGER_THAN_THE_WHOLE_DUMP = auto()
    STREAM_WITHOUT_HEADER = auto()  # which one
    STREAM_HEADER_SIZE = auto()  # which one, the size in bytes
    STREAM_ENTRY_SIZE = auto()  # which one, the size in bytes, the least one
    THE_OBJECT_INFORMATION_RUNS_IN_A_CIRCLE = auto()
    THE_OBJECT_INFORMATION_DOES_NOT_END = auto()
    OBJECT_INFORMATION_SIZE = auto()  # in bytes
    THE_OBJECT_INFORMATION_IS_LONGER_THAN_THE_WHOLE_DUMP = auto()
    INFORMATION_TOO_SHORT = auto()  # its size in bytes, of what kind

    # -- the debugger's engine ------------------------------------------------------------------

    NOT_IMPLEMENTED_BY_THE_ENGINE = auto()
    NOT_OFFERED_BY_THE_ENGINE = auto()
    NOT_OFFERED_BY_THE_SYSTEM = auto()
    NOT_IN_THE_TARGET = auto()
    NOT_SUPPORTED = auto()
    NOT_AN_OBJECT_OF_THIS_TYPE = auto()
    NO_SUCH_HANDLE = auto()
    ACCESS_DENIED = auto()
    FAILED = auto()
    LIVE_FILE_NAME_NOT_ASKED_FOR = auto()
    ENGINE_ERROR = auto()  # the HRESULT

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")
