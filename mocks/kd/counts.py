"""What a debugger asked for: requests and bytes by kind, and bytes on the line."""

from __future__ import annotations

from collections import Counter
from typing import Counter as CounterOf

__all__ = ("Counts",)


class Counts:
    """Counts of one stretch of a session.

    ``requests`` by name of the request, each one round trip; ``data`` the bytes that their
    answers carried. ``received`` and ``sent`` are all bytes on the line, heads and
    acknowledgements too. ``resent`` counts packets that went out again, ``heard_again`` requests
    that came a second time, ``break_ins`` the debugger's wishes to stop.
    """

    def __init__(self) -> None:
        self.requests: CounterOf[str] = Counter()
        self.data: CounterOf[str] = Counter()
        self.received = 0
        self.sent = 0
        self.resent = 0
        self.heard_again = 0
        self.break_ins = 0

    @property
    def round_trips(self) -> int:
        """All requests."""
        return sum(self.requests.values())

    @property
    def bytes(self) -> int:
        """The bytes of all answers, without heads."""
        return sum(self.data.values())

    @property
    def line(self) -> int:
        """All bytes on the line, both ways."""
        return self.received + self.sent

    def __repr__(self) -> str:
        kinds = ", ".join(f"{name} {count}" for name, count in self.requests.most_common())
        return f"Counts({self.round_trips} round trips, {self.bytes} bytes: {kinds})"
