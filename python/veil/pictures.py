"""Small plots as SVG, for notebooks: no library, no script, every name escaped."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BLUE, _GREY, _SIDE, _MOST_DOTS, _MOST_BARS = "#2563eb", "#888", 220, 2000, 20


def _svg(width: int, height: int, label: str, inside: str) -> str:
    return (f"<svg width='{width}' height='{height}' role='img' aria-label='{html.escape(label)}' "
            f"font-family='sans-serif' font-size='11'>{inside}</svg>")


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f"<text x='{x:.0f}' y='{y:.0f}' text-anchor='{anchor}' fill='{_GREY}'>{html.escape(text)}</text>"


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def scatter(xs: Sequence[float], ys: Sequence[float], title: str, diagonal: bool = False) -> str:
    """Dots, the first 2000 of finite numbers. `diagonal`: both axes alike, with the line y = x."""
    points = [(x, y) for x, y in zip(xs, ys) if math.isfinite(x) and math.isfinite(y)][:_MOST_DOTS]
    if not points:
        return ""
    left, right = _bounds([x for x, _ in points])
    low, high = _bounds([y for _, y in points])
    if diagonal:
        left, right = low, high = min(left, low), max(right, high)
    edge, foot = 60, 20 + _SIDE
    dots = "".join(f"<circle cx='{edge + _SIDE * (x - left) / (right - left):.1f}' "
                   f"cy='{foot - _SIDE * (y - low) / (high - low):.1f}' r='2' fill='{_BLUE}' fill-opacity='0.6'/>"
                   for x, y in points)
    frame = f"<rect x='{edge}' y='20' width='{_SIDE}' height='{_SIDE}' fill='none' stroke='{_GREY}'/>"
    line = f"<line x1='{edge}' y1='{foot}' x2='{edge + _SIDE}' y2='20' stroke='{_GREY}'/>" if diagonal else ""
    words = (_text(edge, 13, title) + _text(edge - 4, foot, f"{low:.3g}", "end") + _text(edge - 4, 30, f"{high:.3g}", "end")
             + _text(edge, foot + 14, f"{left:.3g}") + _text(edge + _SIDE, foot + 14, f"{right:.3g}", "end"))
    return _svg(edge + _SIDE + 20, foot + 20, title, frame + line + dots + words)


def bars(values: Sequence[tuple[str, float]], title: str, shown: str) -> str:
    """A bar for each name, the 20 largest in the order given."""
    least = sorted((value for _, value in values), reverse=True)[:_MOST_BARS]
    kept = [(name, value) for name, value in values if least and value >= least[-1]][:_MOST_BARS]
    largest = max((value for _, value in kept), default=0.0)
    if largest <= 0:
        return ""
    out = _text(4, 13, title)
    for i, (name, value) in enumerate(kept):
        y, width = 22 + 18 * i, 200 * value / largest
        out += (_text(176, y + 11, name if len(name) <= 26 else name[:25] + "…", "end")
                + f"<rect x='180' y='{y}' width='{width:.1f}' height='14' fill='{_BLUE}'/>"
                + _text(184 + width, y + 11, shown.format(value)))
    return _svg(460, 28 + 18 * len(kept), title, out)


def _operator(step: Mapping[str, Any]) -> str:
    """Gemm layer_1, for operator 'Gemm' (node 'layer_1'); what belongs to no operator keeps its step's name."""
    found = re.fullmatch(r"operator '([^']*)'(?: \(node '(.*)'\))?", str(step["source"]))
    return " ".join(filter(None, found.groups())) if found else str(step["step"])


def cost_bars(steps: Sequence[Mapping[str, Any]]) -> str:
    """The cost of a proof by the operators of the model, and by what all of them share."""
    costs = [(_operator(each), float(each["estimated_share"])) for each in steps]
    return bars(costs, "cost of a proof by operator", "{:.1%}")
