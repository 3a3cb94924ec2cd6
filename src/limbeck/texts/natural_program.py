"""Natural Program: numbered premises, and numbered steps that say which statements they follow from."""

from __future__ import annotations

import re

from msgspec import Struct

_LABEL = re.compile(r"(?m)^[ \t]*#[ \t]*(\d{1,4})[ \t]*[.:)]?[ \t]*")
_CITED = re.compile(r"\((?:by|from)\b([^()\n]*)\)", re.I)

_PARAGRAPH = re.compile(r"\n[ \t]*\n")


class Statement(Struct, frozen=True):
    """``#5. (by #1 #2) text``; ``cites`` is None for a premise. It stands in the text from ``start`` to
    ``end``."""

    number: int
    cites: tuple[int, ...] | None
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"#{self.number}. {self.text}"


def statements(text: str) -> list[Statement]:
    """All numbered statements of a text, in order (Ling et al., arXiv 2306.03872, section 4).

    A citation may stand in front of a statement or behind it. What comes before the first label is left out.
    A statement without a citation is a premise as long as no step precedes it, and a step that cites nothing
    after that.
    """
    labels = list(_LABEL.finditer(text))
    ends = [*(label.start() for label in labels[1:]), len(text)][: len(labels)]
    numbered: list[Statement] = []
    stepping = False
    for label, end in zip(labels, ends, strict=True):
        body = text[label.end() : end]
        cited = _CITED.search(body)
        stepping = stepping or cited is not None
        cites = tuple(int(number) for number in re.findall(r"\d{1,4}", cited[1])) if cited else ()
        # What stands between the premises and the first step belongs to neither; a worked step may have blank
        # lines.
        kept = body[: cited.start()] + body[cited.end() :] if cited else _PARAGRAPH.split(body)[0]
        numbered.append(
            Statement(int(label[1]), cites if stepping else None, " ".join(kept.split()), label.start(), end)
        )
    return numbered
