"""A run whose student lies elsewhere by now goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
from small_world import train

from limbeck.training.loop import Loop


@pytest.mark.parametrize("how", ["spelled otherwise", "a link", "moved"])
def test_a_student_is_known_by_its_content_and_not_by_its_path(how, tmp_path, monkeypatch):
    before, whole = Path(small_world.student(tmp_path / "here")), Loop._step
    after = {"spelled otherwise": tmp_path / "here/../here/model", "a link": tmp_path / "link"}.get(how)

    def killed(loop: Loop, number: int):
        if number == 4:
            raise KeyboardInterrupt
        return whole(loop, number)

    monkeypatch.setattr(Loop, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", str(before), steps=6, save_every=2)
    monkeypatch.setattr(Loop, "_step", whole)
    if how == "a link":
        (tmp_path / "link").symlink_to(before)
    told: list[str] = []
    train(tmp_path / "run", str(after or before.rename(tmp_path / "base")), steps=6, save_every=2, log=told)
    assert "continues after step 4" in told
