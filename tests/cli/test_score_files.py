"""``limbeck score`` of files as other tools write them: pairing, verdicts, votes, writers, what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from limbeck.cli import app
from limbeck.errors import LimbeckError

A = {"1+1?": ("2", ["2", "2", "3", "4"]), "2+2?": ("4", ["5", "5", "6", "5"]), "3+3?": ("6", ["6"] * 4)}
B = {"2+2?": ("4", ["4", "4", "5", "4"]), "1+1?": ("2", ["2", "1"]), "4+4?": ("8", ["8", "8"])}
Spec = dict[str, tuple[str, list[str]]]


def samples(spec: Spec, **more: Any) -> list[dict[str, Any]]:
    """A row per sample."""
    return [
        {"question": question, "answer": answer, "response": text, **more}
        for question, (answer, texts) in spec.items() for text in texts
    ]  # fmt: skip


def labelled(spec: Spec) -> list[dict[str, Any]]:
    """A row per sample with its label and without a reference."""
    return [
        {
            "question": row["question"],
            "response": row["response"],
            "correct": row["response"] == row["answer"],
        }
        for row in samples(spec)
    ]


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def score(*words: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["score", *words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    whole: dict[str, Any] = json.loads(result.stdout)
    return whole


def values(whole: dict[str, Any]) -> dict[tuple[str, str], float]:
    return {(row["model"], row["metric"]): row["value"] for row in whole["results"]}


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A sample a row, and all samples of a problem in a row with other names, in another order."""
    lists = [{"problem": q, "gold": gold, "completions": texts} for q, (gold, texts) in B.items()]
    return write(tmp_path / "a.jsonl", samples(A)), write(tmp_path / "b.jsonl", lists)


def test_numbers_of_files_in_any_order_with_any_number_of_samples(files):
    whole = score(*files, "--k", "2", "--k", "4")
    value = values(whole)
    assert value["a", "pass@1"] == pytest.approx((2 / 4 + 0 + 1) / 3)
    assert value["a", "pass@2"] == pytest.approx((1 - 1 / 6 + 0 + 1) / 3)
    assert value["a", "maj@4"] == pytest.approx((1 + 0 + 1) / 3)
    assert value["b", "pass@1"] == pytest.approx((3 / 4 + 1 / 2 + 1) / 3)
    assert value["b", "pass@2"] == pytest.approx((1 + 1 + 1) / 3)
    assert value["b", "pass@4"] == 1, "of 2+2? alone"
    assert "b: pass@4: 2 of 3 problems have fewer samples" in " ".join(whole["notes"])
    assert [(arm["problems"], arm["samples"], arm["judged"]) for arm in whole["arms"]] == [
        (3, 12, 12),
        (3, 8, 8),
    ]


def test_pairs_are_of_common_problems_and_their_number_is_told(files):
    whole = score(*files)
    pair = next(each for each in whole["comparisons"] if each["metric"] == "pass@1")
    assert (pair["better"], pair["than"], pair["problems"]) == ("b", "a", 2)
    assert (pair["value"], pair["other"]) == (
        pytest.approx((3 / 4 + 1 / 2) / 2),
        pytest.approx((0 + 1 / 2) / 2),
    )
    told = " ".join(whole["notes"])
    assert "2 problems in common, 1 only in b, 1 only in a" in told
    assert "2 problems are too few" in told
    turned = score(*files, "--compare", "a", "b")["comparisons"][0]
    assert turned["diff"] == pytest.approx(-pair["diff"])


def test_verdicts_of_rows_count_until_all_are_judged_again(tmp_path):
    path = write(tmp_path / "x.jsonl", samples(A, correct=True))
    assert values(score(path))["x", "pass@1"] == 1
    again = score(path, "--again")
    assert values(again)["x", "pass@1"] == pytest.approx(0.5)
    assert (again["arms"][0]["kept"], again["arms"][0]["judged"]) == (0, 12)


