"""Charts as inline SVG. Colours and fonts come from the page's style sheet, so they follow its theme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from limbeck.report.visible import visible

WIDE = 480
CONTRAST = 31
"""Characters of a contrast's name that leave half of a chart to its intervals."""


@dataclass
class Canvas:
    """A picture of ``width`` × ``height`` pixels; all text is escaped; ``kind`` is a class of the style
    sheet."""

    width: float
    height: float
    label: str = ""
    parts: list[Markup] = field(default_factory=list)

    def add(self, tag: str, kind: str, text: str = "", title: str = "", **attributes: Any) -> None:
        """One element; ``_`` in an attribute's name stands for ``-``, numbers are rounded to a tenth of a
        pixel."""
        pairs = ""
        for name, value in attributes.items():
            drawn = round(value, 1) if isinstance(value, float) else escape(value)
            pairs += f' {name.replace("_", "-")}="{drawn}"'
        inner = Markup("<title>{}</title>").format(visible(title)) if title else Markup("")
        head, tail = Markup(f'<{tag} class="{escape(kind)}"{pairs}>'), Markup(f"</{tag}>")
        self.parts.append(head + inner + escape(visible(text)) + tail)

    def line(self, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
        self.add("line", kind, x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2))

    def text(self, kind: str, x: float, y: float, text: str, anchor: str = "start") -> None:
        self.add("text", kind, text, x=float(x), y=float(y), text_anchor=anchor)

    def rect(
        self, kind: str, x: float, y: float, width: float, height: float, title: str = "", round_: float = 0
    ) -> None:
        self.add(
            "rect",
            kind,
            title=title,
            x=float(x),
            y=float(y),
            width=float(max(width, 0)),
            height=float(max(height, 0)),
            rx=float(round_),
        )

    def path(self, kind: str, points: Sequence[tuple[float, float]], close: bool = False) -> None:
        """A line through ``points``; gaps where a coordinate is not finite."""
        drawn, pen = [], "M"
        for x, y in points:
            if not (math.isfinite(x) and math.isfinite(y)):
                pen = "M"
                continue
            drawn.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        self.add("path", kind, d="".join(drawn) + ("Z" if close else ""))

    def markup(self) -> Markup:
        """The finished picture."""
        head = Markup(
            '<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        ).format(w=round(self.width), h=round(self.height), label=visible(self.label))
        return head + Markup("").join(self.parts) + Markup("</svg>")


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About ``count`` round numbers, 1, 2 or 5 times a power of ten apart, within ``low`` … ``high``."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value: float) -> str:
    """A tick's number: grouped thousands, no needless zeros, a true minus."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return text.replace("-", "−")


def short(text: str, most: int) -> str:
    """Text cut to ``most`` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short_sides(text: str, most: int) -> str:
    """``one − other`` cut to ``most`` characters so that both can be told: the shorter side stays whole where
    it leaves the other half of the room."""
    first, sign, second = text.partition(" − ")
    room = most - len(sign)
    if len(text) <= most or not sign:
        return short(text, most)
    left = max(room // 2, room - len(second))
    cut = short(first, left)
    return f"{cut}{sign}{short(second, room - len(cut))}"


@dataclass(frozen=True)
class Scale:
    """Data ``low`` … ``high`` onto pixels ``start`` … ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low or 1)
        return self.start + min(max(share, -0.02), 1.02) * (self.end - self.start)


Bar = tuple[float, float | None, float | None]


def bars(
    rows: Sequence[str], series: Sequence[str], values: dict[tuple[str, str], Bar], label: str
) -> Markup:
    """Horizontal bars in groups, with error bars: a group per row, a bar per series; values in percent."""
    thick, inner = 10, 4
    group = len(series) * (thick + inner) + 14
    gutter = min(7.2 * max((len(row) for row in rows), default=0) + 24, 200)
    top = max((high or value for value, _, high in values.values()), default=1)
    canvas = Canvas(WIDE, len(rows) * group + 40, label)
    x = Scale(0, max(top, 1e-9), gutter, canvas.width - 42)
    base = len(rows) * group + 6
    for tick in ticks(0, top, 5):
        canvas.line("grid", x(tick), 4, x(tick), base)
        canvas.text("tick", x(tick), base + 18, number(tick), "middle")
    for place, row in enumerate(rows):
        y = place * group + 10
        canvas.text("name", gutter - 12, y + (group - 14) / 2 + 3, short(row, 24), "end")
        for index, name in enumerate(series):
            if (row, name) not in values:
                continue
            value, low, high = values[row, name]
            at = y + index * (thick + inner)
            canvas.rect(
                f"fill s{index % 6}", x(0), at, x(value) - x(0), thick, f"{row}, {name}: {value:.1f}", 1.5
            )
            end = x(value)
            if low is not None and high is not None:
                _whisker(canvas, x(low), x(high), at + thick / 2)
                end = x(high)
            canvas.text("value", end + 7, at + thick - 1, f"{value:.1f}")
    canvas.line("axis", x(0), 4, x(0), base)
    return canvas.markup()


def _whisker(canvas: Canvas, x1: float, x2: float, y: float, kind: str = "whisker") -> None:
    canvas.line(kind, x1, y, x2, y)
    canvas.line(kind, x1, y - 3, x1, y + 3)
    canvas.line(kind, x2, y - 3, x2, y + 3)


def forest(rows: Sequence[tuple[str, float, float, float, str]], label: str) -> Markup:
    """Differences with intervals around a zero line; a row is ``(name, value, low, high, kind)``."""
    step = 26
    names = [short_sides(row[0], CONTRAST) for row in rows]
    gutter = 7.2 * max(map(len, names), default=0) + 20
    low, high = min(0.0, *(row[2] for row in rows)), max(0.0, *(row[3] for row in rows))
    pad = 0.06 * (high - low or 1)
    canvas = Canvas(WIDE, len(rows) * step + 44, label)
    x = Scale(low - pad, high + pad, gutter, canvas.width - 24)
    base = len(rows) * step + 8
    for tick in ticks(low - pad, high + pad, 6):
        canvas.line("grid", x(tick), 4, x(tick), base)
        canvas.text("tick", x(tick), base + 18, ("+" if tick > 0 else "") + number(tick), "middle")
    canvas.line("zero", x(0), 4, x(0), base)
    for place, (name, value, lower, upper, kind) in enumerate(rows):
        y = place * step + step / 2 + 4
        canvas.text("name", gutter - 12, y + 4, names[place], "end")
        _whisker(canvas, x(lower), x(upper), y, f"whisker {kind}")
        canvas.add("circle", f"dot {kind}", title=f"{name}: {value:+.3g}", cx=x(value), cy=y, r=4.5)
    return canvas.markup()


Line = tuple[str, Sequence[float], Sequence[float]]


def panel(lines: Sequence[Line], y_range: tuple[float, float], x_label: str, label: str) -> Markup:
    """One small line chart. A line is ``(class, x, y)``; each is drawn thin as measured and bold as a running
    mean."""
    canvas = Canvas(318, 200, label)
    xs = [value for _, points, _ in lines for value in points]
    x = Scale(min(xs), max(xs), 46, canvas.width - 46)
    y = Scale(*y_range, canvas.height - 34, 10)
    for tick in ticks(*y_range, 4):
        canvas.line("grid", 46, y(tick), canvas.width - 46, y(tick))
        canvas.text("tick", 38, y(tick) + 4, number(tick), "end")
    for tick in ticks(min(xs), max(xs), 4):
        canvas.text("tick", x(tick), canvas.height - 16, number(tick), "middle")
    canvas.text("tick unit", canvas.width - 46, canvas.height - 2, x_label, "end")
    ends: list[float] = []
    for kind, px, py in lines:
        px, py = thin(px), thin(py)
        smooth = running_mean(py)
        canvas.path(f"stroke raw {kind}", [(x(a), y(b)) for a, b in zip(px, py, strict=True)])
        canvas.path(f"stroke {kind}", [(x(a), y(b)) for a, b in zip(px, smooth, strict=True)])
        at = y(smooth[-1])
        # Two lines that end close together would print their values over each other.
        at += next((13.0 if at >= other else -13.0 for other in ends if abs(at - other) < 12), 0.0)
        ends.append(at)
        canvas.text(f"end {kind}", canvas.width - 41, at + 4, f"{smooth[-1]:.2f}".replace("-", "−"))
    return canvas.markup()


def thin(values: Sequence[float], most: int = 240) -> list[float]:
    """At most ``most`` values: means of equal blocks."""
    size = math.ceil(len(values) / most)
    blocks = [values[at : at + size] for at in range(0, len(values), size)]
    return [sum(block) / len(block) for block in blocks]


def running_mean(values: Sequence[float]) -> list[float]:
    """Each value averaged with its neighbours, a fortieth of the curve on either side."""
    reach = len(values) // 40
    windows = (values[max(0, at - reach) : at + reach + 1] for at in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def histogram(
    series: Sequence[tuple[str, Sequence[float]]], edges: Sequence[float], x_label: str, label: str
) -> Markup:
    """Shares per bin in percent: one series as bars, several as overlaid areas. A series is
    ``(class, shares)``."""
    canvas = Canvas(WIDE, 240, label)
    top = max((share for _, shares in series for share in shares), default=0) or 1
    x, y = Scale(edges[0], edges[-1], 46, canvas.width - 12), Scale(0, top * 1.08, canvas.height - 42, 10)
    for tick in ticks(0, top * 1.08, 4):
        canvas.line("grid", 46, y(tick), canvas.width - 12, y(tick))
        canvas.text("tick", 38, y(tick) + 4, number(tick), "end")
    for tick in ticks(edges[0], edges[-1], 6):
        canvas.text("tick", x(tick), canvas.height - 24, number(tick), "middle")
    canvas.text("tick unit", canvas.width - 12, canvas.height - 6, x_label, "end")
    for kind, shares in series:
        if len(series) == 1:
            for left, right, share in zip(edges, edges[1:], shares, strict=False):
                title = f"{number(left)} to {number(right)}: {share:.1f}%"
                canvas.rect(
                    f"fill {kind}",
                    x(left) + 1.5,
                    y(share),
                    x(right) - x(left) - 3,
                    y(0) - y(share),
                    title,
                    1.5,
                )
            continue
        corners = [(x(edges[0]), y(0))]
        for left, right, share in zip(edges, edges[1:], shares, strict=False):
            corners += [(x(left), y(share)), (x(right), y(share))]
        corners.append((x(edges[-1]), y(0)))
        canvas.path(f"area {kind}", corners, close=True)
        canvas.path(f"stroke {kind}", corners)
    canvas.line("axis", 46, y(0), canvas.width - 12, y(0))
    return canvas.markup()


def share(right: int, left: int, whole: int, label: str) -> Markup:
    """A bar of all that there is: ``left`` of it, and within that ``right``."""
    canvas = Canvas(320, 14, label)
    canvas.rect("track", 0, 2, 320, 10, round_=2)
    canvas.rect("fill s5", 0, 2, 320 * left / max(whole, 1), 10, round_=2)
    canvas.rect("fill right", 0, 2, 320 * right / max(whole, 1), 10, round_=2)
    return canvas.markup()
