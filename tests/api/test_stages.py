"""What a recipe's stages do, called from Python."""

from __future__ import annotations

import api_cases
import pytest

import limbeck as lb
from limbeck.models.scripted import Scripted

RIGHT = {
    "use": "models/scripted",
    "replies": {f"What is 0 + {b}?": f"<think>so</think>{b}" for b in range(4)},
}
ALWAYS_1 = {"use": "models/scripted", "replies": {"*": "<think>so</think>1"}}


@pytest.fixture
def data() -> lb.Data:
    return lb.from_dataset(api_cases.rows(4))


@pytest.fixture
def judged(data) -> lb.Data:
    return lb.verify(data, "math")


def outcomes(data: lb.Data) -> list[str]:
    return [trace.outcome for trace in data.traces]


def test_traces_are_judged_and_the_given_ones_left_alone(data):
    judged = lb.verify(data, "math")
    assert outcomes(judged) == ["correct", "wrong"] * 4
    assert outcomes(data) == ["unknown"] * 8


def test_a_verifier_is_a_name_a_mapping_a_method_or_a_function(data):
    for verifier in ("math", {"math": {"timeout": 3}}, lb.method("verifiers/math", timeout=3)):
        assert outcomes(lb.verify(data, verifier)) == ["correct", "wrong"] * 4

    def zero(problem: lb.Problem, trace: lb.Trace) -> lb.Verdict:
        return lb.Verdict("zero", "correct" if trace.answer == "\\boxed{0}" else "wrong")

    assert outcomes(lb.verify(data, zero)) == ["correct"] + ["wrong"] * 7
    with pytest.raises(lb.LimbeckError, match="a function has none"):
        lb.verify(data, zero, timeout=3)


def test_curations_follow_each_other_and_mark(judged):
    kept = lb.curate(judged, "reject", {"where": {"field": "split", "keep": ["train"]}})
    assert [trace.marks for trace in kept.traces] == [[], ["wrong"]] * 4
    assert [problem.marks for problem in kept.problems] == [["split"], [], [], []]
    assert all(not trace.marks for trace in judged.traces)
    assert all(not problem.marks for problem in judged.problems)


def test_several_sets_are_mixed_by_shares(judged):
    right, wrong = lb.curate(judged, "reject"), lb.curate(judged, "keep_outcome", outcome="wrong")
    mixed = lb.curate(right, "mix", failing=wrong, shares=[3, 1], n=4)
    assert sorted(trace.outcome for trace in mixed.kept()) == ["correct"] * 3 + ["wrong"]
    assert len(mixed.traces) == len(judged.traces)
    with pytest.raises(lb.LimbeckError, match="3 of them for 2 data sets"):
        lb.curate(right, "mix", failing=wrong, shares=[3, 1, 1])


def test_settings_and_further_data_go_to_the_only_method(judged):
    taken = lb.curate(judged, "decontaminate", against=judged, n=3)
    assert [problem.marks for problem in taken.problems] == [["contaminated"]] * 4
    with pytest.raises(lb.LimbeckError, match=r"decontaminate takes data and against, got data$"):
        lb.curate(judged, "decontaminate")
    with pytest.raises(lb.LimbeckError, match="'field' could be any method's"):
        lb.curate(judged, "reject", "where", field="split")
    with pytest.raises(lb.LimbeckError, match="returned a NoneType, no Data"):
        lb.curate(judged, lambda data: None)
    assert lb.curate(judged, lambda data: lb.Data()) == lb.Data()


def test_curations_of_the_whole_set_work_too(judged):
    assert {it.id for it in lb.curate(judged, "shuffle").problems} == {it.id for it in judged.problems}


def test_pairs_are_of_a_right_and_a_wrong_trace(judged):
    paired = lb.pair(lb.curate(judged, "reject"), per_problem=1)
    ids = [trace.id for trace in judged.traces]
    assert [(pair.chosen, pair.rejected) for pair in paired.pairs] == list(
        zip(ids[::2], ids[1::2], strict=True)
    )
    assert judged.pairs == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda data: lb.verify(data, "mth"), "unknown method in verifiers/ 'mth'.*did you mean 'math'"),
        (lambda data: lb.verify(data, "math", timout=1), "no parameter 'timout'; did you mean 'timeout'"),
        (lambda data: lb.pair(data, per_problem="many"), "parameter 'per_problem' is a int, got 'many'"),
        (lambda data: lb.sample(data, model={"use": "models/openia"}), "did you mean 'openai'"),
        (lambda data: lb.sample(data, model="./nowhere"), "no model folder at ./nowhere"),
        (lambda data: lb.load_problems("gsm8k", path="none.jsonl"), "no file at none.jsonl"),
        (lambda data: lb.apply("teachers/score", data, model="m"), "say where it is to lie: out=FOLDER"),
        (lambda data: lb.apply("problems/slips", data), "problems/slips takes no data, got"),
        (lambda data: lb.evaluate(data, model=ALWAYS_1, verifier=None), "needs 'verifier'"),
        (
            lambda data: lb.evaluate(data, model=ALWAYS_1, metrics=["mean_token"]),
            "did you mean 'mean_tokens'",
        ),
    ],
)
def test_mistakes_are_told_as_in_recipes(data, wrong, message):
    with pytest.raises(lb.LimbeckError, match=message):
        wrong(data)


def test_models_write_traces_whoever_they_are(data):
    problems = lb.Data(data.problems)
    for model in (RIGHT, Scripted(RIGHT["replies"])):
        made = lb.sample(problems, model=model, k=2)
        assert [trace.answer for trace in made.traces] == ["0", "0", "1", "1", "2", "2", "3", "3"]
        assert {trace.model for trace in made.traces} == {"scripted"}
    assert problems.traces == []


def test_evaluations_are_compared_problem_by_problem(data):
    before = lb.evaluate(data, model=ALWAYS_1, n=2)
    after = lb.evaluate(data, model=RIGHT, n=2, metrics=["maj@2"])
    assert [row.value for row in before.results if row.metric == "pass@1"] == [0.0, 1 / 3]
    assert {row.value for row in after.results if row.metric in ("pass@1", "maj@2")} == {1.0}
    compared = lb.compare(before, after, benchmark="train")
    assert (compared.other, compared.value, compared.problems) == (1 / 3, 1.0, 3)
    assert (compared.better, compared.than) == ("after", "before")
    assert str(compared).startswith("pass@1 on train: after 100.0, before 33.3; difference +66.7 [")
    assert lb.compare([before] * 2, [after] * 2, names=("a", "b"), benchmark="train").seeds == 2


def test_any_method_of_a_room_can_be_applied():
    data = lb.apply("problems/slips", n=3)
    assert data == lb.load_problems("slips", n=3)
    assert len(data.problems) == 3


def test_a_method_of_ones_own_is_there(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf = tmp_path / "limbeck_methods" / "curation"
    shelf.mkdir(parents=True)
    text = "from limbeck.records import Data\n\ndef shout(data: Data, *, times: int = 1) -> Data:\n"
    text += '    """Shout."""\n    for problem in data.problems:\n        problem.marks += ["loud"] * times\n'
    (shelf / "shout.py").write_text(f"{text}    return data\n")
    assert lb.curate(data, "shout", times=2).problems[0].marks == ["loud", "loud"]
    with pytest.raises(lb.LimbeckError, match="did you mean 'times'"):
        lb.curate(data, "shout", time=2)
