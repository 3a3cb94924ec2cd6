"""What every model offers: chat messages in, completions out, streamed as they finish.

A backend implements `Model.stream` (`stream_some` where it can ask for single samples, `score` where it can
score given text) and says in its file what it ``GIVES``. Everyone else calls `generate` or reads the stream,
and says as ``MODEL_WANTS`` what it needs beyond text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from limbeck.errors import LimbeckError
from limbeck.records import Finish

if TYPE_CHECKING:
    from limbeck.budget import Ledger
    from limbeck.networks.caching import Caching
    from limbeck.networks.drafting import Drafter
    from limbeck.networks.steering import Steering

CAPABILITIES = {
    "text": "continues chats",
    "prefix": "goes on from what an assistant has begun to write (a last message of role ``assistant``)",
    "logprobs": "tells the log-probability of each token it writes (`Sampling.logprobs`)",
    "tops": "tells the likeliest alternatives to each token (`Sampling.top`)",
    "score": "tells the log-probabilities of given text (`Model.score`)",
    "ids": "tells the ids of its tokens, and continues prompts given as ids (`Model.continue_ids`)",
    "sync": "takes over the weights of a student in training (`Model.sync`)",
    "logits": "lets a steering change its next token's logits (`Model.steered`)",
    "cache": "lets a policy look after its keys and values (`Model.cached`)",
    "work": "tells what a text costs it, in operations and bytes (`Model.work`)",
    "drafts": "reads several tokens that another guessed, and keeps its own (`Model.drafted`)",
}
"""What a model can do, word by word.

``GIVES`` of a file in ``models/`` or ``decoding/`` lists what its models do, ``("text",)`` where it says
nothing; a model made of models gives at most what all of them do. ``MODEL_WANTS`` of a method lists what it
needs of every `Model` that it takes. Both are constants above the method's function; when a plan is made, one
is held against the other.
"""

Messages = list[dict[str, str]]
"""One chat: ``[{"role": "user", "content": …}, …]``. A last message of role ``assistant`` is continued, not
closed."""


class Sampling(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to sample. ``temperature`` 0 is greedy. ``max_tokens`` counts new tokens, the end token among them.

    ``top`` asks for so many likeliest alternatives to each token, of backends that tell them (endpoints).
    ``ends`` are ids of tokens that end a completion beside the model's own, for backends that know ids.
    """

    n: int = 1
    temperature: float = 0.6
    top_p: float = 0.95
    max_tokens: int = 1024
    seed: int = 0
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    top: int = 0
    ends: tuple[int, ...] = ()


class Spent(Struct, kw_only=True):
    """What one of several models took for its part of a completion, in its own tokens; None where unknown."""

    model: str
    prompt_tokens: int | None = None
    tokens: int | None = None


class Completion(Struct, kw_only=True, omit_defaults=True):
    """One sampled continuation. ``finish`` is ``length`` when it was cut off, ``error`` when the backend
    failed.

    ``tokens`` counts what the model wrote, its end token included. ``logprobs`` are natural log-probabilities
    of those tokens before temperature and top-p, None where they were not asked for. ``ids`` are the tokens
    themselves, from backends that know them, ``tops`` their texts, each with the log-probabilities of its
    likeliest alternatives. ``spent`` says by role who took what, where several models made it. ``scores`` are
    numbers that a strategy tells of it, such as how many of its votes agree: a trace's ``scores``.
    """

    text: str
    finish: Finish = "stop"
    tokens: int | None = None
    prompt_tokens: int | None = None
    logprobs: list[float] | None = None
    ids: list[int] | None = None
    tops: list[tuple[str, dict[str, float]]] | None = None
    error: str = ""
    spent: dict[str, Spent] | None = None
    scores: dict[str, float] | None = None


