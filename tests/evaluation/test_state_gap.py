"""evaluation/state_gap: gaps by hand from states that are given, and a real network's."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world  # noqa: E402
from flat import flat  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.evaluation.measures import state_gap as module  # noqa: E402
from limbeck.evaluation.measures.state_gap import state_gap  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.records import Data, Problem, Trace, Verdict  # noqa: E402


def judged(outcomes: dict[str, str]) -> Data:
    """Traces by name, whose first letter is their problem's."""
    traces = [
        Trace(id=name, problem_id=name[0], answer="1", format="lines", verdicts=[Verdict("exact", outcome)])
        for name, outcome in outcomes.items()
    ]
    return Data([Problem(id=name, question="1", source="world") for name in "pqr"], traces)


STATES = {"p1": (1, 0), "p2": (3, 4), "p3": (0, 1), "q1": (1, 0), "q2": (4, 3), "q3": (-1, 0)}


@pytest.fixture
def given(monkeypatch):
    unit = {name: np.array(state) / np.hypot(*state) for name, state in STATES.items()}
    monkeypatch.setattr(module, "_states", lambda model, data, traces, *more: unit)


def test_gaps_by_hand(given, tmp_path):
    data = judged({"p1": "correct", "p2": "correct", "p3": "wrong", "q1": "correct", "q2": "wrong",
                   "q3": "wrong", "q4": "unparsed", "r1": "correct"})  # fmt: skip
    log: list[str] = []
    ctx = Context(tmp_path, report=lambda event: log.append(event["message"]))
    made = state_gap(data, model="m", ctx=ctx)
    gaps = {trace.id: trace.scores["gap"] for trace in made.data.traces}
    # p1 with p2 0.6, with the wrong p3 0; p2 with p3 0.8; q1 is alone, with q2 0.8 and with q3 -1.
    assert gaps == pytest.approx({"p1": 0.6 - 0, "p2": 0.6 - 0.8, "q1": 1 - (0.8 - 1) / 2})
    (row,) = made.results
    assert (row.metric, row.model, row.n) == ("score@gap", "m", 2)
    assert row.value == pytest.approx(((0.6 - 0.2) / 2 + 1.1) / 2), "a mean over problems"
    assert log == ["2 of 3 problems have right and wrong traces"]


def test_nothing_to_compare_is_told(given, tmp_path):
    with pytest.raises(LimbeckError, match="none of 1 problems has a right and a wrong trace"):
        state_gap(judged({"p1": "correct", "p2": "correct"}), model="m", ctx=Context(tmp_path))


def test_a_network_is_read_at_the_last_token_of_each_trace(tmp_path):
    data = judged({"p1": "correct", "p2": "wrong"})
    data.traces[1].answer = "2"
    folder = small_world.student(tmp_path / "m", data, layers=2, width=8, template="bare")
    measured = flat("evaluation/state_gap")(data, model=folder, ctx=Context(tmp_path))
    from transformers import AutoModelForCausalLM, AutoTokenizer

    network = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    last = []
    for trace in data.traces:
        turns = [{"role": "user", "content": "1"}, {"role": "assistant", "content": trace.answer}]
        ids = tokenizer.apply_chat_template(turns, return_tensors="pt", return_dict=True)["input_ids"]
        with torch.no_grad():
            last.append(network(input_ids=ids, output_hidden_states=True).hidden_states[-1][0, -1])
    expected = 1 - torch.nn.functional.cosine_similarity(*last, dim=0).item()
    assert measured.results[0].value == pytest.approx(expected, abs=1e-5)
