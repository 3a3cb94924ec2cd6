"""What is kept under claims/ and what other pages say of it."""

import json
import shutil

from paths import REPO

from limbeck.cli import claim_pages
from limbeck.reproduction import papers


def test_every_standing_is_a_measured_one():
    for paper in papers.read():
        if paper.standing not in ("mechanism", "open"):
            measured = json.loads((REPO / "claims" / f"{paper.recipe}.json").read_text(encoding="utf-8"))
            assert measured["standing"] == paper.standing


def test_the_readme_counts_the_measured_contrasts():
    pages = [json.loads(path.read_text(encoding="utf-8")) for path in (REPO / "claims").glob("*.json")]
    pages = [page for page in pages if "standing" in page]
    every = [contrast for page in pages for contrast in page["claim"]]
    central = [contrast["verdict"] for contrast in every if contrast["central"]]
    holds, not_shown, reverse = (central.count(word) for word in ("holds", "not shown", "reversed"))
    whole = sum(page["standing"] == "holds" for page in pages)
    readme = " ".join((REPO / "README.md").read_text(encoding="utf-8").split())
    assert f"of the {len(central)} contrasts that are central to {len(pages)} papers' claims" in readme
    assert f"{holds} hold, {not_shown} are not shown and {reverse} reversed" in readme
    words = [contrast["verdict"] for contrast in every]
    all_words = [words.count(word) for word in ("holds", "not shown", "reversed")]
    assert f"of all {len(words)} contrasts {all_words[0]}, {all_words[1]} and {all_words[2]}" in readme
    assert f"{whole} claims hold in all that is central" in readme


def test_pages_of_claims_are_what_their_measurements_say(tmp_path):
    """Nobody edits a page by hand, and none falls behind its recipe's central contrasts or the rules."""
    for file in (REPO / "claims").glob("*.json"):
        shutil.copy(file, tmp_path / file.name)
    claim_pages.write(tmp_path, claim_pages.rewritten(tmp_path))
    for page in tmp_path.glob("*.md"):
        kept = (REPO / "claims" / page.name).read_text(encoding="utf-8")
        assert page.read_text(encoding="utf-8") == kept, f"{page.name}: `limbeck claim --rewrite claims`"
