"""How open a model still is: the entropy of what it writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import benchmark_of, like, results
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Results, Trace
from limbeck.texts.messages import as_messages

MODEL_WANTS = ("logprobs",)


def entropy(
    data: Data,
    *,
    model: Model,
    n: int = 4,
    max_tokens: int = 32768,
    template: str = "{question}",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Mean entropy per token of a model's own answers in nats, with a 95% interval over problems.

    Text is sampled at temperature 1 (top-p 1), where ``-log π`` of a token estimates the entropy at its
    place. Reinforcement off policy loses entropy (AceReason-Nemotron, arXiv 2505.16400).

    Args:
        data: problems; marked ones are left out.
        n: samples per problem.
        template: the user's message, ``{question}`` replaced.
        benchmark: one name for all problems; by default source and split.

    Returns:
        Metric ``entropy``; each sample has ``scores["entropy"]``.

    Raises:
        LimbeckError: no problem left, a template without ``{question}``, or a model that tells no
            log-probabilities.
    """
    problems = [problem for problem in data.problems if not problem.marks]
    if not problems or "{question}" not in template:
        raise LimbeckError(f"entropy: {len(problems)} problems without a mark, template {template!r}")
    sampling = Sampling(n=n, temperature=1.0, top_p=1.0, max_tokens=max_tokens, seed=seed, logprobs=True)
    prompts = [as_messages(problem, template) for problem in problems]
    made: dict[tuple[int, int], Trace] = {}
    with ctx.progress(len(problems) * n) as bar:
        for index, number, completion in model.stream(prompts, sampling):
            if completion.logprobs:
                value = -float(np.mean(completion.logprobs))
                made[index, number] = _trace(problems[index], number, completion, model.name, value)
                made[index, number].params["benchmark"] = benchmark or benchmark_of(problems[index])
            bar.advance()
    if not made:
        raise LimbeckError(f"entropy: model {model.name!r} gave no log-probabilities of its tokens")
    if len(made) < len(problems) * n:
        ctx.log(f"{len(problems) * n - len(made)} samples without log-probabilities are left out")
    sampled = Data(problems, [made[place] for place in sorted(made)])
    return Results(results(sampled, ["entropy"], like(model.name, [seed])), sampled)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """How many samples it asks for, and the most tokens they can cost."""
    each = prompt(counts, params["template"])
    return asked(counts["problems"] * params["n"], each, params["max_tokens"])


def _trace(problem: Problem, number: int, completion: Completion, name: str, value: float) -> Trace:
    return Trace(
        id=f"{problem.id}#{name}-T1-{number}",
        problem_id=problem.id,
        answer=completion.text,
        model=name,
        params={"temperature": 1.0, "top_p": 1.0, "sample": number},
        finish=completion.finish,
        tokens=completion.tokens,
        scores={"entropy": value},
    )
