"""claims/when-negatives-teach: the page is what the kept numbers say."""

from __future__ import annotations

import importlib
import json

import pytest
from paths import REPO


@pytest.fixture
def written(monkeypatch):
    """The script that writes the page."""
    monkeypatch.syspath_prepend(REPO / "bench")
    return importlib.import_module("when_negatives_teach_page")


def contrast(low: float, high: float, t_low: float, t_high: float) -> dict[str, float]:
    return {"low": low, "high": high, "t_low": t_low, "t_high": t_high, "diff": (low + high) / 2}


def test_page_and_picture_are_what_the_script_writes(written):
    results = json.loads(written.RESULTS.read_text(encoding="utf-8"))
    page = written.CLAIMS / f"{written.RECIPE}.md"
    assert page.read_text(encoding="utf-8") == written.page(results)
    assert page.with_suffix(".svg").read_text(encoding="utf-8") == written.picture(results["cells"])


def test_a_difference_is_decided_by_both_intervals(written):
    assert written.decided(contrast(0.01, 0.05, 0.02, 0.04)) == "first"
    assert written.decided(contrast(0.01, 0.05, -0.01, 0.07)) == "open"
    assert written.decided(contrast(-0.05, -0.01, -0.09, -0.01)) == "second"


def test_predictions_are_held_against_what_came_out(written, monkeypatch):
    monkeypatch.setitem(written.PREDICTED, "cell", "<≈>")
    clear, small, open_ = (
        contrast(0.04, 0.08, 0.04, 0.08), contrast(0.01, 0.03, 0.01, 0.03), contrast(-0.2, 0.1, -0.3, 0.2)
    )  # fmt: skip
    assert written.held("cell", {"contrasts": [clear, small, small]}) == [False, True, True]
    assert written.held("cell", {"contrasts": [open_, clear, open_]}) == [False, False, False]
    assert written.held("another", {"contrasts": [clear, clear, clear]}) == []
