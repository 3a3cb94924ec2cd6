"""The command line, as a user types it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from limbeck.cli import app, claim_words
from limbeck.errors import LimbeckError
from limbeck.pipeline import metrics
from limbeck.reproduction import claims
from limbeck.shapes import WRITERS

ROWS = [
    {"question": "6*3?", "answer": "18", "response": r"So \boxed{18}."},
    {"question": "6*3?", "answer": "18", "response": r"So \boxed{17}."},
    {"question": "6*3?", "answer": "18", "response": "I would rather not."},
]


def limbeck(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def jsonl(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_help_says_what_arguments_and_options_are():
    said = limbeck("verify", "--help")
    assert "Rows with a reference" in said
    assert "The file to write" in said


def test_verify_adds_its_columns(tmp_path):
    said = limbeck("verify", str(jsonl(tmp_path / "in.jsonl", ROWS)), "--out", str(tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["correct"] for row in rows] == [True, False, None]
    assert [row["extracted"] for row in rows][:2] == ["18", "17"]
    assert all(row["reason"] for row in rows)
    assert "3 rows: 1 correct, 1 wrong, 1 unparsed" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"anwser": "18", "response": "18"}\n', "answer.*anwser"),
        (b"", "empty|no row"),
        (b"\xff\xfe\x00\x01\n", "row 1.*none could"),
    ],
)
def test_bad_files_are_one_clear_error(tmp_path, content, message):
    (tmp_path / "in.jsonl").write_bytes(content)
    with pytest.raises(LimbeckError, match=message):
        limbeck("verify", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"))
    assert not (tmp_path / "out.jsonl").exists()


def test_one_broken_line_does_not_stop_the_rest(tmp_path):
    path = jsonl(tmp_path / "in.jsonl", ROWS)
    path.write_text('{"answer": "18", "resp\n' + path.read_text())
    limbeck("verify", str(path), "--out", str(tmp_path / "out.jsonl"))
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3


def test_export_help_names_every_shape():
    said = limbeck("export", "--help")
    assert all(f"{shape} " in said or f"{shape}," in said for shape in WRITERS)


def test_import_then_export_goes_round(tmp_path):
    rows = [{"prompt": "2+2?", "chosen": "It is 4.", "rejected": "It is 5."}]
    said = limbeck("import", str(jsonl(tmp_path / "in.jsonl", rows)), "--out", str(tmp_path / "data"))
    assert "1 problems, 2 traces, 1 pairs" in said
    limbeck("export", str(tmp_path / "data"), "--out", str(tmp_path / "out.jsonl"), "--shape", "preference")
    back = json.loads((tmp_path / "out.jsonl").read_text())
    assert [back[side][-1]["content"] for side in ("chosen", "rejected")] == ["It is 4.", "It is 5."]
    with pytest.raises(LimbeckError, match="is there already; --overwrite"):
        limbeck("import", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "data"))


def test_a_dry_run_says_what_would_run_and_runs_nothing(tmp_path):
    said = limbeck("run", "redi", "--out", str(tmp_path / "out"), "--dry-run")
    assert "will run" in said
    assert "16,000" in said, "2,000 problems, 8 samples each"
    assert not (tmp_path / "out").exists()


def test_wrong_names_are_answered_with_the_nearest_right_one():
    for words, message in [
        (["show", "reedi"], "did you mean 'redi'"),
        (["list", "curatoin"], "did you mean 'curation'"),
        (["run", "redy"], "did you mean 'redi'"),
        (["new", "curation", "Bad-Name"], "lower-case Python identifier"),
        (["claim", "haste-models"], "states no claim"),
        (["papers", "--standing", "hold"], "did you mean 'holds'"),
    ]:
        with pytest.raises(LimbeckError, match=message):
            limbeck(*words)


def test_show_prints_parameters_and_the_catalogue_counts():
    assert "alpha" in limbeck("show", "objectives/redi")
    judge = limbeck("show", "verifiers/judge")
    assert "share: of all ``votes``" in judge, "what a struct of settings says of its fields is shown too"
    assert "194 papers" in limbeck("papers")


def test_a_claim_is_the_weakest_of_its_central_comparisons():
    assert claims.standing(["holds", "holds"]) == "holds"
    assert claims.standing(["holds", "not shown"]) == "not shown"
    assert claims.standing(["not shown", "reversed"]) == "reversed"
    assert claims.standing(["holds", "not shown", "reversed"]) == "mixed"
    with pytest.raises(LimbeckError, match="no field 'bettter'; did you mean 'better'"):
        claims.check({"bettter": "a", "than": ["b"]}, "x")


def test_all_mistakes_of_a_claim_are_told_at_once():
    wrong = {"bettter": "a", "metric": "mean_token", "and": [{"metric": "items_at:placs=rare"}]}
    with pytest.raises(LimbeckError) as caught:
        claims.check(wrong, "x")
    lines = str(caught.value).splitlines()
    for word in ("'bettter'", "needs 'better'", "needs 'than'", "'mean_token'", "'placs'"):
        assert sum(word in line for line in lines) == 1, word
    assert len(lines) == 5


def test_a_claims_metric_may_be_spelt_as_on_the_command_line():
    assert metrics.read("items_at:places=rare").label == metrics.read("items@rare").label
    with pytest.raises(LimbeckError, match=r"x: metric: write parameters as items_at:key=value"):
        metrics.read("items_at:places", "x")


def test_a_claim_runs_over_seeds_and_is_saved(tmp_path):
    command = [
        "claim",
        "redi",
        "--scale",
        "smoke",
        "--seeds",
        "2",
        "--jobs",
        "1",
        "--out",
        str(tmp_path / "out"),
    ]
    said = limbeck(*command, "--save", str(tmp_path / "claims"))
    page = json.loads((tmp_path / "claims/redi-smoke.json").read_text())
    limbeck(*command, "--save", str(tmp_path / "again"))
    again = json.loads((tmp_path / "again/redi-smoke.json").read_text())
    assert again["seconds"] == page["seconds"] > 0, "what was made before costs what it cost then"
    assert page["standing"] in ("holds", "mixed", "not shown", "reversed")
    assert page["claim"][0]["seeds"] == 2
    assert f"claim redi: {page['standing']} over 2 seeds" in said
    assert page["standing"] in (tmp_path / "claims/redi-smoke.md").read_text()
    overview = (tmp_path / "claims/README.md").read_text()
    assert "1 claim: " in overview
    assert (
        f"| [redi-smoke](redi-smoke.md) | {page['standing']} | **redi_08 − sft_longer** | pass@1, T=0.6 |"
        in overview
    )


def test_a_claim_over_two_evaluations_says_which(tmp_path):
    c = {
        "better": "a", "than": "b", "metric": "pass@1", "benchmark": "x", "temperature": 0.6, "value": 0.5,
        "other": 0.4, "diff": 0.1, "low": 0.0, "high": 0.2, "p": 0.1, "p_holm": None, "verdict": "holds",
        "problems": 9, "by": 0.0, "t_low": None, "t_high": None, "fewer": False, "unit": "share",
        "detectable": None, "central": True, "paper": None, "explained": "", "per_seed": [0.1],
    }  # fmt: skip
    page = {
        "recipe": "r", "says": "", "standing": "holds", "seeds": 1, "scale": "smoke", "date": "",
        "seconds": 1,
        "machine": "", "versions": {}, "settings": [], "claim": [{**c, "scores": "unique"}, c], "also": [],
    }  # fmt: skip
    assert "| pass@1, unique | x |" in claim_words.markdown(page)
    assert "| pass@1 | x |" in claim_words.markdown(page)
    (tmp_path / "r.json").write_text(json.dumps(page))
    assert "| pass@1, unique, T=0.6 |" in claim_words.overview(tmp_path)


def test_a_run_that_needed_algebra_ends(tmp_path):
    rows = [
        {"prompt": "x?", "completion": f"It is \\boxed{{{form}}}"}
        for form in (r"\frac{\sqrt{8}}{2}", r"\sqrt{2}", "3")
    ]
    jsonl(tmp_path / "mine.jsonl", [{**row, "answer": r"$\sqrt{2}$"} for row in rows])
    (tmp_path / "mine.yaml").write_text(
        "title: Mine\nstages:\n"
        "  traces: {use: problems/rows, path: mine.jsonl, question: prompt, response: completion, format: "
        "plain}\n"
        "  verdicts: {use: verifiers/math, from: traces}\n"
    )
    command = [
        sys.executable,
        "-m",
        "limbeck",
        "run",
        str(tmp_path / "mine.yaml"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run([*command, "--jobs", "2"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    page = json.loads((tmp_path / "out/run.json").read_text())
    assert page["stages"][1]["counts"]["outcomes"] == {"correct": 2, "wrong": 1}


def test_own_traces_go_through_a_recipe(tmp_path):
    rows = [
        {"prompt": f"{i}+1?", "chosen": f"It makes {i + 1}. Answer: {i + 1}", "rejected": f"Answer: {i}"}
        for i in range(4)
    ]
    jsonl(tmp_path / "mine.jsonl", rows)
    (tmp_path / "mine.yaml").write_text(
        "title: Mine\nstages:\n"
        "  traces: {use: problems/imported, path: mine.jsonl}\n"
        "  pairs: {use: curation/pairs, from: traces}\n"
    )
    limbeck("run", str(tmp_path / "mine.yaml"), "--out", str(tmp_path / "out"), "--jobs", "1")
    page = json.loads((tmp_path / "out/run.json").read_text())
    assert page["stages"][0]["counts"]["outcomes"] == {"correct": 4, "wrong": 4}
    assert page["stages"][1]["counts"]["kept_pairs"] >= 4
    assert (tmp_path / "out/report.html").exists()


def test_a_claims_contrasts_take_from_it_what_they_do_not_say():
    spec = claims.check(
        {
            "better": "a", "than": ["b", "c"], "temperature": 1,
            "and": [{"than": "b", "metric": "mean_tokens", "fewer": True, "by": "40%"}],
            "also": [{"better": "c", "than": "b"}],
        },
        "x",
    )  # fmt: skip
    assert [(one["better"], one["than"], one["metric"]) for one in spec["main"]] == [
        ("a", "b", "pass@1"), ("a", "c", "pass@1"), ("a", "b", "mean_tokens"),
    ]  # fmt: skip
    assert spec["main"][2]["temperature"] == 1
    assert [(one["better"], one["fewer"]) for one in spec["also"]] == [("c", False)]
    with pytest.raises(LimbeckError, match="a contrast has no field 'betterr'"):
        claims.check({"better": "a", "than": "b", "and": [{"betterr": "c"}]}, "x")
    with pytest.raises(
        LimbeckError, match="unknown metric 'mean_token' in recipe 'x': claim; did you mean 'mean_tokens'"
    ):
        claims.check({"better": "a", "than": "b", "also": [{"metric": "mean_token"}]}, "x")


def test_eval_names_the_model_and_shows_every_measure(tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="sampling needs the extra [train]")
    monkeypatch.chdir(tmp_path)
    said = limbeck(
        "eval", "asset:haste/teacher", "--benchmark", "haste:n=4,split=test", "--verifier", "exact", "--n",
        "2",
        "--format", "lines", "--max-tokens", "48", "--seed", "3",
    )  # fmt: skip
    for metric in ("pass@1", "pass@2", "maj@2", "mean_tokens", "truncated", "unparsed"):
        assert metric in said
    assert "teacher" in said
    assert (tmp_path / "runs/eval-haste-teacher/report.html").exists()
    with pytest.raises(LimbeckError, match="pass@3 needs 1 <= k <= n"):
        limbeck("eval", "asset:haste/teacher", "--benchmark", "haste:n=4", "--n", "2", "--k", "3")


@pytest.mark.parametrize("verifier", ["math:timeout=5", "math: {timeout: 5}"])
def test_an_import_says_where_a_verifiers_settings_go(tmp_path, verifier):
    rows = jsonl(tmp_path / "in.jsonl", [{"question": "2+2?", "answer": "4"}])
    with pytest.raises(
        LimbeckError, match=f"--verifier {re.escape(verifier)}: .* limbeck verify .* --verifier"
    ):
        limbeck("import", str(rows), "--out", str(tmp_path / "data"), "--verifier", verifier)
    with pytest.raises(LimbeckError, match=r"unknown method in verifiers/ 'maht'.*did you mean 'math'"):
        limbeck("import", str(rows), "--out", str(tmp_path / "data"), "--verifier", "maht:timeout=5")
    assert not (tmp_path / "data").exists()
