"""The loss on held-out problems is drawn beside the training loss, where a run has one."""

from __future__ import annotations

from pathlib import Path

from limbeck.report.figures import loss_panels
from limbeck.report.reading import Curve, Run


def test_both_losses_share_a_panel():
    steps = {"step": [1, 2, 3, 4], "loss": [4.0, 3.0, 2.0, 1.0]}
    curves = [Curve("plain", steps), Curve("watched", {**steps, "val_loss": [None, 3.5, None, 2.5]})]
    run = Run(Path("."), {})
    run.curves = curves
    alone, both = loss_panels(run)
    assert str(alone.picture).count("stroke raw") == 1
    assert str(both.picture).count("stroke raw") == 2
    assert ">2.50<" in both.picture
    assert (alone.legend, len(both.legend)) == ((), 2)
