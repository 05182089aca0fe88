"""Sentences are told once, however they are put together."""

from pykd_handle.values import Reason, Sentence, Unavailable


def test_what_they_say_counts() -> None:
    why = Unavailable(Reason.NOT_IN_THE_DUMP, 0x1000)
    one = Sentence("the table of ids can't be read: {}", why)
    other = Sentence("{} can't be read: {}", "the table of ids", why)
    assert one == other and len({one, other}) == 1
    assert one != Sentence("{} can't be read: {}", "the list of processes", why)
    assert one != "the table of ids can't be read: 0x1000: not in the dump"
