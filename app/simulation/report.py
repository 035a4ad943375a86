"""The comparison, as cells of a table and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

COLUMNS = (
    "oversold by us, of 1,000",
    "by shops' counters, of 1,000",
    "sold of ideal (median)",
    "dark hours a shop",
    "writes an order",
)
_WIDTH, _ROW, _LEFT = 760, 34, 190


def cells(row: Mapping[str, float]) -> Sequence[str]:
    return [f"{row['us']:.1f}", f"{row['shops']:.1f}", f"{row['ratio']:.1%}", f"{row['dark_hours']:.2f}", f"{row['writes']:.2f}"]


def picture(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Bars as SVG: what each policy oversells, and what it sells at all."""
    most = max(1.0, *(row["us"] + row["shops"] for row in rows.values()))
    half = (_WIDTH - _LEFT) // 2 - 60
    parts = [_text(_LEFT, 24, "units oversold, of 1,000 sold", "bold"), _text(_LEFT + half + 90, 24, "sold of what was possible", "bold")]
    for n, (policy, row) in enumerate(rows.items()):
        y = 44 + n * _ROW
        us, shops = round(half * row["us"] / most), round(half * row["shops"] / most)
        parts += [
            _text(8, y + 15, policy),
            _bar(_LEFT, y, us, "#c0392b"),
            _bar(_LEFT + us, y, shops, "#e6a23c"),
            _text(_LEFT + us + shops + 6, y + 15, f"{row['us'] + row['shops']:.1f}"),
            _bar(_LEFT + half + 90, y, round((half - 30) * row["ratio"]), "#2e7d5b"),
            _text(_LEFT + half + 96 + round((half - 30) * row["ratio"]), y + 15, f"{row['ratio']:.0%}"),
        ]
    foot = 60 + len(rows) * _ROW
    parts += [_bar(_LEFT, foot - 10, 12, "#c0392b"), _text(_LEFT + 18, foot, "by us")]
    parts += [_bar(_LEFT + 80, foot - 10, 12, "#e6a23c"), _text(_LEFT + 98, foot, "by a shop's own counter")]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {foot + 14}" font-family="sans-serif" font-size="13">'
    return "\n".join([head, f'<rect width="{_WIDTH}" height="{foot + 14}" fill="#ffffff"/>', *parts, "</svg>", ""])


def _text(x: int, y: int, text: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" font-weight="{weight}" fill="#222222">{escape(text)}</text>'


def _bar(x: int, y: int, width: int, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{max(0, width)}" height="20" fill="{colour}"/>'