def test_wrong_samples_vote_by_what_the_verifier_reads_or_there_is_no_majority(tmp_path):
    rows = [{**row, "correct": row["response"] == row["answer"]} for row in samples(A)]
    with_reference = score(write(tmp_path / "x.jsonl", rows), "--k", "3")
    # Of the four threes of 2, 2, 3, 4 two hold both twos, and in the other two all three differ.
    assert values(with_reference)["x", "maj@3"] == pytest.approx((2 / 4 + 2 / 4 / 3 + 0 + 1) / 3)
    assert with_reference["arms"][0]["kept"] == 12
    without = score(write(tmp_path / "y.jsonl", labelled(A)), "--k", "3")
    assert ("y", "pass@3") in values(without)
    assert ("y", "maj@3") not in values(without)
    assert "6 wrong samples do not say their answer" in " ".join(without["notes"])


def test_writers_of_one_file_are_arms(tmp_path):
    many = {f"{i}+0?": (str(i), [str(i)]) for i in range(40)}
    bad = {question: (answer, ["-1"]) for question, (answer, _) in many.items()}
    path = write(tmp_path / "x.jsonl", [*samples(many, model="org/good"), *samples(bad, model="bad")])
    whole = score(path, "--compare", "org/good", "bad")
    assert [each["verdict"] for each in whole["comparisons"]] == ["holds"]
    assert score(path, "--compare", "bad", "org/good")["comparisons"][0]["verdict"] == "reversed"
    with pytest.raises(LimbeckError, match="unknown arm 'org/god' in --compare; did you mean 'org/good'"):
        score(path, "--compare", "org/god", "bad")


def test_the_same_questions_under_other_ids_are_paired(tmp_path):
    rows = [{**row, "problem_id": f"q-{row['question']}"} for row in samples(A)]
    whole = score(write(tmp_path / "x.jsonl", rows), write(tmp_path / "y.jsonl", samples(A)))
    assert {(each["problems"], each["diff"]) for each in whole["comparisons"]} == {(3, 0)}


def test_what_was_cut_off_is_not_right_and_is_counted(tmp_path):
    rows = samples({"1+1?": ("2", ["2", "3", "3", "I would rather not."])})
    rows[1]["finish_reason"] = "length"
    value = values(score(write(tmp_path / "x.jsonl", rows)))
    assert (value["x", "pass@1"], value["x", "truncated"], value["x", "unparsed"]) == (0.25, 0.25, 0.25)


def test_only_the_first_problems_of_all_files(files):
    whole = score(*files, "--limit", "2")
    assert [arm["problems"] for arm in whole["arms"]] == [2, 2]
    assert values(whole)["b", "pass@1"] == pytest.approx((3 / 4 + 1 / 2) / 2)


def test_what_is_kept_is_a_run_and_counts_the_same(files, tmp_path):
    out = tmp_path / "kept"
    whole = score(*files, "--out", str(out))
    assert (out / "report.html").is_file()
    assert "training seed" not in (out / "report.html").read_text(encoding="utf-8"), "nothing was trained"
    page = json.loads((out / "run.json").read_text())
    assert [row["stage"] for row in page["results"] if row["metric"] == "pass@1"] == ["scores@a", "scores@b"]
    again = score(*[str(out / stage["dir"]) for stage in page["stages"]])
    assert values(again) == values(whole)
    assert [arm["judged"] for arm in again["arms"]] == [0, 0]
    with pytest.raises(LimbeckError, match="is there already; --overwrite"):
        score(*files, "--out", str(out))


def test_mistakes_are_named(files, tmp_path):
    bare = write(tmp_path / "bare.jsonl", [{"question": "1+1?", "response": "2"}])
    with pytest.raises(LimbeckError, match="not one of 1 samples could be judged by math: no reference"):
        score(bare)
    with pytest.raises(LimbeckError, match="pass@9 needs 9 samples of a problem; no problem has more than 4"):
        score(*files, "--k", "9")
    with pytest.raises(LimbeckError, match="'a' comes twice"):
        score(files[0], files[0])
    questions = write(tmp_path / "q.jsonl", [{"question": "1+1?", "answer": "2"}])
    with pytest.raises(LimbeckError, match="holds 1 problems and no samples"):
        score(questions)
