"""problems/rules: rules lead to one option past others."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from limbeck.problems.worlds.rules import follow, learn, rules


def texts(data):
    """Question, whole text and trace, for every trace."""
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def test_rules_lead_to_one_option_past_others():
    known = learn(0)
    assert [sorted(known[rule + letter] for letter in "fghijklm") for rule in "xyz"] == [list("fghijklm")] * 3
    assert follow("jxzy", known) == ["gzy", "my", "f"]
    assert learn(1) != known
    data = rules(n=300, solve="careful")
    for problem, text, _ in texts(data):
        chain, shown = problem.question.split("?")
        options = dict(shown.split())
        *lines, end, chosen = text[1:].split(";")
        for line, after in pairwise([chain, *lines, end]):
            assert after == known[line[1] + line[0]] + line[2:]
        assert chosen == options[end] == problem.answer
        assert "".join(options) == problem.meta["options"]
        assert "".join(options.values()) == "ABCD"
        assert problem.meta["steps"] == len(chain) - 1 == len(lines) + 1
        assert {chain[0], *(line[0] for line in lines)} - {end} & set(options)
    assert set(Counter(problem.meta["steps"] for problem in data.problems)) == {1, 2, 3, 4}
