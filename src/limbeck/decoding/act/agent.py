"""A model that answers as an agent: with Python and a search in a file of passages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.agents.acting import Acting, Episode, Equipment, act
from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.types import InputFile, PositiveShare, Weight


def agent(
    *,
    model: Model,
    acting: Acting = Acting(tools=("python",), actions=8),
    temperature: Weight = 0.4,
    top_p: PositiveShare = 0.8,
    passages: InputFile = "",  # type: ignore[assignment]
) -> Model:
    """Answer in steps of thought, action and observation, with self-consistent actions (arXiv 2505.17612).

    One completion per question, to be read with ``format: agent``. A question's own table or passages are
    not seen here, for a model sees chats alone: ``teachers/agent`` gives its agents those.

    Args:
        model: who writes the steps.
        temperature: of the steps, as is ``top_p``; those of an evaluation or a teacher are not used. A
            stage's ``max_tokens`` is each step's.
        passages: a file of rows with ``text`` (and maybe ``title``), which a tool ``search`` looks in.

    Returns:
        A model whose completions are whole traces, observations included. One without an answer after the
        last step has ``finish="length"``.

    Raises:
        LimbeckError: an unknown tool or none, several actions at temperature 0, no sandbox for ``python``, or
            ``search`` without passages.
    """
    _check(acting, temperature, passages)
    return Agent(model, acting, {"temperature": temperature, "top_p": top_p}, passages)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    acting = Acting.of(given)
    _check(acting, given["temperature"], given["passages"])


def _check(acting: Acting, temperature: float, passages: str) -> None:
    acting.check(temperature, "decoding/agent")
    if "search" in acting.tools and not passages:
        raise LimbeckError(
            "decoding/agent: tools has 'search', but there is nothing to search: give passages, a file, or "
            "tools: [python]"
        )
    if "sql" in acting.tools:
        raise LimbeckError(
            "decoding/agent: tools has 'sql', but a model sees no table; use teachers/agent, or "
            "tools: [python]"
        )


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many steps with so many candidates for each sample."""
    times = params["steps"] * params["actions"]
    return {key: counts[key] * times for key in ("samples", "prompt_tokens", "max_tokens") if key in counts}


class Agent(Decoded):
    """The model behind `agent`."""

    def __init__(self, inner: Model, acting: Acting, drawing: dict[str, float], passages: str) -> None:
        super().__init__(inner, **drawing, actions=acting.actions, elect=acting.elect, steps=acting.steps)
        self.acting, self.drawing = acting, drawing
        self.equipment = Equipment(acting, passages, "decoding/agent")

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, all at their ends together: every step of all of them is one batch."""
        places = [(index, number) for index, numbers in enumerate(wanted) for number in numbers]
        box = self.equipment.toolbox()
        episodes = [Episode(self._told(prompts[index]), number, box) for index, number in places]
        act(self.inner, episodes, replace(sampling, n=1, **self.drawing), self.acting)
        for (index, number), episode in zip(places, episodes, strict=True):
            completion = episode.completion()
            if episode.stopped == "steps":
                completion.finish = "length"
            yield index, number, completion

    def _told(self, prompt: Messages) -> Messages:
        """The chat with the guide before it; a system turn of its own stays behind that."""
        told = self.acting.system("")
        if not told:
            return prompt
        if prompt and prompt[0]["role"] == "system":
            return [{"role": "system", "content": f"{told}\n\n{prompt[0]['content']}"}, *prompt[1:]]
        return [{"role": "system", "content": told}, *prompt]
