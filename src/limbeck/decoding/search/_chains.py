"""Paths of steps, each with its grounds and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field

from limbeck.generation import Completion, Messages, Spent


@dataclass
class Path:
    """Steps that were taken, the sum of the logs of what they are worth, and the answer once there is one."""

    steps: list[tuple[list[str], str]] = field(default_factory=list)
    value: float = 0.0
    answer: str = ""

    def conclusions(self) -> list[str]:
        """What the steps say, in order."""
        return [conclusion for _, conclusion in self.steps]


@dataclass
class Tree:
    """A sample's paths: those that go on, those that have an answer, and the best that went on last."""

    index: int
    number: int
    prompt: Messages
    statements: list[str]
    asked: str
    open: list[Path] = field(default_factory=lambda: [Path()])
    halted: list[Path] = field(default_factory=list)
    left: Path = field(default_factory=Path)
    replies: list[Completion] = field(default_factory=list)
    spent: dict[str, Spent] = field(default_factory=dict)

    def known(self, path: Path) -> list[str]:
        """The statements and what a path has concluded from them."""
        return [*self.statements, *path.conclusions()]

    def settled(self) -> bool:
        """Whether nothing can change: no path is open, or none that could still be worth more."""
        best = max((path.value for path in self.halted), default=None)
        # Values only fall: they are products of probabilities.
        return not self.open or (best is not None and all(path.value <= best for path in self.open))

    def chat(self, content: str) -> Messages:
        """The sample's chat with another question in it."""
        return [*self.prompt[:-1], {**self.prompt[-1], "content": content}]

    def count(self, role: str, model: str, reply: Completion) -> None:
        """Take note of what a role has written."""
        self.replies.append(reply)
        sofar = self.spent.setdefault(role, Spent(model=model, prompt_tokens=0, tokens=0))
        sofar.tokens = (sofar.tokens or 0) + (reply.tokens or 0)
        sofar.prompt_tokens = (sofar.prompt_tokens or 0) + (reply.prompt_tokens or 0)

    def completion(self, text: str) -> Completion:
        """A text with the tokens of all roles; it failed where all requests did."""
        failed = [reply for reply in self.replies if reply.finish == "error"]
        if failed and len(failed) == len(self.replies):
            return Completion(text="", finish="error", error=failed[0].error)
        tokens = sum(each.tokens or 0 for each in self.spent.values())
        prompts = sum(each.prompt_tokens or 0 for each in self.spent.values())
        return Completion(text=text, tokens=tokens, prompt_tokens=prompts, spent=self.spent)


def kept(paths: list[Path], beam: int) -> list[Path]:
    """The paths that are worth most, of those with the same conclusions the first; equals as they came."""
    different: dict[tuple[str, ...], Path] = {}
    for path in sorted(paths, key=lambda path: -path.value):
        different.setdefault(tuple(path.conclusions()), path)
    return [*different.values()][:beam]
