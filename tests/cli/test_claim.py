"""``limbeck claim``: its seeds, its central contrasts, and pages judged again without running anything."""

import json
import subprocess
import sys

import pytest
import yaml

from limbeck.cli import claim_pages, claim_words
from limbeck.cli.claiming import rewrite, seeds_of
from limbeck.errors import LimbeckError
from limbeck.reproduction import claims


def test_seeds_are_a_number_a_range_or_a_list():
    assert seeds_of("5") == [0, 1, 2, 3, 4]
    assert seeds_of("101-103") == [101, 102, 103]
    assert seeds_of("0,3, 7-8") == [0, 3, 7, 8]
    assert claim_words.spans([8, 0, 1, 2, 7, 11]) == "0–2, 7–8, 11"


@pytest.mark.parametrize("text", ["-1", "", "0", "3-1", "1,1", "1-3,2", "a", "1,", "1.5"])
def test_other_seeds_are_one_clear_error(text):
    with pytest.raises(LimbeckError, match=r"--seeds .*: wanted is how many \(5\), a range \(101-103\)"):
        seeds_of(text)


def central(text: str) -> dict[str, bool]:
    spec = claims.check(yaml.safe_load(text), "x")
    return {f"{c['better']}-{c['than']}": c["central"] for c in [*spec["main"], *spec["also"]]}


def test_the_first_contrasts_are_central_unless_a_claim_says_otherwise():
    assert central("{better: a, than: [b, c], and: [{than: d}], also: [{than: e}]}") == {
        "a-b": True,
        "a-c": True,
        "a-d": False,
        "a-e": False,
    }
    assert central("{better: a, than: [b, c], central: [c]}") == {"a-b": False, "a-c": True}
    assert central("{better: a, than: b, central: false, and: [{than: [c, d], central: [d]}]}") == {
        "a-b": False,
        "a-c": False,
        "a-d": True,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{better: a, than: [dpo, simpo], central: [dpi]}", "central names 'dpi'.*; did you mean 'dpo'"),
        ("{better: a, than: [dpo, simpo], paper: {simp: 1}}", "paper names 'simp'.*; did you mean 'simpo'"),
        ("{better: a, than: b, central: 1}", "central is true, false or a list of arms in 'than', got 1"),
        ("{better: a, than: b, paper: [1]}", r"paper is a difference, or one for each arm.*, got \[1\]"),
        ("{better: a, than: b, central: false}", "no contrast is central"),
        ("{better: a, than: b, also: [{than: c, central: true}]}", "not in 'also'"),
        ("{better: a, than: b, centrall: false}", "did you mean 'central'"),
    ],
)
def test_what_a_claim_gets_wrong_is_one_line(text, told):
    with pytest.raises(LimbeckError, match=told) as caught:
        claims.check(yaml.safe_load(text), "x")
    assert len(str(caught.value).splitlines()) == 1


def test_what_a_contrast_says_of_itself_is_not_taken_by_others():
    text = "{better: a, than: b, paper: 0.1, explained: why, and: [{than: c}], also: [{than: d}]}"
    spec = claims.check(yaml.safe_load(text), "x")
    told = [(c["paper"], c["explained"]) for c in [*spec["main"], *spec["also"]]]
    assert told == [(0.1, "why"), (None, ""), (None, "")]


def test_verdicts_are_counted_in_words():
    assert claims.tally(["holds", "reversed", "reversed"]) == "1 holds, 2 reversed"
    assert claims.tally(["holds", "holds", "not shown"]) == "2 hold, 1 not shown"
    assert claims.tally([]) == "none"


