"""Independent samples: every problem is tried ``k`` times."""

from __future__ import annotations

from typing import Any

from limbeck.models.base import Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import method
from limbeck.records import Data, Trace


def sample(
    data: Data,
    *,
    model: Model,
    k: int = 8,
    temperature: float = 0.6,
    top_p: float = 0.95,
    max_tokens: int = 32768,
    format: str = "think",
    system: str = "",
    template: str = "{question}",
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Sample ``k`` traces for each problem without a mark. Killed, it goes on where it was.

    A trace cut off at ``max_tokens`` is marked ``truncated``, one whose request failed ``error``: no negatives.

    Args:
        format: how a completion is split into reasoning and answer, a name of ``formats/``.
        template: the user's message, ``{question}`` replaced.
    """
    form: Any = method(f"formats/{format}", "teachers/sample").load()
    problems = [problem for problem in data.problems if not problem.marks]
    opening = [{"role": "system", "content": system}] if system else []
    prompts = [[*opening, {"role": "user", "content": template.replace("{question}", p.question)}] for p in problems]
    sampling = Sampling(n=k, temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed)
    params = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens, "seed": seed}
    made: dict[tuple[int, int], Trace] = {}
    with ctx.progress(len(problems) * k) as bar:
        for index, number, completion in model.stream(prompts, sampling):
            reasoning, answer = form.parse(completion.text)
            mark = {"length": ["truncated"], "error": ["error"]}.get(completion.finish, [])
            made[index, number] = Trace(
                id=f"{problems[index].id}#{model.name}-{number}", problem_id=problems[index].id, reasoning=reasoning,
                answer=answer, format=format, model=model.name, params={**params, "sample": number},
                finish=completion.finish, tokens=completion.tokens, marks=mark,
            )  # fmt: skip
            bar.advance()
            if completion.error and len(made) < 4:
                ctx.log(f"a request failed: {completion.error}")
    return Data(data.problems, [*data.traces, *(made[place] for place in sorted(made))], data.pairs)


def estimate(counts: dict[str, Any], params: dict[str, Any]) -> dict[str, int]:
    """For a dry run: how many samples, and how many new tokens at most."""
    samples = counts["problems"] * params["k"]
    return {
        "traces": counts.get("traces", 0) + samples,
        "samples": samples,
        "max_tokens": samples * params["max_tokens"],
    }
