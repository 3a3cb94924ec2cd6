"""Points over two axes: accuracy against tokens, rightness against confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from limbeck.report.svg import WIDE, Canvas, Scale, number, short, ticks

HEIGHT, LEFT, RIGHT, BASE = 300, 52, 24, 44


class Point(NamedTuple):
    """Where an arm stands, with the interval of its height; ``kind`` is a class of the style sheet. The name
    stands beside it, or ``below``."""

    name: str
    x: float
    y: float
    low: float
    high: float
    kind: str
    below: bool = False


def scatter(
    points: Sequence[Point],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    x_label: str,
    label: str,
    line: Sequence[tuple[float, float]] = (),
    named: bool = True,
) -> Markup:
    """Points with their intervals, and a line through the plane: a frontier, or where they should be."""
    canvas = Canvas(WIDE, HEIGHT, label)
    x = Scale(*x_range, LEFT, canvas.width - RIGHT)
    y = Scale(*y_range, canvas.height - BASE, 10)
    for tick in ticks(*y_range, 5):
        canvas.line("grid", LEFT, y(tick), canvas.width - RIGHT, y(tick))
        canvas.text("tick", LEFT - 8, y(tick) + 4, number(tick), "end")
    for tick in ticks(*x_range, 6):
        canvas.text("tick", x(tick), canvas.height - BASE + 18, number(tick), "middle")
    canvas.text("tick unit", canvas.width - RIGHT, canvas.height - 6, x_label, "end")
    canvas.path("stroke plain", [(x(a), y(b)) for a, b in line])
    for point in points:
        canvas.line("whisker", x(point.x), y(point.low), x(point.x), y(point.high))
        title = f"{point.name}: {point.y:.1f} at {point.x:.3g}"
        canvas.add("circle", f"dot {point.kind}", title=title, cx=x(point.x), cy=y(point.y), r=4.5)
        if named and point.below:
            canvas.text("tick", x(point.x), y(point.y) + 18, short(point.name, 28), "middle")
        elif named:
            over = x(point.x) > canvas.width / 2  # a name on the right edge would run out of the picture
            side = -9 if over else 9
            anchor = "end" if over else "start"
            canvas.text("name", x(point.x) + side, y(point.y) + 4, short(point.name, 28), anchor)
    return canvas.markup()


def span(values: Sequence[float]) -> tuple[float, float]:
    """A range with room around the values."""
    low, high = min(values), max(values)
    pad = 0.12 * (high - low) or 0.1 * abs(high) or 1.0
    return low - pad, high + pad