def row(than: str, per_seed: list[float], half: float, **more) -> dict:
    """A measured contrast as pages had it when the bootstrap alone decided."""
    diff = sum(per_seed) / len(per_seed)
    fixed = {"better": "a", "metric": "pass@1", "benchmark": "sums", "temperature": 0.6, "scores": ""}
    fixed |= {"value": 0.5 + diff, "other": 0.5, "problems": 50, "samples": 300, "design": "seeds × problems"}
    interval = {
        "low": diff - half,
        "high": diff + half,
        "p": 0.01,
        "verdict": "holds",
        "fewer": False,
        "by": 0.0,
    }
    return {
        **fixed,
        "than": than,
        "diff": diff,
        "per_seed": per_seed,
        "seeds": len(per_seed),
        **interval,
        **more,
    }


@pytest.fixture
def kept(tmp_path):
    """A claim of a recipe that lies nowhere near: one contrast is sure, of one the seeds differ."""
    page = {"recipe": "mine", "says": "A beats B.", "standing": "holds", "seeds": 3, "scale": "miniature"}
    page |= {
        "settings": [],
        "date": "2026-01-02",
        "seconds": 9,
        "machine": "a desk",
        "versions": {"limbeck": "0"},
    }
    sure, unsure = row("b", [0.09, 0.1, 0.11], 0.05), row("c", [0.01, 0.05, 0.3], 0.1, paper=0.2)
    page |= {"claim": [sure, unsure], "also": [row("d", [-0.1, -0.1, -0.12], 0.02)]}
    (tmp_path / "mine.json").write_text(json.dumps(page))
    return tmp_path


def test_pages_are_judged_again_from_what_was_measured(kept):
    rewrite(kept)
    page = json.loads((kept / "mine.json").read_text())
    sure, unsure = page["claim"]
    assert (page["standing"], sure["verdict"], unsure["verdict"]) == ("holds", "holds", "not shown")
    assert (sure["central"], unsure["central"]) == (True, False), "the first stands for the claim"
    assert page["also"][0]["verdict"] == "reversed"
    assert (unsure["boot_p"], unsure["per_seed"], unsure["diff"]) == (0.01, [0.01, 0.05, 0.3], 0.12)
    assert unsure["p"] == unsure["t_p"] > 0.05
    text = (kept / "mine.md").read_text()
    assert "# Claim `mine`: holds" in text
    assert "Central: 1 holds; further: 1 not shown" in text
    assert "3 seeds (0–2)" in text
    assert "| **a − b** |" in text
    assert "| a − c |" in text
    assert (
        f"could have shown +{100 * unsure['detectable']:.1f} points or more; the paper's (+20.0 points) takes"
        in text
    )
    overview = (kept / "README.md").read_text()
    assert "1 claim: 1 holds. 1 central contrast: 1 holds" in overview
    before = {path.name: path.read_text() for path in kept.iterdir()}
    rewrite(kept)
    assert {path.name: path.read_text() for path in kept.iterdir()} == before, "judging again changes nothing"


def test_a_claim_at_another_scale_has_a_page_of_its_own(kept):
    page = json.loads((kept / "mine.json").read_text())
    other = {**page, "scale": "real", "settings": ["dpo.lr=2e-05"], "which_seeds": [4, 5, 6]}
    (kept / "mine-real.json").write_text(json.dumps(other))
    rewrite(kept)
    text = (kept / "mine-real.md").read_text()
    assert "# Claim `mine-real`: holds" in text
    assert "`limbeck claim mine --scale real --set dpo.lr=2e-05 --seeds 4-6`" in text
    assert "# Claim `mine`: holds" in (kept / "mine.md").read_text()
    assert "[mine-real](mine-real.md)" in (kept / "README.md").read_text()


def test_what_was_not_measured_as_its_recipe_states_it_is_told_and_nothing_written(kept):
    page = json.loads((kept / "mine.json").read_text())
    (kept / "redi.json").write_text(json.dumps({**page, "recipe": "redi"}))
    with pytest.raises(LimbeckError, match=r"redi.json: redi_08 − sft_longer in pass@1 was not measured as"):
        rewrite(kept)
    assert not (kept / "mine.md").exists()
    with pytest.raises(LimbeckError, match="no claim was saved here"):
        rewrite(kept / "empty")


