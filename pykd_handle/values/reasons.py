"""Why a value is not there: reasons as an enumeration, in no language.

What a user reads is made in `pykd_handle.render.words`: a member is called by its words, with
underscores, where these are plain words; the others have theirs in the table there, with places
for their arguments.
"""

from __future__ import annotations

__all__ = ("Reason",)


class Reason:
    """A reason; what its arguments are, in order, stands behind it. ``name`` is that of the member.

    `enum.Enum` takes 3 ms to make so many members: a tenth of ``--help``.
    """

    __slots__ = ("name",)

    # -- memory ---------------------------------------------------------------------------------

    NOT_IN_THE_DUMP: Reason
    THE_DUMP_FILE_IS_CUT_SHORT: Reason
    DUMP_FILE_UNREADABLE: Reason
    NOT_READABLE: Reason
    NOT_MAPPED: Reason
    IN_THE_PAGE_FILE: Reason
    BEHIND_A_PROTOTYPE_ENTRY: Reason
    NEVER_TOUCHED: Reason
    DAMAGED_PAGE_TABLE_ENTRY: Reason
    PAGE_TABLE: Reason  # why its page table leads nowhere
    PAGE_IN_TRANSITION: Reason  # why its page is missing
    TOO_MANY_BYTES_FOR_ONE_READ: Reason
    OUTSIDE_OF_WHAT_WAS_READ: Reason
    NOT_A_CANONICAL_ADDRESS: Reason
    USER_ADDRESS: Reason
    LIVE_USER_ADDRESS: Reason

    # -- the debugger data block ----------------------------------------------------------------

    BLOCK_NOT_FOUND: Reason
    TOO_SHORT: Reason
    BLOCK_ENCODED: Reason

    # -- symbols --------------------------------------------------------------------------------

    ERROR: Reason  # the error's sentence
    NO_SYMBOL: Reason  # its name
    NO_TYPE: Reason  # its name
    NO_FIELD: Reason  # the structure's name, the field's
    SYMBOL_NOT_RECOVERED: Reason  # its name
    TYPE_NOT_RECOVERED: Reason  # its name
    NOT_PROVED: Reason  # the field's name

    # -- the image of the kernel ----------------------------------------------------------------

    NO_IMAGE: Reason
    NO_IMAGE_HEADERS: Reason
    IMAGE_HEADERS_NOWHERE: Reason
    UNKNOWN_IMAGE_FORMAT: Reason  # its magic number
    THE_IMAGE_HAS_NO_DEBUG_DIRECTORY: Reason
    NO_PDB_NAMED: Reason
    UNKNOWN_DEBUG_RECORD: Reason

    # -- handle tables --------------------------------------------------------------------------

    TABLE_CODE_OF_NO_LEVEL: Reason  # TableCode
    TABLE_CODE_LEADS_NOWHERE: Reason  # TableCode
    ITS_HANDLE_TABLE_LIES_NOWHERE: Reason
    PAGE_POINTER_UNREADABLE: Reason  # why
    THE_POINTER_TO_ITS_PAGE_IS_NULL: Reason
    PAGE_POINTER_LEADS_NOWHERE: Reason  # the pointer
    PAGE_IN_TABLE_ALREADY: Reason  # its address
    COUNT_TOO_LARGE: Reason  # the count, the number of slots
    COUNT_AT_LEAST: Reason  # the least, the number of hidden slots
    INFO_TABLE_LEADS_NOWHERE: Reason  # the pointer
    ENTRY_OF_NO_KNOWN_FORM: Reason

    # -- objects and names ----------------------------------------------------------------------

    THE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL: Reason
    NAME_HEADER_TOO_FAR: Reason  # the distance in bytes
    NAME_LONGER_THAN_ITS_BUFFER: Reason  # both sizes in bytes
    NAME_OF_ODD_LENGTH: Reason  # its size in bytes
    NAME_BUFFER_NOWHERE: Reason
    THE_DIRECTORIES_ABOVE_FORM_A_CYCLE: Reason
    TOO_MANY_DIRECTORIES: Reason  # how many were followed
    THE_DIRECTORY_IS_NO_ADDRESS_OF_THE_KERNEL: Reason
    THE_ENTRIES_OF_A_DIRECTORY_RUN_IN_A_CIRCLE: Reason
    A_DIRECTORY_ENTRY_IS_NO_ADDRESS_OF_THE_KERNEL: Reason
    ROOT_DIRECTORY_NOWHERE: Reason  # its address
    NO_NAMED_OBJECT_LEADS_TO_THE_ROOT: Reason
    OBJECT_TYPES_NOT_FOUND: Reason
    OBJECT_TYPES_NOT_FOUND_BECAUSE: Reason  # why

    FIELD_NOWHERE: Reason  # what the field leads to
    FIELD_OF_NO_MEANING: Reason  # the structure's name, the field's, its value
    THE_DEVICE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL: Reason
    THE_CONTROL_AREA_IS_NO_ADDRESS_OF_THE_KERNEL: Reason
    THE_FILE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL: Reason
    THE_KEY_CONTROL_BLOCK_IS_NO_ADDRESS_OF_THE_KERNEL: Reason
    THE_KEY_CONTROL_BLOCKS_ABOVE_FORM_A_CYCLE: Reason
    TOO_MANY_KEY_CONTROL_BLOCKS: Reason  # how many were followed
    KEY_NAME_LENGTH: Reason  # its size in bytes
    NOTHING_SUCH_HERE: Reason  # what should be there
    FIELD_IS_NO_TIME: Reason  # the structure's name, the field's, its value
    LIST_BROKEN: Reason  # which one
    LIST_TOO_LONG: Reason  # which one, the most entries that are followed
    OF_ANOTHER_OBJECT: Reason  # what leads to another object
    PART_OF_NO_SIZE: Reason  # what, its size in bytes
    PART_TOO_LONG: Reason  # what goes beyond the end of what holds it
    COUNT_OF_NO_MEANING: Reason  # of what, the count
    COUNT_NOT_KEPT: Reason

    # -- types ----------------------------------------------------------------------------------

    TYPE_POINTER_LEADS_NOWHERE: Reason  # the pointer
    TYPE_INDEX_LEADS_NOWHERE: Reason  # the index, what the table has there
    TYPE_INDEX_DIFFERS: Reason  # the index, that of the type it leads to
    TYPE_NAME_EMPTY: Reason
    TYPE_TABLE: Reason  # the index, why what the table has there can't be read
    HEADER_COOKIE: Reason  # why it can't be read
    HEADER_COOKIE_NOT_RECOVERED: Reason  # why there is none, why it is not recovered
    FEW_OBJECTS_OF_KNOWN_TYPE: Reason  # how many
    NO_COMMON_COOKIE: Reason  # how many agree, of how many

    # -- processes ------------------------------------------------------------------------------

    SYSTEM_NOT_FOUND: Reason
    SYSTEM_NOT_FOUND_BECAUSE: Reason  # why
    NO_PAGE_TABLES: Reason
    EXIT_TIME_IS_NO_TIME: Reason  # ExitTime
    NOT_EVERY_TABLE_COULD_BE_READ: Reason
    SESSIONS_DIFFER: Reason  # the id in the session's structure, that in the token

    # -- minidumps ------------------------------------------------------------------------------

    BEHIND_THE_END: Reason  # the size of the file in bytes
    READING_FAILED: Reason  # what the system says
    THE_FILE_BECAME_SHORTER: Reason
    NAME_TOO_LONG: Reason  # its size in bytes
    THE_NAMES_ARE_LONGER_THAN_THE_WHOLE_DUMP: Reason
    STREAM_WITHOUT_HEADER: Reason  # which one
    STREAM_HEADER_SIZE: Reason  # which one, the size in bytes
    STREAM_ENTRY_SIZE: Reason  # which one, the size in bytes, the least one
    THE_OBJECT_INFORMATION_RUNS_IN_A_CIRCLE: Reason
    THE_OBJECT_INFORMATION_DOES_NOT_END: Reason
    OBJECT_INFORMATION_SIZE: Reason  # in bytes
    THE_OBJECT_INFORMATION_IS_LONGER_THAN_THE_WHOLE_DUMP: Reason
    INFORMATION_TOO_SHORT: Reason  # its size in bytes, of what kind

    # -- the debugger's engine ------------------------------------------------------------------

    NOT_IMPLEMENTED_BY_THE_ENGINE: Reason
    NOT_OFFERED_BY_THE_ENGINE: Reason
    NOT_OFFERED_BY_THE_SYSTEM: Reason
    NOT_IN_THE_TARGET: Reason
    NOT_SUPPORTED: Reason
    NOT_AN_OBJECT_OF_THIS_TYPE: Reason
    NO_SUCH_HANDLE: Reason
    ACCESS_DENIED: Reason
    FAILED: Reason
    LIVE_FILE_NAME_NOT_ASKED_FOR: Reason
    ENGINE_ERROR: Reason  # the HRESULT

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")

    def __repr__(self) -> str:
        return f"Reason.{self.name}"

    def __reduce__(self) -> str:
        return repr(self)  # there is one of each, wherever it is copied to


for _name in Reason.__annotations__:
    setattr(Reason, _name, Reason(_name))
