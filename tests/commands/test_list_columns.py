"""The keys of `list` in JSON lines and CSV, which scripts rely on."""

from pykd_handle.commands import KERNEL, USER, find_command

# In the order in which they were promised; `unavailable` comes of itself behind them.
KEYS = [
    "pid", "process", "eprocess", "handle", "entry", "free", "next_free", "object",
    "object_header", "type", "type_address", "granted_access", "access", "attributes",
    "handle_count", "pointer_count", "name", "details", "error",
]  # fmt: skip
USER_KEYS = [
    "pid", "process", "handle", "type", "granted_access", "access", "attributes", "handle_count",
    "pointer_count", "name", "details", "error",
]  # fmt: skip


def test_the_keys_of_a_listing() -> None:
    command = find_command("list")
    assert command is not None
    keys = {mode: [column.key for column in columns] for mode, columns in command.columns.items()}
    assert keys == {KERNEL: KEYS, USER: USER_KEYS}
