"""The loop of an agent: steps of all questions are written at once and carried out, and one of each is
taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.agents.actions import ANSWER, STOP, TOOLS, Action, guide, observation, read
from limbeck.agents.tools import Runner, Seen, Toolbox, check_tools
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.retrieval.words import Passages
from limbeck.texts.passages import texts_of
from limbeck.types import Count, Positive, Settings

NO_ACTION = (
    "no action: end a step with one fenced block whose first word is {tools}, or `answer` for the answer"
)


class Acting(Settings, frozen=True):
    """How an agent acts.

    Args:
        tools: what it may use: ``python``, ``search``, ``sql``.
        steps: most steps, the answer's among them.
        actions: candidates that are written for each step and carried out; 1 takes what comes.
        elect: which candidate is taken. ``vote``: of those that worked the first whose observation is the
            most frequent (self-consistent actions, arXiv 2505.17612); ``valid``: the first that worked;
            ``any``: the first whose observation is the most frequent, errors among them.
        observe: an observation is a ``turn`` of the user, which every endpoint takes, or stands in the
            assistant's own ``text``, where students that learned from traces expect it.
        guide: tell the model about tools and blocks in a system turn; students that were trained know.
        seconds: wall clock of one action.
        longest: characters of one observation.
        hits: passages of one search.
    """

    tools: tuple[str, ...] = ("python", "search", "sql")
    steps: Count = 6
    actions: Count = 1
    elect: Literal["vote", "valid", "any"] = "vote"
    observe: Literal["turn", "text"] = "turn"
    guide: bool = True
    seconds: Positive = 10.0
    longest: Count = 2000
    hits: Count = 3

    def check(self, temperature: float, where: str) -> None:
        """Raise where the settings can give nothing.

        Raises:
            LimbeckError: an unknown tool or none, or several candidates that are all the same.
        """
        check_tools(self.tools, where)
        if self.actions > 1 and temperature == 0:
            raise LimbeckError(
                f"{where}: {self.actions} actions at temperature 0 are all the same; give a temperature, "
                "or actions: 1"
            )

    def system(self, given: str) -> str:
        """The system turn: the caller's, else the guide."""
        return given or (guide(self.tools) if self.guide else "")


class Equipment:
    """What all questions' tools share: one runner of Python, one index of passages.

    Args:
        passages: a file of rows with ``text`` (and maybe ``title``); empty for none.

    Raises:
        LimbeckError: no sandbox for ``python``, or a file that is none of passages.
    """

    def __init__(self, acting: Acting, passages: str, where: str) -> None:
        self.acting = acting
        self.runner = Runner(acting.seconds, where) if "python" in acting.tools else None
        self.passages: Passages | None = None
        if passages:
            from limbeck.tables import read_rows

            try:
                self.passages = Passages(texts_of(list(read_rows(passages)), passages))
            except ValueError as error:
                raise LimbeckError(f"{where}: passages: {error}") from None

    def toolbox(self, **given: Any) -> Toolbox:
        """One question's tools; ``given`` are its own ``passages`` and ``table``."""
        acting, own_passages = self.acting, given.pop("passages", None)
        return Toolbox(
            acting.tools,
            self.runner,
            own_passages or self.passages,
            seconds=acting.seconds,
            hits=acting.hits,
            **given,
        )


class Candidate:
    """A step as it was written, what it does, and what came of it."""

    def __init__(self, completion: Completion, action: Action | None, seen: Future[Seen] | None) -> None:
        self.completion, self.action, self.seen = completion, action, seen

    @property
    def worked(self) -> bool:
        """Whether it is an action that was carried out, or an answer."""
        return self.action is not None and (self.seen is None or self.seen.result().worked)

    @property
    def ballot(self) -> tuple[str, str]:
        """What makes two candidates agree: their answer, or what they saw."""
        if self.action is None:
            return "", ""
        if self.seen is None:
            return ANSWER, self.action.given.strip()
        return "seen", self.seen.result().text


