"""Charts: what stands beside them is inside the picture."""

from __future__ import annotations

import re

from limbeck.report import svg


def test_both_sides_of_a_contrast_can_be_told():
    assert svg.short_sides("redi − sft", 31) == "redi − sft"
    assert svg.short_sides("a" * 40 + " − sft", 31) == "a" * 24 + "… − sft"
    assert svg.short_sides("sft − " + "b" * 40, 31) == "sft − " + "b" * 24 + "…"
    assert svg.short_sides("a" * 40 + " − " + "b" * 40, 31) == "a" * 13 + "… − " + "b" * 13 + "…"


def test_a_contrasts_name_begins_inside_the_picture():
    """The name ends at x and takes about 7 pixels a character."""
    names = ["gpt-4o-mini-2024-07-18 − Mistral-Nemo-Instruct-2407", "deepseek-chat − gemma-2-2b-it"]
    picture = str(svg.forest([(name, 5.0, 1.0, 9.0, "holds") for name in names], "differences"))
    written = re.findall(r'class="name"[^>]*? x="([\d.]+)"[^>]*>([^<]*)<', picture)
    assert len(written) == 2, picture
    assert all(float(x) >= 7 * len(text) for x, text in written)
