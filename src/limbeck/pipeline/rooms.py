"""The rooms: what each is for, how its methods are called, and which other names of a method's file are read.

A room's contract stands here and nowhere else: the planner and the trainer read these names, ``limbeck show
ROOM`` prints them, and `limbeck.pipeline.contracts` holds a method's file against them. A new hook is a line
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

HOOK = "function"
"""The type of an option that is a function."""
Names = tuple[str, ...]


@dataclass(frozen=True)
class Option:
    """A module-level name that a room reads where a method's file has it.

    Attributes:
        type: what its value is converted to, or `HOOK`.
        example: as one would write it.
        meaning: what is made of it.
    """

    type: Any
    example: str
    meaning: str


@dataclass(frozen=True)
class Form:
    """A way to write a method of a room.

    Attributes:
        inputs: its positional parameters.
        returns: its return annotation, members parted by ``|``.
        fixed: whether the room itself calls it with just these inputs; else they are the stages in ``from``.
        read: whether the pipeline goes by the return annotation.
        function: its name; ``NAME`` is the file's, and such a function takes settings.
    """

    inputs: tuple[str, ...]
    returns: str
    fixed: bool = True
    read: bool = False
    function: str = "NAME"

    @property
    def signature(self) -> str:
        settings = ["*, …"] if self.function == "NAME" else []
        return f"def {self.function}({', '.join([*self.inputs, *settings])}) -> {self.returns}"

    def fits(self, inputs: int, returns: str) -> bool:
        """Whether a method with so many positional parameters and that return annotation is of this form."""
        mine, theirs = ({part.strip() for part in each.split("|")} for each in (self.returns, returns))
        shared = mine & theirs - {"None"}
        return (not self.fixed or inputs == len(self.inputs)) and (not self.read or bool(shared))


@dataclass(frozen=True)
class Contract:
    """What a room asks of its methods.

    Attributes:
        about: what the room is for, in a line.
        forms: ways to write a method; the first is the usual one.
        given_as: the annotation by which another method is given one, already bound; empty where none is.
        options: names it reads beside those in `EVERYWHERE`.
        folder: where it lies, if that is not a folder of its name.
    """

    about: str
    forms: tuple[Form, ...]
    given_as: str = ""
    folder: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)


EVERYWHERE = {
    "VERSION": Option(
        Annotated[int, Meta(ge=1)],
        "VERSION = 2",
        "raised when the same settings give another result: cached stages are made anew",
    ),
    "version": Option(
        HOOK,
        "def version(**settings) -> int: ...",
        "the same where only some settings give another result; goes before VERSION",
    ),
    "WAS": Option(
        str | Names,
        'WAS = "curation/old_name"',
        "keys it had before: recipes that say them go on working, and cached stages stay",
    ),
    "ADDED": Option(
        Names,
        'ADDED = ("patience",)',
        "settings that came later: at their defaults they are no part of a key, so cached stages stay",
    ),
    "KEYED_AS": Option(
        dict[str, dict[str, str]],
        'KEYED_AS = {"precision": {"fp32": "auto"}}',
        "values that go by another word in a key, so that stages cached under that word stay",
    ),
    "NO_RESULT": Option(
        Names,
        'NO_RESULT = ("save_every",)',
        "settings that change no result, or its rounding alone: whatever they are, a stage's key is the same",
    ),
    "no_result": Option(
        HOOK,
        "def no_result(given) -> tuple: ...",
        "the same where it depends on the settings; goes before NO_RESULT",
    ),
    "MODEL_WANTS": Option(
        Names,
        'MODEL_WANTS = ("logits",)',
        "what every Model that it takes must give; checked when the plan is made",
    ),
    "MAKES_PAIRS": Option(
        bool,
        "MAKES_PAIRS = True",
        "it may add pairs; an objective that learns from pairs needs such a stage before it",
    ),
    "precheck": Option(
        HOOK,
        "def precheck(given): ...",
        "looks at the settings when the plan is made; raises LimbeckError for what cannot work",
    ),
    "estimate": Option(
        HOOK,
        "def estimate(counts, settings) -> dict: ...",
        "what it will cost, for --dry-run: problems, samples, max_tokens",
    ),
}
GIVES = {
    "GIVES": Option(
        Names, 'GIVES = ("text", "logits")', "what its models can do; text alone where it does not say"
    )
}
ASKS = {
    "ASKS": Option(
        Names, 'ASKS = ("teacher",)', "networks it asks with the student's tokens: teacher, start"
    ),
    "asks": Option(HOOK, "def asks(**settings) -> tuple: ...", "the same where it depends on the settings"),
}
OBJECTIVE = {
    "NEEDS": Option(
        Names, 'NEEDS = ("traces",)', "what the trainer has to supply, `traces` or `pairs` among it"
    ),
    "needs": Option(
        HOOK,
        "def needs(**settings) -> tuple: ...",
        "the same where it depends on the settings; goes before NEEDS",
    ),
    "WHOLE_STEP": Option(
        bool, "WHOLE_STEP = True", "it compares what is in one micro-batch, so that a cut changes it"
    ),
    "whole_step": Option(
        HOOK, "def whole_step(**settings) -> bool: ...", "the same where it depends on the settings"
    ),
    "VALUES": Option(
        dict[str, str],
        'VALUES = {"quality": "run curation/…"}',
        "numbers of each trace that it reads, and how to come by each",
    ),
    "START": Option(
        dict[str, float], 'START = {"mean": 0.0}', "numbers it remembers from step to step, at first"
    ),
    "after": Option(
        HOOK, "def after(memory, metrics, **settings) -> dict: ...", "what it remembers after a step"
    ),
    "build": Option(
        HOOK,
        "def build(student, teacher, **settings): ...",
        "learned parts of its own, from the sizes of student and teacher",
    ),
}
VERIFIER = {
    "WANTS_ANSWER": Option(
        bool,
        "WANTS_ANSWER = False",
        "whether it compares with the problem's answer, so that rows need one; True where it does not say",
    ),
}
ROLLOUT = {
    "DRAWS": Option(
        Literal["problems", "traces"],
        'DRAWS = "traces"',
        "what a step draws for it; problems where it does not say",
    ),
    "VALUES": Option(Names, 'VALUES = ("reward",)', "numbers it gives each trace that it makes"),
    **ASKS,
}
METRIC = {
    "UNIT": Option(
        str,
        'UNIT = "share"',
        "of its numbers: share, tokens, nats, bits, count, seconds or a word of one's own",
    ),
    "combine": Option(
        HOOK, "def combine(parts) -> list[float]: ...", "the number of all problems, where it is no mean"
    ),
}

CONTRACTS = {
    "problems": Contract(
        "questions with a reference answer and a way to check it",
        (Form((), "Data | Iterator[Data]", fixed=False),),
    ),
    "models": Contract("something that can generate and score text", (Form((), "Model"),), options=GIVES),
    "decoding": Contract(
        "a model made of a model: votes, searches, prompts", (Form((), "Model"),), options=GIVES
    ),
    "teachers": Contract(
        "ways to get traces for problems", (Form(("data: Data",), "Data | Iterator[Data]", fixed=False),)
    ),
    "formats": Contract(
        "how reasoning and answer are joined into a text, and split again",
        (
            Form(("text: str",), "tuple[str, str]", function="parse"),
            Form(("reasoning: str", "answer: str"), "str", function="render"),
        ),
        given_as="Format",
    ),
    "knowledge": Contract(
        "passages, facts and graphs: made into an index, looked up, set before a question",
        (Form(("data: Data",), "Data", False, True), Form(("data: Shards",), "Index | Part", False, True)),
    ),
    "verifiers": Contract(
        "who decides that a trace is right",
        (Form(("problem: Problem", "trace: Trace"), "Verdict | Future[Verdict]", read=True),),
        given_as="Verifier",
        options=VERIFIER,
    ),
    "curation": Contract(
        "mark, choose, pair and order traces; nothing is deleted",
        (
            Form(("data: Data",), "Data", fixed=False),
            Form(("shards: Shards",), "Iterator[Data]", fixed=False),
        ),
    ),
    "objectives": Contract(
        "what a student minimises",
        (Form(("batch: Batch", "policy: Policy", "signal: Signal"), "Loss"),),
        given_as="Objective",
        options=OBJECTIVE,
    ),
    "rollouts": Contract(
        "how a step's traces come about while a student trains",
        (Form(("drawn: list[Item]", "context: RolloutContext"), "list[Item]"),),
        given_as="Rollout",
        options=ROLLOUT,
    ),
    "rewards": Contract(
        "what rollouts are rewarded with",
        (Form(("groups: list[Group]", "context: RolloutContext | None"), "list[list[float]]"),),
        given_as="Reward",
        options=ASKS,
    ),
    "students": Contract(
        "where a student comes from and how it is changed before training",
        (
            Form(("model: PreTrainedModel",), "PreTrainedModel", fixed=False),
            Form((), "Checkpoint", fixed=False),
        ),
        given_as="Student",
    ),
    "training": Contract(
        "one loop for every objective", (Form(("data: Shards",), "Checkpoint", fixed=False),)
    ),
    "evaluation": Contract(
        "numbers with error bars", (Form(("data: Data",), "Results", fixed=False, read=True),)
    ),
    "metrics": Contract(
        "one number per problem, from its samples",
        (Form(("problem: Problem", "traces: list[Trace]"), "float | None"),),
        options=METRIC,
        folder="evaluation/metrics",
    ),
}

ROOM_OF = {contract.given_as: room for room, contract in CONTRACTS.items() if contract.given_as}
"""The room whose method a parameter with such an annotation is given."""


def folder(room: str) -> str:
    """Where a room's methods lie below the package, or a folder of the user's."""
    return CONTRACTS[room].folder or room


def options(room: str) -> dict[str, Option]:
    """All names that a room reads in a method's file."""
    return {**CONTRACTS[room].options, **EVERYWHERE}