@dataclass
class Episode:
    """One question on its way: what was written and seen of it, and how it ended.

    ``parts`` are stretches of the trace, each with whether the model wrote it. ``stopped`` says why there is
    no answer: ``steps``, ``length`` or ``error``.
    """

    messages: Messages
    number: int
    tools: Toolbox
    opening: str = ""
    parts: list[tuple[str, bool]] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    tried: int = 0
    raised: int = 0
    unreadable: int = 0
    steps: int = 0
    written: list[Completion] = field(default_factory=list)
    stopped: str = ""
    done: bool = False

    @property
    def text(self) -> str:
        """The whole trace so far."""
        return "".join(text for text, _ in self.parts)

    @property
    def weights(self) -> list[tuple[int, int, float]]:
        """Weight 0 over each observation, by characters: what the model did not write is not trained on."""
        spans, place = [], 0
        for text, by_model in self.parts:
            if not by_model:
                spans.append((place, place + len(text), 0.0))
            place += len(text)
        return spans

    def chat(self, observe: str) -> Messages:
        """What the model is asked for the next step."""
        if observe == "text":
            text = self.text or self.opening
            return [*self.messages, *([{"role": "assistant", "content": text}] if text else [])]
        if not self.parts and self.opening:
            *before, last = self.messages
            told = f"{last['content']}\n\nBegin your first step with exactly this thought:\n{self.opening}"
            return [*before, {**last, "content": told}]
        turns = list(self.messages)
        for by_model, parts in groupby(self.parts, key=lambda part: part[1]):
            content = "".join(text for text, _ in parts).strip()
            turns.append({"role": "assistant" if by_model else "user", "content": content})
        return turns

    def attempt(self, completion: Completion) -> Candidate:
        """A completion as a candidate for the next step; its action is begun."""
        self.written.append(completion)
        text = completion.text
        if not self.parts and self.opening and not text.lstrip().startswith(self.opening.strip()):
            text = self.opening + text
        completion = replace(completion, text=text)
        whole = completion.finish not in ("error", "length")
        action = read(text) if whole else None
        if action is None or action.tool == ANSWER:
            empty = action is not None and not action.given.strip()
            return Candidate(completion, None if empty else action, None)
        self.tried += 1
        return Candidate(completion, action, self.tools.use(action, self.programs))

    def take(self, chosen: Candidate, longest: int) -> None:
        """Go on with a candidate."""
        self.steps += 1
        action, completion = chosen.action, chosen.completion
        if completion.finish in ("error", "length"):
            self.parts.append((completion.text, True))
            self.stopped, self.done = completion.finish, True
        elif action is None:
            self.unreadable += 1
            tools = ", ".join(f"`{tool}`" for tool in self.tools.tools)
            self._see(
                completion.text.partition("<observation")[0], NO_ACTION.replace("{tools}", tools), longest
            )
        elif chosen.seen is None:
            self.parts.append((action.text, True))
            self.done = True
        else:
            seen = chosen.seen.result()
            self.calls[action.tool if action.tool in TOOLS else "unknown"] += 1
            self.raised += not seen.worked
            if action.tool == "python" and not seen.text.startswith("stopped"):
                self.programs.append(action.given)
            self._see(action.text, seen.text, longest)

    def _see(self, text: str, seen: str, longest: int) -> None:
        self.parts += [(text.rstrip() + "\n", True), (observation(seen, longest), False)]

    def completion(self) -> Completion:
        """The whole as one completion, with the tokens of all that was written for it."""
        last = self.written[-1]
        tokens = [each.tokens for each in self.written if each.tokens is not None]
        prompts = [each.prompt_tokens for each in self.written if each.prompt_tokens is not None]
        finish = self.stopped if self.stopped in ("error", "length") else "stop"
        return Completion(
            text=self.text,
            finish=finish,  # type: ignore[arg-type]  # one of the three
            error=next((each.error for each in self.written if each.error), last.error)
            if finish == "error"
            else "",
            tokens=sum(tokens) if tokens else None,
            prompt_tokens=sum(prompts) if prompts else None,
        )


def act(
    model: Model,
    episodes: Sequence[Episode],
    sampling: Sampling,
    acting: Acting,
    step_done: Callable[[int, int], None] = lambda done, tokens: None,
) -> None:
    """Bring episodes to their ends, step by step, all open ones in one batch.

    A step's candidates are the samples ``number * actions …`` of its chat, so that an episode depends on the
    seed, its question and its number alone.

    Args:
        step_done: is told after each step how many episodes have come to their end, and how many completions
            were drawn.
    """
    n = acting.actions
    drawn = replace(sampling, n=n, stop=(*sampling.stop, *STOP), logprobs=False, top=0)
    waiting = list(episodes)
    for step in range(acting.steps):
        if not waiting:
            break
        chats = [episode.chat(acting.observe) for episode in waiting]
        wanted = [range(episode.number * n, episode.number * n + n) for episode in waiting]
        tried: list[dict[int, Candidate]] = [{} for _ in waiting]
        for index, number, completion in model.stream_some(chats, wanted, drawn):
            tried[index][number] = waiting[index].attempt(completion)
        for episode, candidates in zip(waiting, tried, strict=True):
            ordered = [candidates[number] for number in sorted(candidates)]
            episode.take(elected(ordered, acting.elect), acting.longest)
            if not episode.done and step == acting.steps - 1:
                episode.stopped, episode.done = "steps", True
        step_done(sum(episode.done for episode in waiting), len(waiting) * n)
        waiting = [episode for episode in waiting if not episode.done]


def elected(candidates: Sequence[Candidate], elect: str) -> Candidate:
    """The candidate that a step goes on with; where none worked the first whose request did not fail."""
    answered = [each for each in candidates if each.completion.finish != "error"] or list(candidates)
    pool = answered if elect == "any" else [each for each in answered if each.worked] or answered[:1]
    if elect == "valid":
        return pool[0]
    votes = Counter(each.ballot for each in pool)
    most = max(votes.values())
    return next(each for each in pool if votes[each.ballot] == most)
