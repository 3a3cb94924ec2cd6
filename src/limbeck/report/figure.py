"""A chart with its title and legend, as the page shows it and as a picture that stands by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from limbeck.report import svg
from limbeck.report.visible import visible

HERE = Path(__file__).parent
FONT = '"Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif'


@dataclass
class Figure:
    """A chart. ``name`` is its file's, ``note`` says unit and interval, ``legend`` is ``(class, text)``."""

    name: str
    title: str
    picture: Markup
    note: str = ""
    legend: tuple[tuple[str, str], ...] = ()

    def standalone(self) -> str:
        """The chart as an SVG file: with title and legend, in the page's light colours, on white."""
        width, height = (int(n) for n in re.findall(r'width="(\d+)" height="(\d+)"', self.picture)[0])
        canvas = svg.Canvas(width, height)
        canvas.text("title", 8, 20, svg.short(visible(self.title, 200), width // 8))
        top = 30
        if self.note:
            canvas.text("tick", 8, 36, svg.short(visible(self.note, 200), width // 6))
            top = 46
        left = 8.0
        for kind, text in self.legend:
            wide = 30 + 6.2 * len(text)
            if left > 8 and left + wide > width:
                left, top = 8.0, top + 18
            canvas.rect(f"key {kind}", left, top, 10, 10, round_=2)
            canvas.text("tick", left + 15, top + 9, text)
            left += wide
        top += 18 if self.legend else 0
        whole = height + top
        head = Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
        ).format(w=width, h=whole)
        sheet = Markup("<title>{}</title><style>{}</style>").format(visible(self.title), Markup(style()))
        ground = Markup('<rect width="100%" height="100%" fill="#ffffff"/>')
        chart = Markup(str(self.picture).replace("<svg ", f'<svg y="{top}" ', 1))
        return str(head + sheet + ground + Markup("").join(canvas.parts) + chart + Markup("</svg>\n"))


def style() -> str:
    """The charts' style sheet with its colours written out: programs that draw SVG know no CSS variables."""
    light = (HERE / "page.css").read_text(encoding="utf-8").partition("}")[0]
    colours = dict(re.findall(r"--([\w-]+): (#\w+);", light))
    rules = (HERE / "charts.css").read_text(encoding="utf-8")
    rules = re.sub(r"var\(--([\w-]+)\)", lambda match: colours[match.group(1)], rules)
    return f"{rules}svg {{ font-family: {FONT}; }}\ntext.title {{ font-size: 14px; font-weight: 600; }}\n"


def slug(text: str) -> str:
    """A text as part of a file's name: ``pass@1 on haste/hard`` is ``pass-at-1-on-haste-hard``."""
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", text.replace("@", "-at-")).strip("-.")[:80] or "unnamed"


def name_apart(figures: list[Figure]) -> None:
    """Give figures of one name a number: each is a file, on disks too that know no small letters."""
    taken: set[str] = set()
    for figure in figures:
        name, count = figure.name, 1
        while figure.name.lower() in taken:
            count += 1
            figure.name = f"{name}-{count}"
        taken.add(figure.name.lower())
