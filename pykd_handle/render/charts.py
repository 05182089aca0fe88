"""Bars and lines as inline SVG, in the colours of the page. All that goes in is numbers, and names
that are escaped here."""

from __future__ import annotations

from html import escape

from ..hints import Sequence, Tuple

__all__ = ("bar", "lines", "sparkline")

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 240, 64, 24
_LEGEND = 18  # a line of it


def bar(value: int, largest: int) -> str:
    """A bar as long as a value is of the largest one."""
    share = 100 * max(value, 0) / largest if largest > 0 else 0
    return (
        '<svg class=bar viewBox="0 0 100 8" preserveAspectRatio=none aria-hidden=true>'
        f'<rect width="{share:.1f}" height=8 /></svg>'
    )


def sparkline(values: Sequence[int]) -> str:
    """A small line from value to value, on a scale of its own that begins at zero."""
    points = _points(values, max(*values, 1), 80, 18, 1)
    return (
        '<svg class=spark viewBox="0 0 80 20" aria-hidden=true>'
        f'<polyline points="{points}" /></svg>'
    )


def lines(rows: Sequence[Tuple[str, Sequence[int]]]) -> str:
    """A figure of a line for each of these rows, with their names below it; "" for none."""
    if not rows:
        return ""
    largest = max(max(max(values) for _, values in rows), 1)
    wide, high = _WIDTH - _LEFT - 8, _HEIGHT - _BOTTOM - 8
    drawn = "".join(
        f'<polyline class=l{number} points="{_points(values, largest, wide, high, 8, _LEFT)}" />'
        for number, (_, values) in enumerate(rows)
    )
    count = len(rows[0][1])
    places = "".join(
        f"<text x={_LEFT + wide * at // max(count - 1, 1)} y={_HEIGHT - 6} "
        f"text-anchor={_anchor(at, count)}>{at + 1}</text>"
        for at in range(count)
    )
    names = "".join(
        f"<rect class=l{number} x={_LEFT} y={_HEIGHT + number * _LEGEND + 4} width=12 height=12 />"
        f"<text x={_LEFT + 20} y={_HEIGHT + number * _LEGEND + 14}>{escape(name)}: "
        f"{', '.join(map(str, values))}</text>"
        for number, (name, values) in enumerate(rows)
    )
    axis = (
        f"<path class=axis d='M{_LEFT} 8V{8 + high}H{_LEFT + wide}' />"
        f"<text x={_LEFT - 8} y=16 text-anchor=end>{largest}</text>"
        f"<text x={_LEFT - 8} y={8 + high} text-anchor=end>0</text>"
    )
    size = f"0 0 {_WIDTH} {_HEIGHT + 8 + len(rows) * _LEGEND}"
    label = "aria-label='the first rows as lines'"
    return (
        f'<svg class=lines viewBox="{size}" role=img {label}>{axis}{drawn}{places}{names}</svg>\n'
    )


def _points(
    values: Sequence[int], largest: int, wide: int, high: int, top: int, left: int = 0
) -> str:
    """The points of a line, in a field of this size."""
    step = wide / max(len(values) - 1, 1)
    return " ".join(
        f"{left + number * step:.1f},{top + high - high * max(value, 0) / largest:.1f}"
        for number, value in enumerate(values)
    )


def _anchor(at: int, count: int) -> str:
    return "start" if at == 0 else "end" if at == count - 1 else "middle"
