"""How well a direction in a model's hidden states tells what the model will reply."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import benchmark_of, called, like, results
from limbeck.judging.prompt_scores import Replies, inclinations
from limbeck.models.local import Local
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace
from limbeck.texts.messages import as_messages
from limbeck.types import Checkpoint, Part

WHERE = "evaluation/inclined"
Read = Literal["direction", "random", "score"]


def inclined(
    data: Data,
    *,
    model: Checkpoint,
    direction: Part,
    replies: Replies = Replies(),
    read: Read = "direction",
    layer: Annotated[int, Meta(ge=-1)] = -1,
    name: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Pearson's correlation of prompts' projections with their scores (Steering the CensorShip, 2504.17130).

    Projections are of the state at the last prompt token, scores from the model's own replies, as in
    `teachers/inclination`, which has seen neither.

    Args:
        direction: a stage of `teachers/inclination`, of this model.
        replies: which replies count for what, and how many are sampled.
        read: ``random`` draws a direction in place of the one that was found, ``score`` reads the score
            itself: what no direction and what the best can reach.
        layer: -1 for the one that was found best.

    Returns:
        Metric ``score@correlation``, the mean over problems of the product of both standardised values, which
        is the correlation; each problem's ``scores`` have ``projection`` and ``inclination`` too. A claim on
        it says ``temperature: null``.

    Raises:
        LimbeckError: fewer than three problems, projections or scores that never vary, an expression that is
            none, a layer that is not there.
    """
    replies.check(WHERE)
    try:
        import torch
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", WHERE) from error
    problems = [problem for problem in data.problems if not problem.marks]
    if len(problems) < 3:
        raise LimbeckError(f"{WHERE}: {len(problems)} problems: nothing correlates")
    chats = [as_messages(problem) for problem in problems]
    asked = Local(str(model), dtype="float32")
    score_P = torch.tensor(inclinations(asked, chats, replies, seed), dtype=torch.float64)
    value_P = score_P
    if read != "score":
        value_P = _projected(asked, chats, str(direction), layer, seed if read == "random" else None)
    if not (value_P.std() > 0 and score_P.std() > 0):
        raise LimbeckError(f"{WHERE}: projections or scores of {len(problems)} problems never vary")
    product_P = _standard(value_P) * _standard(score_P)
    ctx.log(f"correlation {float(product_P.mean()):.4f} over {len(problems):,} prompts")
    writer = name or called(str(model))
    values = {"projection": value_P, "inclination": score_P, "correlation": product_P}
    judged = Data(problems, _traces(problems, values, writer, benchmark, read))
    return Results(results(judged, ["score@correlation"], like(writer, [seed])), judged)


def _traces(
    problems: list[Problem], values: dict[str, Any], writer: str, benchmark: str, read: str
) -> list[Trace]:
    """A trace for each prompt, which holds its numbers."""
    traces = []
    for at, problem in enumerate(problems):
        scores = {key: float(value_P[at]) for key, value_P in values.items()}
        params = {"benchmark": benchmark or benchmark_of(problem)}
        name = f"{problem.id}#{read}"
        traces.append(Trace(id=name, problem_id=problem.id, model=writer, params=params, scores=scores))
    return traces


def _projected(asked: Local, chats: list[Any], direction: str, layer: int, drawn: int | None) -> Any:
    """Where the last prompt tokens lie along a direction, or along one drawn with that seed."""
    import torch

    from limbeck.networks.inclined import Inclined
    from limbeck.networks.twins import last_states

    made = Inclined.load(direction)
    states_LPD = last_states(asked.network, asked.prompt_ids(chats))
    unit_D, offset_D, _ = made.at(layer, states_LPD.shape[-1])
    if drawn is not None:
        unit_D = torch.randn(unit_D.shape, generator=torch.Generator().manual_seed(drawn))
    chosen = made.layer if layer < 0 else layer
    return ((states_LPD[chosen] - offset_D) @ unit_D).double()


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    Replies.of(given).check(WHERE)


def _standard(value_P: Any) -> Any:
    return (value_P - value_P.mean()) / value_P.std(correction=0)
