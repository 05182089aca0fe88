"""``list``: the classic ``!handle``."""
