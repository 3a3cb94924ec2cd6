"""curation/judge_tasks: traces as questions for whoever is to judge."""

from __future__ import annotations

from limbeck.curation.tasks.judge_tasks import judge_tasks
from limbeck.problems.worlds.attempts import attempts


def test_judge_tasks_are_balanced_and_think_in_the_words_of_a_right_trace():
    data = attempts(n=30, k=4, wrong=0.3, least=True)
    tasks = judge_tasks(
        data, template="{question}?{trace}", right="1", wrong="0", solve="thought", before=";", format="lines"
    )
    kept = [one for one in tasks.problems if not one.marks]
    assert sum(one.answer == "1" for one in kept) * 2 == len(kept) > 0
    right = {
        trace.problem_id: trace.reasoning + trace.answer
        for trace in data.traces
        if trace.outcome == "correct"
    }
    for problem, trace in zip(tasks.problems, tasks.traces, strict=True):
        assert trace.reasoning == f"{right[problem.meta['about']]};"
        assert (
            trace.answer
            == problem.answer
            == str(int(problem.question.endswith(right[problem.meta["about"]])))
        )