class Model(ABC):
    """A thing that continues chats. ``name`` is what traces record as their writer.

    ``failed`` counts the requests that were given up and may be answered another time (a busy server, not one
    that refuses a prompt): a stage that asked any is partial, and the next run asks for them. ``unasked`` are
    those among them that a spent budget did not allow.
    """

    name: str
    failed: int = 0
    unasked: int = 0

    @abstractmethod
    def stream(
        self, prompts: Sequence[Messages], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Yield ``(prompt index, sample index, completion)`` for all ``len(prompts) * sampling.n``, as they
        finish."""

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Like `stream`, but only the samples whose numbers ``wanted`` lists by prompt; ``sampling.n`` is
        ignored.

        This default draws all samples up to the highest wanted one and drops the rest.
        """
        needed = max((number + 1 for numbers in wanted for number in numbers), default=0)
        if not needed:
            return
        asked = [index for index, numbers in enumerate(wanted) if numbers]
        for place, sample, completion in self.stream(
            [prompts[index] for index in asked], msgspec.structs.replace(sampling, n=needed)
        ):
            if sample in wanted[asked[place]]:
                yield asked[place], sample, completion

    def continue_ids(
        self, prompts: Sequence[Sequence[int]], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Like `draw`, for prompts given as token ids; completions have ``ids``.

        Raises:
            LimbeckError: where the backend takes text alone.
        """
        raise LimbeckError(
            f"model {self.name!r} cannot continue token ids; rollouts need models/transformers or vllm"
        )

    def sync(self, student: Any) -> None:
        """Take over the weights of a `transformers` model that is being trained in this process.

        Raises:
            LimbeckError: where the backend cannot.
        """
        raise LimbeckError(
            f"model {self.name!r} cannot take over weights; rollouts need models/transformers or vllm"
        )

    def steered(self, steering: Steering) -> Model:
        """This model with its next token's logits passed through ``steering`` before each draw.

        Raises:
            LimbeckError: where the logits are computed elsewhere.
        """
        raise LimbeckError(f"model {self.name!r} cannot be steered; use a local model (models/transformers)")

    def cached(self, caching: Caching) -> Model:
        """This model with its keys and values in the care of ``caching`` while it writes.

        Raises:
            LimbeckError: where they are kept elsewhere.
        """
        raise LimbeckError(
            f"model {self.name!r} shows no cache to a policy; use a local model (models/transformers)"
        )

    def work(self, prompt: int, written: int) -> dict[str, int]:
        """What it takes to write so many tokens behind a prompt that was read; or, where none is written, to
        read the prompt: ``operations`` (multiplications with their additions) and ``bytes`` of what is kept
        of the text, read and written.

        Raises:
            LimbeckError: it does not know its network's shape.
        """
        raise LimbeckError(
            f"model {self.name!r} does not tell what a text costs it; use a local model (models/transformers)"
        )

    def drafted(self, drafter: Drafter, ahead: int) -> Model:
        """This model reading what ``drafter`` guesses, ``ahead`` tokens at a time, and keeping what it would
        have written.

        Raises:
            LimbeckError: where the network is elsewhere.
        """
        raise LimbeckError(
            f"nobody can draft for model {self.name!r}; use a local model (models/transformers)"
        )

    def spend_from(self, ledger: Ledger) -> None:
        """Note in a run's ledger what is paid for; of a model of this process, nothing."""
        return  # no duty of a backend

    def generate(self, prompts: Sequence[Messages], sampling: Sampling) -> list[list[Completion]]:
        """All completions, as ``[prompt][sample]``."""
        done: list[dict[int, Completion]] = [{} for _ in prompts]
        for prompt, sample, completion in self.stream(prompts, sampling):
            done[prompt][sample] = completion
        return [[samples[i] for i in sorted(samples)] for samples in done]

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """Log-probability of each completion token (natural log), one list per completion.

        Args:
            ended: which completions ended by themselves: the end token's log-probability follows their
                text's. None: none did.

        Raises:
            LimbeckError: where the backend cannot score given text.
        """
        raise LimbeckError(
            f"model {self.name!r} cannot score given text; use a local model (models/transformers)"
        )

    def describe(self) -> dict[str, Any]:
        """What a manifest records of this model."""
        return {"name": self.name, "backend": type(self).__name__}
