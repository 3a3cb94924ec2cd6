"""problems/last_letters: one question in three wordings."""

from __future__ import annotations

from limbeck.problems.worlds.last_letters import last_letters


def test_wordings_by_hand():
    terse = last_letters(n=50, solve="answer")
    for problem, trace in zip(terse.problems, terse.traces, strict=True):
        words = problem.question.rstrip("?").split(" ")
        assert problem.answer == trace.answer == "".join(word[-1] for word in words)
        assert (trace.reasoning, problem.meta["words"]) == ("", len(words))
    rephrased = last_letters(n=5, form="rephrase").problems[0]
    words = rephrased.question.removeprefix("~").split(" ")
    assert rephrased.answer == " ".join(word[:4] + word[4].upper() for word in words)
    marked = last_letters(n=5, form="marked").problems[0]
    assert marked.answer == "".join(filter(str.isupper, marked.question)).lower()


def test_words_of_the_test_split_are_in_no_wording_of_the_training_split():
    def texts(form: str, split: str) -> set[str]:
        asked = (each.question for each in last_letters(n=300, form=form, split=split).problems)
        return {text.strip("~?").lower() for text in asked}

    seen = texts("terse", "train") | texts("marked", "train") | texts("rephrase", "train")
    assert not seen & texts("terse", "test")
