"""Details as people read them: a label, and the value in words."""

from __future__ import annotations

from ..hints import Any, Callable, Iterator, List, Tuple
from ..values import Absent, Details, Hex, Label, Unavailable

__all__ = ("brief", "detail_text", "labelled")

_NO_LABEL = Label("")


def labelled(details: Any, clean: Callable[[Any], str]) -> Iterator[Tuple[str, str, str]]:
    """The key, label and text of each detail that there is; ``clean`` makes texts printable."""
    labels = details.labels if isinstance(details, Details) else {}
    for key, value in details.items():
        if isinstance(value, Absent) and not isinstance(value, Unavailable):
            continue
        label = labels.get(key, _NO_LABEL)
        yield key, label.text or key, detail_text(value, label, clean)


def brief(details: Details, clean: Callable[[Any], str]) -> str:
    """The details in few words, as their labels have them: what is false is not said."""
    told: List[str] = []
    for key, value in details.items():
        label = details.labels[key]
        if isinstance(value, Unavailable):
            told.append(f"{label.text}: {detail_text(value, label, clean)}")
        elif not isinstance(value, Absent) and value is not False:
            told.append(label.brief.format(detail_text(value, label, clean)))
    return ", ".join(told)


def detail_text(value: Any, label: Label, clean: Callable[[Any], str]) -> str:
    """A detail, which no heading explains: a hexadecimal number says that it is one."""
    try:
        if value in label.words:
            return label.words[value]
    except TypeError:  # it holds a dictionary: nothing that there are words for
        pass
    if isinstance(value, Unavailable):
        return f"<{clean(value.at(None))}>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Hex) or (label.hexadecimal and isinstance(value, int)):
        return f"0x{value:x}"
    if isinstance(value, tuple):
        return ",".join(detail_text(each, _NO_LABEL, clean) for each in value) or "-"
    if isinstance(value, dict):
        parts = (f"{key}={detail_text(each, _NO_LABEL, clean)}" for key, each in value.items())
        return " ".join(parts)
    return clean(value)