def said(**changed) -> str:
    c = {
        **row("b", [0.0, 0.01, 0.02], 0.02),
        "t_low": -0.01,
        "t_high": 0.03,
        "detectable": 0.03,
        "unit": "share",
    }
    c |= {"verdict": "not shown", "central": True, "paper": None, "explained": "", **changed}
    return claim_words.unshown([c])[0].partition(": ")[2]


def test_what_could_have_been_shown_is_said_beside_what_is_asked_for():
    assert said() == "could have shown +3.0 points or more; +2.0 points takes 5 seeds."
    assert said(detectable=0.015) == "could have shown +1.5 points or more; +2.0 points would have been."
    assert said(paper=0.08).endswith("; the paper's (+8.0 points) lies beyond both intervals.")
    assert said(paper=0.001).endswith("; the paper's (+0.1 points) takes more than 200 seeds.")
    assert said(per_seed=[0.01, 0.01, 0.011]).endswith("+2.0 points takes more problems.")
    assert said(by=-0.02) == "could have shown +1.0 points or more; no difference at all takes 5 seeds."
    assert said(by=0.1).endswith("+13.0 points or more; the paper gives none in this unit.")
    assert said(detectable=1.2).startswith("could have shown nothing, so far do the seeds differ;")
    less = said(fewer=True, unit="tokens", detectable=4.0, paper=9.0)
    assert (
        less == "could have shown -4.0 tokens or less; the paper's (-9.0 tokens) lies beyond both intervals."
    )


def test_each_arm_may_have_its_own_explanation():
    spec = claims.check(yaml.safe_load("{better: a, than: [b, c], explained: {c: a reference}}"), "r")
    assert [c["explained"] for c in spec["main"]] == ["", "a reference"]
    with pytest.raises(LimbeckError, match="explained names 'd', which 'than' does not"):
        claims.check(yaml.safe_load("{better: a, than: [b, c], explained: {d: a reference}}"), "r")


def test_a_reversed_central_contrast_is_explained_or_said_not_to_be():
    c = {**row("b", [0.0], 0.1), "unit": "share", "verdict": "reversed", "central": True, "explained": ""}
    assert claim_words.unexplained([c]) == ["a − b in pass@1: unexplained."]
    assert claim_words.unexplained([{**c, "explained": "too short"}]) == ["a − b in pass@1: too short."]
    assert claim_words.unexplained([{**c, "central": False}]) == []


def test_an_earlier_measurement_at_other_seeds_is_kept(kept):
    rewrite(kept)
    page = json.loads((kept / "mine.json").read_text())
    assert claim_pages.after(page, kept / "mine.json") == page, "the same seeds again"
    again = claim_pages.after({**page, "which_seeds": [3, 4, 5]}, kept / "mine.json")
    claim_pages.write(kept, [again])
    text = (kept / "mine.md").read_text()
    assert "3 seeds (3–5)" in text
    assert "`limbeck claim mine --seeds 3-5`" in text
    assert "Measured before at seeds 0–2, 2026-01-02: central: 1 holds; further: 1 not shown." in text


APART = """title: Apart
stages:
  some: {use: problems/haste, n: 30, solve: careful, seed: 1}
  others: {use: problems/haste, n: 30, solve: careful, seed: 2}
  scores@some: {use: evaluation/stored, from: some}
  scores@others: {use: evaluation/stored, from: others}
claim: {better: some, than: others, temperature: null, seeds: 3}
"""


def test_what_cannot_be_compared_is_told_after_one_seed(tmp_path):
    (tmp_path / "apart.yaml").write_text(APART)
    command = [sys.executable, "-m", "limbeck", "claim", "apart.yaml", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "'some' and 'others' were not evaluated on the same problems" in done.stderr
    assert "seed 0 (1 of 3)" in done.stderr
    assert "seed 1" not in done.stderr, "two more seeds were run for nothing"
