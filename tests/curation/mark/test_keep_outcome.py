"""curation/keep_outcome: traces of one outcome are all that is left to learn from."""

from __future__ import annotations

import small_world

from limbeck.curation.mark.keep_outcome import keep_outcome


def test_only_one_outcome_is_left_to_learn_from():
    data = small_world.judged()
    data.traces[1].marks = ["wrong", "truncated"]
    found = keep_outcome(data)
    assert {trace.outcome for trace in found.kept()} == {"wrong"}
    assert len(found.kept()) == 11
    assert found.traces[0].marks == ["other_outcome"]
    assert found.traces[1].marks == ["wrong", "truncated", "other_outcome"]
    assert len(keep_outcome(small_world.judged(), outcome="correct").kept()) == 12
